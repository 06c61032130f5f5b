-- What a person worked in a week, of its days in one month: a row a person, week (from Monday to Sunday) and month (private).
-- A week in which a month ends has two rows; person_week adds them up.
-- Each month by itself.
WITH timed AS (
    SELECT
        person,
        month,
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
        month,
        week,
        count(worked_minutes) AS duties,
        coalesce(sum(worked_minutes), 0) AS worked_minutes
    FROM timed
    GROUP BY
        person,
        month,
        week
),
-- Days of leave and sickness, which an average must not take for days without work.
off AS (
    SELECT
        person,
        month,
        CAST(date_trunc('week', planned_start) AS DATE) AS week,
        count(DISTINCT CAST(planned_start AS DATE)) AS days
    FROM source.rota
    WHERE person IS NOT NULL
      AND shift_type IN ('leave', 'sick')
      AND status NOT IN ('cancelled', 'unfilled')
    GROUP BY
        person,
        month,
        CAST(date_trunc('week', planned_start) AS DATE)
)
SELECT
    weeks.person,
    weeks.week,
    weeks.month,
    weeks.duties,
    weeks.worked_minutes,
    coalesce(off.days, 0) AS days_off
FROM weeks
LEFT JOIN off
    ON off.person = weeks.person
    AND off.week = weeks.week
    AND off.month = weeks.month
