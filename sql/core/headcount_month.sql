-- Heads and their full-time equivalents in post at month end, and twelve months before, a row a team and month. Only where
-- both were counted.
WITH counted AS (
    SELECT
        team,
        month,
        count(*) AS people,
        sum(fte) AS fte
    FROM core.headcount
    GROUP BY team, month
)
SELECT
    later.team,
    later.month,
    earlier.people AS people_before,
    later.people AS people_now,
    earlier.fte AS fte_before,
    later.fte AS fte_now
FROM counted AS later
JOIN counted AS earlier
    ON earlier.team = later.team
    AND earlier.month = later.month - INTERVAL 12 MONTH
