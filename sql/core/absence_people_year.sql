-- How many different people were off in the last twelve months, off with stress or for a known reason, or had an absence that
-- ended: a row a team and month. People cannot be added up over months, so each is counted in from a month in which it was so, and out again
-- twelve months later, or when it is so anew.
WITH seen AS (
    SELECT DISTINCT 'off' AS what, team, person, month
    FROM core.absence_person_month
    UNION ALL
    SELECT DISTINCT 'stress' AS what, team, person, month
    FROM core.absence_person_month
    WHERE reason = 'stress'
    UNION ALL
    SELECT DISTINCT 'known' AS what, team, person, month
    FROM core.absence_person_month
    WHERE reason <> 'unknown'
    UNION ALL
    SELECT DISTINCT 'ended' AS what, team, person, month_ended AS month
    FROM core.absence_episode
    WHERE ended
),
again AS (
    SELECT
        what,
        team,
        month,
        CAST(month + INTERVAL 12 MONTH AS DATE) AS a_year_on,
        lead(month) OVER (PARTITION BY what, team, person ORDER BY month) AS next_month
    FROM seen
),
change AS (
    SELECT what, team, month, 1 AS people
    FROM again
    UNION ALL
    SELECT what, team, least(a_year_on, coalesce(next_month, a_year_on)) AS month, -1 AS people
    FROM again
    UNION ALL
    SELECT 'none' AS what, team, month, 0 AS people
    FROM core.absence_team_month
)
SELECT
    team,
    month,
    sum(sum(CASE WHEN what = 'off' THEN people ELSE 0 END)) OVER so_far AS people_off,
    sum(sum(CASE WHEN what = 'stress' THEN people ELSE 0 END)) OVER so_far AS people_off_with_stress,
    sum(sum(CASE WHEN what = 'known' THEN people ELSE 0 END)) OVER so_far AS people_off_with_known_reason,
    sum(sum(CASE WHEN what = 'ended' THEN people ELSE 0 END)) OVER so_far AS people_with_episodes_ended
FROM change
GROUP BY team, month
WINDOW so_far AS (PARTITION BY team ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
