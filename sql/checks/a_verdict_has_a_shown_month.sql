-- a word about strain of a month in which nothing of the unit is shown that could be judged
SELECT strain.unit, strain.month
FROM mart.strain
WHERE NOT EXISTS (
    SELECT 1
    FROM mart.value
    JOIN meta.indicator ON indicator.indicator = value.indicator
    WHERE value.unit = strain.unit
      AND value.month = strain.month
      AND value.shown = 'yes'
      AND value.settled
      AND indicator."window" = 1
      AND indicator.refresh = 'monthly'
      AND indicator.better <> 'neither'
)
