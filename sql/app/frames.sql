-- How pressure and kindness read beside each other in a wave, of each unit; no row where there is nothing to compare with.
SELECT
    f.unit AS of, f.wave, f.frame, f.pressure, f.kindness, f.chance, f.from_month, f.to_month,
    (SELECT list(i.title ORDER BY i.title) FROM meta.indicator AS i WHERE list_contains(f.because, i.indicator)) AS because
FROM mart.frame AS f
WHERE f.unit IN $of
  AND f.unit IN (SELECT unnest($units::VARCHAR[]))
ORDER BY f.unit, f.wave DESC
