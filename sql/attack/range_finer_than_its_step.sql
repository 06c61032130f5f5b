-- fine
-- a leaver rate whose range is not a whole step about it
SELECT value.indicator, value.unit, value.month
FROM mart.value
JOIN meta.indicator USING (indicator)
WHERE value.low IS NOT NULL
  AND indicator.disclosure = 'B'
  AND indicator.refresh = 'quarterly'
  AND (abs(value.low + value.high - 2 * value.value) > 1e-6
    OR round(value.high - value.low, 6) NOT IN (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50))
