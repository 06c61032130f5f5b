-- missing
-- a unit with hidden figures that is said to have none of an indicator of which others at its level have some
WITH private AS (
    SELECT indicator
    FROM meta.indicator
    WHERE refresh <> 'wave'
      AND NOT EXISTS (
          SELECT 1 FROM meta.source WHERE source.published AND list_contains(indicator.sources, source.source)
      )
),
placed AS (
    SELECT value.indicator, value.unit, value.month, value.shown, max(unit.level) AS level
    FROM mart.value
    JOIN private USING (indicator)
    JOIN meta.unit ON unit.unit = value.unit
    GROUP BY ALL
),
small AS (
    SELECT DISTINCT unit, month FROM placed WHERE shown = 'protected'
),
counted AS (
    SELECT DISTINCT indicator, level FROM placed WHERE shown IN ('yes', 'protected')
)
SELECT placed.indicator, placed.unit, placed.month
FROM placed
JOIN counted USING (indicator, level)
SEMI JOIN small ON small.unit = placed.unit AND small.month = placed.month
WHERE placed.shown IN ('no_data', 'not_collected')
