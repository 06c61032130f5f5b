-- What was said of strain in a month and the three before it, unit by unit; with no month chosen, the newest
-- one of which anything was said.
WITH newest AS (
    SELECT coalesce($month::DATE, max(month)) AS month
    FROM mart.strain
    WHERE unit IN (SELECT unnest($units::VARCHAR[]))
)
SELECT
    s.unit AS of, s.unit, s.month, s.verdict, s.since, s.because
FROM mart.strain AS s
JOIN newest ON s.month BETWEEN newest.month - INTERVAL 3 MONTH AND newest.month
WHERE s.unit IN $of
  AND s.unit IN (SELECT unnest($units::VARCHAR[]))
ORDER BY s.unit, s.month
