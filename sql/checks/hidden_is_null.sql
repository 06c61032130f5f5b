-- a value that is not shown and yet stands in the release
SELECT indicator, unit, month
FROM mart.value
WHERE shown <> 'yes'
  AND (numerator IS NOT NULL OR denominator IS NOT NULL OR value IS NOT NULL OR low IS NOT NULL OR high IS NOT NULL
    OR people_band IS NOT NULL)
