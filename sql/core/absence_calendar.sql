-- The months that sickness records cover, a row a month: those with staff in post, from the first to the last month in
-- which any absence began. Later months with staff and no absence yet are not covered: nobody has entered it.
WITH covered AS (
    SELECT DISTINCT month
    FROM core.post_snapshot
    WHERE month BETWEEN (SELECT min(month) FROM source.sickness)
                    AND (SELECT max(month) FROM source.sickness)
)
SELECT
    month,
    last_day(month) AS month_end,
    -- Absence is known up to here, and who is still off is off up to here.
    last_day(max(month) OVER ()) AS cut,
    count(*) OVER (ORDER BY month RANGE BETWEEN INTERVAL 2 MONTH PRECEDING AND CURRENT ROW) AS covered_of_3
FROM covered
