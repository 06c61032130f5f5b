-- a value that is said to be shown and is missing or no number
SELECT indicator, unit, month
FROM mart.value
WHERE shown = 'yes'
  AND (value IS NULL OR NOT isfinite(value))
