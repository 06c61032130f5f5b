-- The one team a person belongs to in a month: a row a person and month (private).
-- It is the team of their post at month end, of the larger post if they have several; for whoever has none (bank, agency,
-- just left), the team for which they worked most that month. Ties go to the first by name.
WITH posts AS (
    SELECT
        person,
        month,
        team,
        1 AS choice,
        sum(contracted_fte) AS weight
    FROM core.post_month
    WHERE at_month_end
    GROUP BY
        person,
        month,
        team
),
work AS (
    SELECT
        person,
        month,
        team,
        2 AS choice,
        sum(worked_minutes) AS weight
    FROM core.duty_person_month
    WHERE worked_duties > 0
    GROUP BY
        person,
        month,
        team
),
teams AS (
    SELECT person, month, team, choice, weight FROM posts
    UNION ALL
    SELECT person, month, team, choice, weight FROM work
)
SELECT
    person,
    month,
    team
FROM teams
QUALIFY row_number() OVER (
    PARTITION BY person, month
    ORDER BY
        choice,
        weight DESC,
        team
) = 1
