-- pool
-- a unit that is shown together with nobody else
WITH month AS (
    SELECT DISTINCT indicator, unit AS pool, month FROM mart.value WHERE shown = 'yes' AND starts_with(unit, 'smaller:')
)
SELECT month.indicator, month.pool AS unit, month.month
FROM month
LEFT JOIN meta.pool
       ON pool.pool = month.pool
      AND list_contains(pool.indicators, month.indicator)
      AND month.month BETWEEN pool.from_month AND coalesce(pool.to_month, month.month)
GROUP BY ALL
HAVING count(DISTINCT pool.unit) < 2
