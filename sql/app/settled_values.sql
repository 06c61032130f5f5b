-- The settled figures of a year: what a later release may have revised.
SELECT
    indicator, unit, month, value
FROM mart.value
WHERE indicator IN $indicators
  AND unit IN $of
  AND unit IN (SELECT unnest($units::VARCHAR[]))
  AND settled
  AND value IS NOT NULL
  AND month > $month::DATE - INTERVAL 12 MONTH
  AND month <= $month::DATE
ORDER BY indicator, unit, month
