-- The least number of answers that any item of a construct has, a row a team, wave and construct: so many people stand behind it.
WITH item AS (
    SELECT
        sheet.team,
        sheet.wave,
        answer.part,
        answer.construct,
        answer.item,
        count(*) AS people
    FROM core.survey_sheet AS sheet
    JOIN core.survey_answer AS answer
        ON answer.survey = sheet.survey
        AND answer.wave = sheet.wave
        AND answer.sheet = sheet.sheet
    WHERE answer.score IS NOT NULL
    GROUP BY
        sheet.team,
        sheet.wave,
        answer.part,
        answer.construct,
        answer.item
)
SELECT
    team,
    wave,
    part,
    construct,
    min(people) AS people
FROM item
GROUP BY
    team,
    wave,
    part,
    construct
