-- derived
-- a word about strain of a unit of which nothing was shown by then, or a reason that was not
WITH said AS (
    SELECT unit, month, NULL AS indicator FROM mart.strain
    UNION ALL
    SELECT unit, month, unnest(because) FROM mart.strain
),
told AS (
    SELECT value.indicator, value.unit, value.month
    FROM mart.value
    JOIN meta.indicator ON indicator.indicator = value.indicator AND indicator."window" = 1
    WHERE value.shown = 'yes'
)
SELECT coalesce(indicator, '') AS indicator, unit, month
FROM said
WHERE NOT EXISTS (
    SELECT 1
    FROM told
    WHERE told.unit = said.unit
      AND told.month <= said.month
      AND (said.indicator IS NULL OR (told.indicator = said.indicator AND told.month > said.month - INTERVAL 4 MONTH))
)
