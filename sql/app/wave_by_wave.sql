-- Each unit's scores, wave by wave.
SELECT
    v.unit AS of, v.indicator, v.month AS wave, v.value, v.low, v.high, s.few, s.called, s.before
FROM mart.value AS v
JOIN meta.indicator AS i ON i.indicator = v.indicator AND i.refresh = 'wave'
JOIN mart.score AS s ON s.indicator = v.indicator AND s.unit = v.unit AND s.wave = v.month
WHERE v.unit IN $of
  AND v.unit IN (SELECT unnest($units::VARCHAR[]))
  AND v.shown = 'yes'
ORDER BY v.unit, v.indicator, v.month
