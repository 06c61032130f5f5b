-- The units directly below one unit in a month, by title.
SELECT DISTINCT
    unit, title, level
FROM meta.unit
WHERE parent = $unit
  AND from_month <= $month
  AND coalesce(to_month, $month) >= $month
  AND unit IN (SELECT unnest($units::VARCHAR[]))
ORDER BY lower(title), unit
