-- What each sheet that counts says of each construct (private), a row a sheet and construct: the mean of its answers, where at
-- least half of the construct's items have one. Points of ten; higher is better.
SELECT
    sheet.survey,
    sheet.wave,
    sheet.sheet,
    sheet.team,
    answer.part,
    answer.construct,
    avg(answer.score) AS score,
    count(answer.score) AS answers,
    count(CASE WHEN answer.score >= 7.5 THEN 1 END) AS positive,
    count(CASE WHEN answer.score <= 2.5 THEN 1 END) AS negative
FROM core.survey_sheet AS sheet
JOIN core.survey_answer AS answer
    ON answer.survey = sheet.survey
    AND answer.wave = sheet.wave
    AND answer.sheet = sheet.sheet
GROUP BY
    sheet.survey,
    sheet.wave,
    sheet.sheet,
    sheet.team,
    answer.part,
    answer.construct
HAVING count(answer.score) > 0 AND 2 * count(answer.score) >= count(*)
