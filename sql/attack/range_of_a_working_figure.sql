-- fine
-- a range beside a figure that is told without one: it would tell how many people are behind it
SELECT value.indicator, value.unit, value.month
FROM mart.value
JOIN meta.indicator USING (indicator)
WHERE (low IS NOT NULL OR high IS NOT NULL)
  AND indicator.refresh = 'monthly'
  AND indicator.disclosure = 'B'
