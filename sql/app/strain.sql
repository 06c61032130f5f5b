-- Each unit and every unit under it in a month, in the order of the structure and then of the alphabet, with what is said of
-- strain there. The month is the chosen one or, with none chosen, the newest in which anything is said; a unit that settles
-- up to three months later than others is then shown as it was last judged. `top` stands under no other and over some;
-- `judged` is how many months have been judged until then; `together` are small units that are shown as one.
WITH RECURSIVE
asked AS (
    SELECT coalesce($month::DATE, max(month)) AS month
    FROM mart.strain
    WHERE unit IN (SELECT unnest($units::VARCHAR[]))
),
here AS (
    SELECT u.unit, u.title, u.level, u.parent, asked.month
    FROM meta.unit AS u
    JOIN asked ON u.from_month <= asked.month AND coalesce(u.to_month, asked.month) >= asked.month
    WHERE u.unit IN (SELECT unnest($units::VARCHAR[]))
),
tree AS (
    SELECT unit AS of, unit, title, level, parent, month, 0 AS depth, CAST([] AS VARCHAR[]) AS place
    FROM here
    WHERE unit IN $of
    UNION ALL
    SELECT
        tree.of, here.unit, here.title, here.level, here.parent, here.month, tree.depth + 1,
        list_concat(tree.place, [lower(here.title), here.unit])
    FROM here
    JOIN tree ON here.parent = tree.unit
    WHERE tree.depth < 20
),
known AS (
    SELECT s.unit, count(*) AS judged, max(s.month) AS last
    FROM mart.strain AS s
    CROSS JOIN asked
    WHERE s.month <= asked.month
    GROUP BY s.unit
)
SELECT
    tree.of, tree.unit, tree.title, tree.level,
    CASE WHEN tree.parent IN (SELECT unnest($units::VARCHAR[])) THEN tree.parent END AS parent,
    tree.month, tree.depth,
    s.month AS judged_in, s.verdict, s.since, coalesce(s.because, []) AS because,
    coalesce(known.judged, 0) AS judged,
    tree.unit IN (SELECT pool FROM meta.pool) AS together,
    tree.parent IS NULL AND tree.unit IN (SELECT parent FROM here) AS top
FROM tree
LEFT JOIN known ON known.unit = tree.unit
LEFT JOIN mart.strain AS s
    ON s.unit = tree.unit
   AND s.month = known.last
   AND (s.month = tree.month OR ($month::DATE IS NULL AND s.month > tree.month - INTERVAL 4 MONTH))
ORDER BY tree.of, tree.place
