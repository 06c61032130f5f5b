-- missing
-- a unit with hidden figures that is said to have none of an indicator of which others beside it have some in that month
WITH private AS (
    SELECT indicator
    FROM meta.indicator
    WHERE refresh <> 'wave'
      AND NOT EXISTS (
          SELECT 1 FROM meta.source WHERE source.published AND list_contains(indicator.sources, source.source)
      )
),
place AS (
    SELECT DISTINCT unit, parent FROM meta.unit WHERE parent IS NOT NULL AND unit NOT IN (SELECT pool FROM meta.pool)
),
told AS (
    SELECT indicator, unit, month, shown FROM mart.value JOIN private USING (indicator) WHERE shown IN ('yes', 'protected')
),
counted AS (
    SELECT DISTINCT told.indicator, told.month, place.parent FROM told JOIN place USING (unit)
),
small AS (
    SELECT unit, month FROM told GROUP BY ALL HAVING bool_and(shown = 'protected')
)
SELECT value.indicator, value.unit, value.month
FROM mart.value
JOIN place USING (unit)
JOIN counted ON counted.indicator = value.indicator AND counted.month = value.month AND counted.parent = place.parent
SEMI JOIN small ON small.unit = value.unit AND small.month = value.month
WHERE value.shown IN ('no_data', 'not_collected')
