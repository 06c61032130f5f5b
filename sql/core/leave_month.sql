-- Annual leave earned so far and not taken, and the whole year's entitlement: a row a team and month.
-- Leave is earned evenly from the first to the last day of the person's own leave year.
WITH balances AS (
    SELECT
        person,
        team,
        month,
        entitlement_hours,
        taken_hours,
        date_diff('day', year_start, month_end) + 1 AS days_gone,
        date_diff('day', year_start, year_start + INTERVAL 1 YEAR) AS days_in_year
    FROM source.leave_balance
)
SELECT
    team,
    month,
    sum(entitlement_hours * least(days_gone, days_in_year) / days_in_year - taken_hours) AS untaken_hours,
    sum(entitlement_hours) AS entitlement_hours,
    count(DISTINCT person) AS people
FROM balances
WHERE entitlement_hours > 0
GROUP BY team, month
