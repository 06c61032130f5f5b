-- What the duties on a rota come to: a row a team, team where they were worked, registered or not, and month.
-- Minutes and counts only, so that they add up exactly. What asks for people is in duty_person_month.
-- An answer of yes or no is 1 or 0 here, so that it multiplies: many filtered sums over a whole rota take twice as long.
-- Each month by itself.
WITH timed AS (
    SELECT
        team,
        coalesce(worked_team, team) AS worked_team,
        registered,
        month,
        break_minutes,

        CAST(shift_type = 'duty' AND status = 'worked' AS DOUBLE) AS worked,
        CAST(status = 'worked' AS DOUBLE) AS held,
        CAST(status = 'unfilled' AS DOUBLE) AS unfilled,
        CAST(
            shift_type = 'duty' AND coalesce(requirement, 'mandatory') = 'mandatory' AND status <> 'cancelled' AS DOUBLE
        ) AS required,
        CAST(coalesce(requirement, 'mandatory') <> 'supernumerary' AS DOUBLE) AS caring,
        CAST(shift_type = 'duty' AND status IN ('worked', 'cancelled') AS DOUBLE) AS changeable,
        CAST(shift_type IN ('supervision', 'reflective', 'team_time', 'study') AS DOUBLE) AS room,
        CAST(
            shift_type IN ('leave', 'sick', 'study', 'other') AND status NOT IN ('cancelled', 'unfilled') AS DOUBLE
        ) AS absent,
        CAST(fulfilment = 'bank' AS DOUBLE) AS bank,
        CAST(fulfilment = 'agency' AS DOUBLE) AS agency,
        CAST(lone AS DOUBLE) AS lone,

        -- A duty is a night by the local hour at which it was to start: from 19:00, or before 04:00.
        CAST(extract(HOUR FROM planned_start) >= 19 OR extract(HOUR FROM planned_start) < 4 AS DOUBLE) AS night,
        -- Days since Monday, because systems number the days of a week differently: 5 and 6 are the weekend.
        CAST(
            date_diff('day', CAST(date_trunc('week', planned_start) AS DATE), CAST(planned_start AS DATE)) >= 5 AS DOUBLE
        ) AS weekend,

        CAST(date_diff('second', planned_start_utc, planned_end_utc) AS DOUBLE) / 60
            - coalesce(planned_break_minutes, 0) AS planned_minutes,
        CAST(
            date_diff('second', coalesce(actual_start_utc, planned_start_utc), coalesce(actual_end_utc, planned_end_utc))
            AS DOUBLE
        ) / 60 AS minutes_there,
        coalesce(break_minutes, planned_break_minutes, 0) AS minutes_off,
        -- Since the midnight before it starts, by the clock on the wall.
        extract(HOUR FROM coalesce(actual_start, planned_start)) * 60
            + extract(MINUTE FROM coalesce(actual_start, planned_start)) AS starts,

        CAST(changed_at_utc IS NOT NULL AS DOUBLE) AS changed,
        -- How long before the duty the employer changed it. A change after its start puts the record right.
        CASE
            WHEN changed_by IN ('manager', 'system') AND changed_at_utc < planned_start_utc
                THEN date_diff('second', changed_at_utc, planned_start_utc)
        END AS notice_seconds
    FROM source.rota
),
measured AS (
    SELECT
        *,
        minutes_there - minutes_off AS worked_minutes,
        CAST(minutes_there >= 12 * 60 AS DOUBLE) AS long_day,
        CASE WHEN worked = 1 AND minutes_there > 6 * 60 THEN break_minutes END AS break_noted,
        -- Between 23:00 and 06:00: of the night in which it starts, of the next, and of the one after.
        greatest(0, least(starts + minutes_there, 6 * 60) - starts)
            + greatest(0, least(starts + minutes_there, 30 * 60) - greatest(starts, 23 * 60))
            + greatest(0, least(starts + minutes_there, 54 * 60) - greatest(starts, 47 * 60)) AS minutes_by_night
    FROM timed
)
SELECT
    team,
    worked_team,
    registered,
    month,

    sum(required) AS required_duties,
    sum(required * unfilled) AS unfilled_duties,
    sum(required * planned_minutes) AS required_minutes,
    sum(required * night * planned_minutes) AS required_night_minutes,
    sum(required * held * worked_minutes) AS filled_minutes,
    sum(required * held * night * worked_minutes) AS filled_night_minutes,

    sum(worked) AS worked_duties,
    sum(worked * long_day) AS long_duties,
    sum(worked * weekend) AS weekend_duties,
    sum(worked * worked_minutes) AS worked_minutes,
    sum(worked * caring * worked_minutes) AS caring_minutes,
    sum(worked * bank * worked_minutes) AS bank_minutes,
    sum(worked * agency * worked_minutes) AS agency_minutes,
    sum(worked * lone * worked_minutes) AS lone_minutes,
    -- Nobody writes down when the break was, so it is taken off evenly.
    sum(worked * worked_minutes * minutes_by_night / nullif(minutes_there, 0)) AS night_minutes,
    count(lone) AS duties_with_lone_noted,

    count(break_noted) AS breaks_noted,
    sum(CAST(break_noted < 20 AS DOUBLE)) AS breaks_missed,
    min(break_noted) AS least_break,
    max(break_noted) AS most_break,

    sum(changeable) AS changeable_duties,
    sum(changeable * changed) AS changed_duties,
    sum(changeable * CAST(notice_seconds < 7 * 24 * 3600 AS DOUBLE)) AS changed_within_7_days,
    sum(changeable * CAST(notice_seconds < 48 * 3600 AS DOUBLE)) AS changed_within_48_hours,

    sum(room * planned_minutes) AS room_planned_minutes,
    sum(room * held * worked_minutes) AS room_held_minutes,
    sum(absent * planned_minutes) AS absent_minutes
FROM measured
GROUP BY
    team,
    worked_team,
    registered,
    month
