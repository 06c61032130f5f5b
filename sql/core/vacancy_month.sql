-- Funded and filled posts at month end, a row a team and month that both the budget and the staff extract know.
-- Whoever is in post fills a post, on maternity leave or on rotation too; bank staff do not.
WITH by_person AS (
    SELECT
        team,
        month,
        person,
        sum(contracted_fte) AS fte
    FROM core.post_snapshot
    GROUP BY team, month, person
),
filled AS (
    SELECT
        team,
        month,
        sum(fte) AS fte_in_post,
        count(*) AS people
    FROM by_person
    GROUP BY team, month
)
SELECT
    filled.team,
    filled.month,
    establishment_month.funded_fte,
    filled.fte_in_post,
    filled.people
FROM filled
JOIN core.establishment_month
    ON establishment_month.team = filled.team
    AND establishment_month.month = filled.month
