-- a value that was not public before it came here, shown without the band of its people
SELECT indicator, unit, month
FROM mart.value
WHERE shown = 'yes'
  AND numerator IS NULL
  AND people_band IS NULL
