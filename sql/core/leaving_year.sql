-- Who left or moved in the last twelve months, and the mean of those in post at both ends, a row a team and month.
-- Only where all twelve months lie within what the leavers extract covers, and each has a snapshot.
WITH snapshot AS (
    SELECT DISTINCT month
    FROM core.post_snapshot
),
covered AS (
    SELECT
        month,
        count(*) OVER (ORDER BY month RANGE BETWEEN INTERVAL 11 MONTH PRECEDING AND CURRENT ROW) AS months
    FROM snapshot
    WHERE month BETWEEN (SELECT min(month) FROM source.leavers)
                    AND (SELECT max(month) FROM source.leavers)
),
gone AS (
    SELECT
        leaver.team,
        covered.month,
        count(DISTINCT leaver.person) AS leavers,
        sum(leaver.fte) AS leavers_fte
    FROM core.leaver
    JOIN covered ON leaver.month BETWEEN covered.month - INTERVAL 11 MONTH AND covered.month
    GROUP BY leaver.team, covered.month
),
moved AS (
    SELECT
        move.team,
        covered.month,
        count(*) AS moves
    FROM core.move
    JOIN covered ON move.month BETWEEN covered.month - INTERVAL 11 MONTH AND covered.month
    GROUP BY move.team, covered.month
)
SELECT
    both_ends.team,
    both_ends.month,
    coalesce(gone.leavers, 0) AS leavers,
    coalesce(gone.leavers_fte, 0) AS leavers_fte,
    coalesce(moved.moves, 0) AS moves_to_other_teams,
    (both_ends.people_before + both_ends.people_now) / CAST(2 AS DOUBLE) AS mean_people,
    (both_ends.fte_before + both_ends.fte_now) / 2 AS mean_fte,
    -- the fewer of both ends: a count of people that no change of staff can raise
    least(both_ends.people_before, both_ends.people_now) AS fewest_people
FROM core.headcount_month AS both_ends
JOIN covered ON covered.month = both_ends.month
LEFT JOIN gone ON gone.team = both_ends.team AND gone.month = both_ends.month
LEFT JOIN moved ON moved.team = both_ends.team AND moved.month = both_ends.month
WHERE covered.months = 12
