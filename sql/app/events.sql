-- What happened to one unit that may explain a change.
SELECT
    month, what
FROM meta.event
WHERE unit = $unit
  AND unit IN (SELECT unnest($units::VARCHAR[]))
ORDER BY month, what
