-- What surveys published by others say of each unit, question by question and year by year.
SELECT
    r.unit AS of, s.title AS survey, s.note, q.wording, i.title AS speaks_to, q.reversed, q.place, r.month, r.value, r.answered
FROM mart.survey_result AS r
JOIN meta.survey AS s ON s.survey = r.survey
JOIN meta.question AS q ON q.survey = r.survey AND q.question = r.question
LEFT JOIN meta.indicator AS i ON i.indicator = q.indicator
WHERE r.unit IN $of
  AND r.unit IN (SELECT unnest($units::VARCHAR[]))
ORDER BY r.unit, s.title, q.place, r.month
