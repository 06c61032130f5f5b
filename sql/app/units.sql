-- Every unit the viewer may see, in the order of the structure and then of the alphabet, with the way down to it. `together`:
-- it stands for several small ones, and comes after its siblings.
WITH RECURSIVE
now AS (
    SELECT
        unit,
        arg_max(title, from_month) AS title,
        arg_max(level, from_month) AS level,
        arg_max(coalesce(parent, ''), from_month) AS parent
    FROM meta.unit
    GROUP BY unit
),
tree AS (
    SELECT
        unit, title, level, parent,
        [(unit IN (SELECT pool FROM meta.pool))::VARCHAR, lower(title), unit] AS place,
        CAST([] AS STRUCT(unit VARCHAR, title VARCHAR, level VARCHAR)[]) AS above
    FROM now
    WHERE parent NOT IN (SELECT unit FROM now)
    UNION ALL
    SELECT
        now.unit, now.title, now.level, now.parent,
        list_concat(tree.place, [(now.unit IN (SELECT pool FROM meta.pool))::VARCHAR, lower(now.title), now.unit]),
        list_append(tree.above, {'unit': tree.unit, 'title': tree.title, 'level': tree.level})
    FROM now
    JOIN tree ON now.parent = tree.unit
    WHERE len(tree.above) < 20
)
SELECT
    unit, title,
    unit IN (SELECT pool FROM meta.pool) AS together,
    CASE WHEN unit IN (SELECT pool FROM meta.pool) THEN 'units together' ELSE level END AS level,
    above
FROM tree
WHERE unit IN (SELECT unnest($units::VARCHAR[]))
ORDER BY place
