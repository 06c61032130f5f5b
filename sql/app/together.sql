-- With whom a small unit is shown, told of it and of the unit that stands for several: of each indicator, the stretches
-- of months in which it is one of them.
WITH shared AS (
    SELECT unnest(indicators) AS indicator, unit, pool, from_month, to_month
    FROM meta.pool
    WHERE pool IN (SELECT unnest($units::VARCHAR[]))
),
told AS (
    SELECT pool AS of, unit, indicator, pool, from_month, to_month FROM shared
    UNION ALL
    SELECT unit AS of, unit, indicator, pool, from_month, to_month FROM shared
)
SELECT
    told.of, told.indicator, told.pool, told.from_month, told.to_month, member.title
FROM told
JOIN (SELECT unit, arg_max(title, from_month) AS title FROM meta.unit GROUP BY unit) AS member ON member.unit = told.unit
WHERE told.of IN $of
ORDER BY told.of, told.indicator, lower(member.title), told.from_month
