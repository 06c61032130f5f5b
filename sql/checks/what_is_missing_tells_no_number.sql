-- a figure said to be missing of a unit that is not shown alone, or of few people's figures, where others beside it have one
WITH told AS (
    SELECT indicator, unit, month, shown FROM mart.value WHERE shown = 'protected' OR (shown = 'yes' AND numerator IS NULL)
),
place AS (SELECT DISTINCT unit, level, parent FROM meta.unit WHERE unit NOT IN (SELECT pool FROM meta.pool)),
sort AS (
    SELECT indicator, levels, disclosure = 'A' OR refresh <> 'monthly' AS few FROM meta.indicator
),
alone AS (SELECT DISTINCT unit, month FROM told JOIN sort USING (indicator) WHERE shown = 'yes' AND NOT few),
due AS (
    SELECT told.indicator, told.month, place.parent FROM told JOIN place USING (unit) WHERE place.parent IS NOT NULL
    UNION
    SELECT indicator, month, unit FROM told
),
peopled AS (SELECT DISTINCT unit, month FROM told)
SELECT due.indicator, peopled.unit, peopled.month
FROM peopled
JOIN place USING (unit)
JOIN due ON due.parent = place.parent AND due.month = peopled.month
JOIN sort USING (indicator)
LEFT JOIN alone ON alone.unit = peopled.unit AND alone.month = peopled.month
ANTI JOIN mart.value
       ON value.indicator = due.indicator
      AND value.unit = peopled.unit
      AND value.month = peopled.month
      AND value.shown IN ('yes', 'protected')
WHERE (sort.few OR alone.unit IS NULL)
  AND list_contains(sort.levels, CASE WHEN place.level = 'team' THEN 'team' ELSE 'above' END)
