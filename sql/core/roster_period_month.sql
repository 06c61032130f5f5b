-- Rosters and how many were published six weeks ahead, a row a team and month in which they start.
-- Of several publications the first counts.
WITH periods AS (
    SELECT
        team,
        month,
        period_start,
        min(published_at) AS published_at
    FROM source.roster_period
    GROUP BY
        team,
        month,
        period_start
)
SELECT
    periods.team,
    periods.month,
    count(*) AS periods,
    count(*) FILTER (
        WHERE date_diff('day', CAST(periods.published_at AS DATE), periods.period_start) >= 42
    ) AS in_good_time,
    -- A roster concerns those who then worked it.
    coalesce(max(rota_month.people), 0) AS people
FROM periods
LEFT JOIN core.rota_month
    ON rota_month.team = periods.team
    AND rota_month.month = periods.month
GROUP BY periods.team, periods.month
