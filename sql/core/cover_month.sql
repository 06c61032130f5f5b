-- Hours planned and worked on required duties by day and by night: a row a unit, month, and registered staff or not.
WITH people AS (
    SELECT
        team,
        month,
        registered,
        count(DISTINCT person) FILTER (WHERE worked_duties > worked_nights) AS by_day,
        count(DISTINCT person) FILTER (WHERE worked_nights > 0) AS by_night
    FROM core.duty_person_month
    GROUP BY
        team,
        month,
        registered
),
hours AS (
    SELECT
        team,
        month,
        registered,
        sum(required_minutes - required_night_minutes) / 60 AS day_planned_hours,
        sum(filled_minutes - filled_night_minutes) / 60 AS day_worked_hours,
        sum(required_night_minutes) / 60 AS night_planned_hours,
        sum(filled_night_minutes) / 60 AS night_worked_hours
    FROM core.duty_month
    WHERE registered IS NOT NULL
    GROUP BY
        team,
        month,
        registered
)
SELECT
    hours.team,
    hours.month,
    hours.registered,
    day_planned_hours,
    day_worked_hours,
    night_planned_hours,
    night_worked_hours,
    coalesce(by_day, 0) AS day_people,
    coalesce(by_night, 0) AS night_people,
    FALSE AS published
FROM hours
LEFT JOIN people
    ON people.team = hours.team
    AND people.month = hours.month
    AND people.registered = hours.registered
UNION ALL
SELECT
    unit AS team,
    month,
    TRUE AS registered,
    day_registered_planned_hours,
    day_registered_actual_hours,
    night_registered_planned_hours,
    night_registered_actual_hours,
    CAST(NULL AS BIGINT) AS day_people,
    CAST(NULL AS BIGINT) AS night_people,
    TRUE AS published
FROM source.staffing_return
UNION ALL
SELECT
    unit AS team,
    month,
    FALSE AS registered,
    day_unregistered_planned_hours,
    day_unregistered_actual_hours,
    night_unregistered_planned_hours,
    night_unregistered_actual_hours,
    CAST(NULL AS BIGINT) AS day_people,
    CAST(NULL AS BIGINT) AS night_people,
    TRUE AS published
FROM source.staffing_return
