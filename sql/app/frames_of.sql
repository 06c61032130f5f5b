-- How pressure and kindness read beside each other in the newest wave that any of some units had by a month.
SELECT f.unit, f.wave, f.frame
FROM mart.frame AS f
WHERE f.unit IN (SELECT unnest($units::VARCHAR[]))
  AND f.unit IN (SELECT unnest($of::VARCHAR[]))
  AND f.wave = (
      SELECT max(w.wave)
      FROM mart.wave AS w
      WHERE w.unit IN (SELECT unnest($units::VARCHAR[]))
        AND w.unit IN (SELECT unnest($of::VARCHAR[]))
        AND ($month::DATE IS NULL OR w.wave <= $month::DATE)
  )
ORDER BY f.unit
