-- a word about strain that rests on a number which is not shown, not settled, or not of one month
WITH reason AS (
    SELECT unit, month, unnest(because) AS indicator
    FROM mart.strain
)
SELECT reason.unit, reason.month, reason.indicator
FROM reason
WHERE NOT EXISTS (
    SELECT 1
    FROM mart.value
    JOIN meta.indicator ON indicator.indicator = value.indicator AND indicator."window" = 1
    WHERE value.indicator = reason.indicator
      AND value.unit = reason.unit
      AND value.month <= reason.month
      AND value.month > reason.month - INTERVAL 4 MONTH
      AND value.shown = 'yes'
      AND value.settled
)
