-- A person's working time: a row a person and week from Monday to Sunday (private). A week's month is that of its Sunday.
-- Only weeks that lie wholly within the months of the rota. Supervision, reflection, team time and study are work too.
WITH rota_span AS (
    SELECT
        min(month) AS first_day,
        last_day(max(month)) AS last_day
    FROM core.duty_month
),
timed AS (
    SELECT
        person,
        CAST(date_trunc('week', planned_start) AS DATE) AS week,
        CASE
            WHEN status = 'worked' AND shift_type IN ('duty', 'supervision', 'reflective', 'team_time', 'study')
                THEN
                    CAST(
                        date_diff(
                            'second',
                            coalesce(actual_start_utc, planned_start_utc),
                            coalesce(actual_end_utc, planned_end_utc)
                        ) AS DOUBLE
                    ) / 60 - coalesce(break_minutes, planned_break_minutes, 0)
        END AS worked_minutes
    FROM source.rota
    WHERE person IS NOT NULL
),
weeks AS (
    SELECT
        person,
        week,
        count(worked_minutes) AS duties,
        coalesce(sum(worked_minutes), 0) AS worked_minutes
    FROM timed
    GROUP BY person, week
),
-- Days of leave and sickness, which an average must not take for days without work.
off AS (
    SELECT
        person,
        CAST(date_trunc('week', planned_start) AS DATE) AS week,
        count(DISTINCT CAST(planned_start AS DATE)) AS days
    FROM source.rota
    WHERE person IS NOT NULL
      AND shift_type IN ('leave', 'sick')
      AND status NOT IN ('cancelled', 'unfilled')
    GROUP BY person, CAST(date_trunc('week', planned_start) AS DATE)
)
SELECT
    weeks.person,
    weeks.week,
    CAST(date_trunc('month', weeks.week + INTERVAL 6 DAY) AS DATE) AS month,
    weeks.duties,
    weeks.worked_minutes,
    coalesce(off.days, 0) AS days_off
FROM weeks
CROSS JOIN rota_span
LEFT JOIN off
    ON off.person = weeks.person
    AND off.week = weeks.week
WHERE weeks.week >= rota_span.first_day
  AND weeks.week + INTERVAL 6 DAY <= rota_span.last_day
