-- beside
-- a range, a band of people or a number beside a value that is not shown
SELECT indicator, unit, month
FROM mart.value
WHERE shown <> 'yes'
  AND (numerator IS NOT NULL OR denominator IS NOT NULL OR value IS NOT NULL OR low IS NOT NULL OR high IS NOT NULL
    OR people_band IS NOT NULL)
