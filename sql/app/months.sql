-- The months this release can show the viewer, newest first.
SELECT DISTINCT
    month
FROM mart.value
WHERE unit IN (SELECT unnest($units::VARCHAR[]))
ORDER BY month DESC
