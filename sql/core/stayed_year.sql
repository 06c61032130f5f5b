-- Of the people in a team twelve months ago, how many are in it now, a row a team and month.
WITH stayed AS (
    SELECT
        now.team,
        now.month,
        count(*) AS people
    FROM core.headcount AS now
    JOIN core.headcount AS before
        ON before.person = now.person
        AND before.team = now.team
        AND before.month = CAST(now.month - INTERVAL 12 MONTH AS DATE)
    GROUP BY now.team, now.month
)
SELECT
    both_ends.team,
    both_ends.month,
    both_ends.people_before,
    coalesce(stayed.people, 0) AS people_who_stayed
FROM core.headcount_month AS both_ends
LEFT JOIN stayed
    ON stayed.team = both_ends.team
    AND stayed.month = both_ends.month
