-- With whom a small unit is shown, asked of it or of the unit that stands for several: of each indicator, the stretches
-- of months in which it is one of them.
SELECT
    pool.indicator,
    pool.pool,
    pool.from_month,
    pool.to_month,
    member.title
FROM (SELECT unnest(indicators) AS indicator, unit, pool, from_month, to_month FROM meta.pool) AS pool
JOIN (SELECT unit, arg_max(title, from_month) AS title FROM meta.unit GROUP BY unit) AS member ON member.unit = pool.unit
WHERE (pool.pool = $unit OR pool.unit = $unit)
  AND pool.pool IN (SELECT unnest($units::VARCHAR[]))
ORDER BY pool.indicator, lower(member.title), pool.from_month
