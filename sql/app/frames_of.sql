-- How pressure and kindness read beside each other in the newest wave by a month, for some units at once.
SELECT f.unit, f.wave, f.frame
FROM mart.frame AS f
WHERE f.unit IN (SELECT unnest($units::VARCHAR[]))
  AND f.unit IN (SELECT unnest($of::VARCHAR[]))
  AND f.wave = (SELECT max(w.wave) FROM mart.wave AS w WHERE $month::DATE IS NULL OR w.wave <= $month::DATE)
ORDER BY f.unit
