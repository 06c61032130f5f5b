-- Answer-sheets that count (private), a row a sheet: those on which at least half of all that was asked has an answer.
-- Of two surveys that close in the same month the one with more such sheets counts.
WITH sheet AS (
    SELECT
        survey,
        wave,
        sheet,
        team
    FROM core.survey_answer
    GROUP BY survey, wave, sheet, team
    HAVING 2 * count(score) >= count(*)
),
survey AS (
    SELECT
        survey,
        wave,
        row_number() OVER (PARTITION BY wave ORDER BY count(*) DESC, survey) AS place
    FROM sheet
    GROUP BY survey, wave
)
SELECT
    sheet.survey,
    sheet.wave,
    sheet.sheet,
    sheet.team
FROM sheet
JOIN survey
    ON survey.survey = sheet.survey
    AND survey.wave = sheet.wave
WHERE survey.place = 1
