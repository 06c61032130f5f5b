-- Who was in a team at the end of one month and, at the end of the next, not in that team but in another,
-- a row a person, team left and month (private).
WITH seen_in_two AS (
    SELECT person
    FROM core.post_snapshot
    GROUP BY person
    HAVING min(team) <> max(team)
),
place AS (
    SELECT DISTINCT
        post_snapshot.person,
        post_snapshot.team,
        post_snapshot.month,
        post_snapshot.headcounted
    FROM core.post_snapshot
    JOIN seen_in_two ON seen_in_two.person = post_snapshot.person
)
SELECT DISTINCT
    before.person,
    before.team,
    later.month
FROM place AS before
JOIN place AS later
    ON later.person = before.person
    AND later.month = before.month + INTERVAL 1 MONTH
    AND later.team <> before.team
LEFT JOIN place AS same
    ON same.person = before.person
    AND same.month = later.month
    AND same.team = before.team
WHERE before.headcounted
  AND same.person IS NULL
