-- What surveys published by others say of one unit, question by question and year by year.
SELECT
    s.title AS survey, s.note, q.wording, i.title AS speaks_to, q.reversed, q.place, r.month, r.value, r.answered
FROM mart.survey_result AS r
JOIN meta.survey AS s ON s.survey = r.survey
JOIN meta.question AS q ON q.survey = r.survey AND q.question = r.question
LEFT JOIN meta.indicator AS i ON i.indicator = q.indicator
WHERE r.unit = $unit
  AND r.unit IN (SELECT unnest($units::VARCHAR[]))
ORDER BY s.title, q.place, r.month
