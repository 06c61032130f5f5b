-- What protecting people costs: of the figures that are not already public, how many are shown, shown together or not, level
-- by level from the bottom.
WITH RECURSIVE
depth AS (
    SELECT unit, level, 0 AS depth
    FROM meta.unit
    WHERE parent IS NULL
    UNION
    SELECT unit.unit, unit.level, depth.depth + 1
    FROM meta.unit
    JOIN depth ON depth.unit = unit.parent
    WHERE depth.depth < 20
)
SELECT
    level,
    kind,
    sum(figures)::BIGINT AS figures,
    sum(shown)::BIGINT AS shown,
    sum(pooled)::BIGINT AS pooled,
    sum(hidden)::BIGINT AS hidden
FROM meta.disclosure
LEFT JOIN (SELECT level, max(depth) AS depth FROM depth GROUP BY level) USING (level)
WHERE len($units::VARCHAR[]) > 0
GROUP BY level, kind, depth
ORDER BY depth DESC, level, list_position(['working', 'part', 'leaving', 'banded', 'sensitive'], kind)
