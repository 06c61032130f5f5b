-- Weeks that people worked in the last twelve months, those over 48 hours, and how many different people had one: a row a team
-- and month, only where the team's people worked in all twelve.
WITH by_person AS (
    SELECT
        home_month.team,
        person_week.month,
        person_week.person,
        count(*) AS weeks,
        count(CASE WHEN person_week.worked_minutes > 48 * 60 THEN 1 END) AS long_weeks
    FROM core.person_week
    JOIN core.home_month
        ON home_month.person = person_week.person
        AND home_month.month = person_week.month
    WHERE person_week.duties > 0
    GROUP BY home_month.team, person_week.month, person_week.person
),
by_month AS (
    SELECT
        team,
        month,
        count(*) AS people,
        sum(weeks) AS weeks,
        sum(long_weeks) AS long_weeks
    FROM by_person
    GROUP BY team, month
),
year_to AS (
    SELECT
        team,
        month,
        count(*) OVER twelve_months AS months,
        min(people) OVER twelve_months AS fewest_people,
        sum(weeks) OVER twelve_months AS weeks,
        sum(long_weeks) OVER twelve_months AS long_weeks
    FROM by_month
    WINDOW twelve_months AS (
        PARTITION BY team
        ORDER BY month
        RANGE BETWEEN INTERVAL 11 MONTH PRECEDING AND CURRENT ROW
    )
),
over_48 AS (
    SELECT
        year_to.team,
        year_to.month,
        count(DISTINCT by_person.person) AS people
    FROM year_to
    JOIN by_person
        ON by_person.team = year_to.team
        AND by_person.month BETWEEN year_to.month - INTERVAL 11 MONTH AND year_to.month
    WHERE by_person.long_weeks > 0
    GROUP BY year_to.team, year_to.month
)
SELECT
    year_to.team,
    year_to.month,
    CAST(year_to.weeks AS BIGINT) AS weeks_worked,
    CAST(year_to.long_weeks AS BIGINT) AS weeks_over_48,
    year_to.fewest_people,
    coalesce(over_48.people, 0) AS people_with_weeks_over_48
FROM year_to
LEFT JOIN over_48
    ON over_48.team = year_to.team
    AND over_48.month = year_to.month
WHERE year_to.months = 12
