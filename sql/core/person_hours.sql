-- A person's contracted hours and those that count towards them, work for other teams and own bank work included: a row a
-- person, their team and month (private). Only people who are in post and on a rota.
WITH contracts AS (
    SELECT
        person,
        month,
        sum(fte_days) * CAST(37.5 AS DOUBLE) / 7 AS contracted_hours
    FROM core.post_month
    WHERE fte_days > 0
    GROUP BY person, month
),
rostered AS (
    SELECT
        person,
        month,
        sum(contract_minutes) / 60 AS counted_hours
    FROM core.duty_person_month
    WHERE contract_duties > 0
    GROUP BY person, month
)
SELECT
    contracts.person,
    home_month.team,
    contracts.month,
    contracts.contracted_hours,
    rostered.counted_hours
FROM contracts
JOIN rostered
    ON rostered.person = contracts.person
    AND rostered.month = contracts.month
JOIN core.home_month
    ON home_month.person = contracts.person
    AND home_month.month = contracts.month
