-- The units directly below each unit in a month, by title; last the one that stands for several small ones.
SELECT DISTINCT
    parent AS of, unit, title,
    unit IN (SELECT pool FROM meta.pool) AS together,
    CASE WHEN unit IN (SELECT pool FROM meta.pool) THEN 'units together' ELSE level END AS level
FROM meta.unit
WHERE parent IN $of
  AND parent IN (SELECT unnest($units::VARCHAR[]))
  AND from_month <= $month
  AND coalesce(to_month, $month) >= $month
  AND unit IN (SELECT unnest($units::VARCHAR[]))
ORDER BY parent, together, lower(title), unit
