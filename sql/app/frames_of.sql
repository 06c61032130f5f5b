-- The waves of each unit, and how pressure and kindness read beside each other in those in which they do.
SELECT w.unit AS of, w.unit, w.wave, f.frame
FROM mart.wave AS w
LEFT JOIN mart.frame AS f ON f.unit = w.unit AND f.wave = w.wave
WHERE w.unit IN $of
  AND w.unit IN (SELECT unnest($units::VARCHAR[]))
ORDER BY w.unit, w.wave
