-- The circle as a whole, a row a team and wave: of each sheet the mean of all its answers about the circle, where at least half of
-- those items have one. Never shown as a number; the engine reads the frames and what goes before from it.
WITH whole AS (
    SELECT
        sheet.team,
        sheet.wave,
        sheet.sheet,
        avg(answer.score) AS score
    FROM core.survey_sheet AS sheet
    JOIN core.survey_answer AS answer
        ON answer.survey = sheet.survey
        AND answer.wave = sheet.wave
        AND answer.sheet = sheet.sheet
    WHERE answer.part = 'circle'
    GROUP BY
        sheet.team,
        sheet.wave,
        sheet.survey,
        sheet.sheet
    HAVING count(answer.score) > 0 AND 2 * count(answer.score) >= count(*)
)
SELECT
    team,
    wave,
    sum(score) AS total,
    sum(score * score) AS squares,
    count(*) AS sheets
FROM whole
GROUP BY team, wave
