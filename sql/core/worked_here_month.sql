-- Hours worked in a team, whoever's duty it was: a row a team where duties were worked, and month.
WITH hours AS (
    SELECT
        worked_team AS team,
        month,
        sum(worked_minutes) / 60 AS worked_hours,
        sum(caring_minutes) / 60 AS caring_hours,
        coalesce(sum(worked_minutes) FILTER (WHERE worked_team <> team), 0) / 60 AS borrowed_hours
    FROM core.duty_month
    GROUP BY worked_team, month
),
people AS (
    SELECT
        worked_team AS team,
        month,
        count(DISTINCT person) FILTER (WHERE worked_duties > 0) AS people
    FROM core.duty_person_month
    GROUP BY worked_team, month
)
SELECT
    hours.team,
    hours.month,
    worked_hours,
    caring_hours,
    borrowed_hours,
    -- If no team borrows from any, nobody writes it down: nothing is known, which is not "never".
    sum(borrowed_hours) OVER (PARTITION BY hours.month) > 0 AS lending_noted,
    coalesce(people, 0) AS people
FROM hours
LEFT JOIN people
    ON people.team = hours.team
    AND people.month = hours.month
