-- a value that was not public before it came here, shown in a release whose data is not made up
SELECT value.indicator, value.unit, value.month
FROM mart.value
CROSS JOIN meta.release
WHERE value.shown = 'yes'
  AND (value.numerator IS NULL OR value.people_band IS NOT NULL)
  AND NOT release.synthetic
