-- How many people of each team could have answered, a row a team and wave.
SELECT
    team,
    month AS wave,
    sum(eligible) AS eligible
FROM source.survey_waves
GROUP BY team, month
