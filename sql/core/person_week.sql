-- A person's working time: a row a person and week from Monday to Sunday (private). A week's month is that of its Sunday.
-- Only weeks that lie wholly within the months of the rota. Supervision, reflection, team time and study are work too.
WITH rota_span AS (
    SELECT
        min(month) AS first_day,
        last_day(max(month)) AS last_day
    FROM core.duty_month
),
weeks AS (
    SELECT
        person,
        week,
        CAST(sum(duties) AS BIGINT) AS duties,
        sum(worked_minutes) AS worked_minutes,
        CAST(sum(days_off) AS BIGINT) AS days_off
    FROM core.duty_person_week
    GROUP BY person, week
)
SELECT
    weeks.person,
    weeks.week,
    CAST(date_trunc('month', weeks.week + INTERVAL 6 DAY) AS DATE) AS month,
    weeks.duties,
    weeks.worked_minutes,
    weeks.days_off
FROM weeks
CROSS JOIN rota_span
WHERE weeks.week >= rota_span.first_day
  AND weeks.week + INTERVAL 6 DAY <= rota_span.last_day
