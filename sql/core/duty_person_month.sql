-- What a person's duties come to: a row a person, team, team where they were worked, registered or not, and month
-- (private). Whatever asks how many people, or how much one person worked, begins here.
-- Each month by itself.
WITH timed AS (
    SELECT
        person,
        team,
        coalesce(worked_team, team) AS worked_team,
        registered,
        month,
        break_minutes,
        shift_type = 'duty' AND status = 'worked' AS worked,
        shift_type = 'duty' AND status IN ('worked', 'cancelled') AS changeable,
        shift_type IN ('supervision', 'reflective', 'team_time', 'study') AS room,
        shift_type IN ('leave', 'sick', 'study', 'other') AND status NOT IN ('cancelled', 'unfilled') AS absent,
        shift_type IN ('duty', 'supervision', 'reflective', 'team_time') AND status = 'worked' AS at_work,
        extract(HOUR FROM planned_start) >= 19 OR extract(HOUR FROM planned_start) < 4 AS night,
        CAST(date_diff('second', planned_start_utc, planned_end_utc) AS DOUBLE) / 60
            - coalesce(planned_break_minutes, 0) AS planned_minutes,
        CAST(
            date_diff('second', coalesce(actual_start_utc, planned_start_utc), coalesce(actual_end_utc, planned_end_utc))
            AS DOUBLE
        ) / 60 AS minutes_there,
        coalesce(break_minutes, planned_break_minutes, 0) AS minutes_off
    FROM source.rota
    WHERE person IS NOT NULL
),
measured AS (
    SELECT
        *,
        minutes_there - minutes_off AS worked_minutes
    FROM timed
)
SELECT
    person,
    team,
    worked_team,
    registered,
    month,
    count(*) FILTER (WHERE worked) AS worked_duties,
    count(*) FILTER (WHERE worked AND night) AS worked_nights,
    count(*) FILTER (WHERE changeable) AS changeable_duties,
    count(*) FILTER (WHERE worked AND minutes_there > 6 * 60 AND break_minutes IS NOT NULL) AS breaks_noted,
    count(*) FILTER (WHERE room) AS room_duties,
    count(*) FILTER (WHERE absent OR at_work) AS contract_duties,
    sum(worked_minutes) FILTER (WHERE worked) AS worked_minutes,
    -- Towards the contract: time off as it was rostered, work as it was worked; staying on counts from 15 minutes.
    sum(
        CASE
            WHEN absent THEN planned_minutes
            WHEN worked_minutes > planned_minutes AND worked_minutes - planned_minutes < 15 THEN planned_minutes
            ELSE worked_minutes
        END
    ) FILTER (WHERE absent OR at_work) AS contract_minutes
FROM measured
GROUP BY
    person,
    team,
    worked_team,
    registered,
    month
