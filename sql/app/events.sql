-- What happened to one unit or to one it stands under now, as far as it may explain a change in this one.
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
    SELECT unit, title, parent
    FROM now
    WHERE unit = $unit
      AND unit IN (SELECT unnest($units::VARCHAR[]))
    UNION
    SELECT now.unit, now.title, now.parent
    FROM now
    JOIN above ON above.parent = now.unit
)
SELECT
    e.month, e.what, above.title, e.unit = $unit AS own
FROM meta.event AS e
JOIN above ON above.unit = e.unit
ORDER BY e.month, own DESC, above.title, e.what
