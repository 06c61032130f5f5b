-- a score of a survey held against one that is not shown of a unit above it, or said to lie above or below nothing
WITH RECURSIVE above AS (
    SELECT DISTINCT unit, parent FROM meta.unit WHERE parent IS NOT NULL
    UNION
    SELECT above.unit, unit.parent
    FROM above
    JOIN meta.unit ON unit.unit = above.parent
    WHERE unit.parent IS NOT NULL
)
SELECT score.indicator, score.unit, score.wave
FROM mart.score
WHERE (score.benchmark IS NULL AND score.stands IS NOT NULL)
   OR (
    score.benchmark IS NOT NULL
    AND NOT EXISTS (
        SELECT 1
        FROM above
        JOIN mart.value ON value.unit = above.parent
        WHERE above.unit = score.unit
          AND value.indicator = score.indicator
          AND value.month = score.wave
          AND value.shown = 'yes'
          AND abs(value.value - score.benchmark) < 0.051
    )
)
