-- What happened to each unit or to one it stands under now, as far as it may explain a change in this one.
WITH RECURSIVE
now AS (
    SELECT
        unit,
        arg_max(title, from_month) AS title,
        arg_max(coalesce(parent, ''), from_month) AS parent
    FROM meta.unit
    GROUP BY unit
),
above AS (
    SELECT unit AS of, unit, title, parent
    FROM now
    WHERE unit IN $of
      AND unit IN (SELECT unnest($units::VARCHAR[]))
    UNION
    SELECT above.of, now.unit, now.title, now.parent
    FROM now
    JOIN above ON above.parent = now.unit
)
SELECT
    above.of, e.month, e.what, above.title, e.unit = above.of AS own
FROM meta.event AS e
JOIN above ON above.unit = e.unit
ORDER BY above.of, e.month, own DESC, above.title, e.what
