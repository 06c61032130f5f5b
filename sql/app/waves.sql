-- The waves of each unit of which anything is shown, newest first, and what the survey's own note says.
SELECT
    w.unit AS of, w.wave, w.opened, w.closed, w.response, w.caution, s.title, s.validated, s.note,
    max(v.people_band) FILTER (WHERE v.shown = 'yes' AND i.family = 'kindness') AS people_band
FROM mart.wave AS w
JOIN meta.survey AS s ON s.survey = w.survey
LEFT JOIN mart.value AS v ON v.unit = w.unit AND v.month = w.wave
LEFT JOIN meta.indicator AS i ON i.indicator = v.indicator AND i.refresh = 'wave'
WHERE w.unit IN $of
  AND w.unit IN (SELECT unnest($units::VARCHAR[]))
GROUP BY ALL
ORDER BY w.unit, w.wave DESC
