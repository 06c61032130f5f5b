-- The viewer's own units and all that stands under them now. No roots, no units.
WITH RECURSIVE
now AS (
    SELECT unit, arg_max(coalesce(parent, ''), from_month) AS parent
    FROM meta.unit
    GROUP BY unit
),
scope AS (
    SELECT unit
    FROM now
    WHERE list_contains($roots::VARCHAR[], unit)
    UNION
    SELECT now.unit
    FROM now
    JOIN scope ON now.parent = scope.unit
)
SELECT unit
FROM scope
ORDER BY unit
