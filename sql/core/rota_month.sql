-- What the rota of a team came to: a row a team and month, in hours, duties and people.
WITH people AS (
    SELECT
        team,
        month,
        count(DISTINCT person) FILTER (WHERE worked_duties > 0) AS worked,
        count(DISTINCT person) FILTER (WHERE changeable_duties > 0) AS changeable,
        count(DISTINCT person) FILTER (WHERE breaks_noted > 0) AS with_breaks,
        count(DISTINCT person) FILTER (WHERE room_duties > 0) AS with_room
    FROM core.duty_person_month
    GROUP BY team, month
),
duties AS (
    SELECT
        team,
        month,
        sum(required_duties) AS required_duties,
        sum(unfilled_duties) AS unfilled_duties,
        sum(required_minutes) / 60 AS required_hours,
        sum(filled_minutes) / 60 AS filled_hours,
        sum(worked_duties) AS worked_duties,
        sum(long_duties) AS long_duties,
        sum(weekend_duties) AS weekend_duties,
        sum(worked_minutes) / 60 AS worked_hours,
        coalesce(sum(bank_minutes), 0) / 60 AS bank_hours,
        coalesce(sum(agency_minutes), 0) / 60 AS agency_hours,
        coalesce(sum(lone_minutes), 0) / 60 AS lone_hours,
        coalesce(sum(night_minutes), 0) / 60 AS night_hours,
        coalesce(sum(worked_minutes) FILTER (WHERE worked_team <> team), 0) / 60 AS lent_hours,
        sum(breaks_noted) AS breaks_noted,
        sum(breaks_missed) AS breaks_missed,
        min(least_break) AS least_break,
        max(most_break) AS most_break,
        sum(changeable_duties) AS changeable_duties,
        coalesce(sum(changed_within_7_days), 0) AS changed_within_7_days,
        coalesce(sum(changed_within_48_hours), 0) AS changed_within_48_hours,
        sum(room_planned_minutes) / 60 AS room_planned_hours,
        sum(room_held_minutes) / 60 AS room_held_hours,
        sum(absent_minutes) / 60 AS absent_hours
    FROM core.duty_month
    GROUP BY team, month
),
-- Whether anybody's rota says it at all in that month. If not, nothing is known, which is not "never".
noted AS (
    SELECT
        month,
        sum(changed_duties) > 0 AS changes_noted,
        sum(duties_with_lone_noted) > 0 AS lone_noted,
        coalesce(sum(worked_minutes) FILTER (WHERE worked_team <> team), 0) > 0 AS lending_noted
    FROM core.duty_month
    GROUP BY month
)
SELECT
    duties.team,
    duties.month,
    required_duties,
    unfilled_duties,
    required_hours,
    filled_hours,
    worked_duties,
    long_duties,
    weekend_duties,
    worked_hours,
    bank_hours,
    agency_hours,
    lone_hours,
    night_hours,
    lent_hours,
    breaks_noted,
    breaks_missed,
    least_break,
    most_break,
    changeable_duties,
    changed_within_7_days,
    changed_within_48_hours,
    room_planned_hours,
    room_held_hours,
    absent_hours,
    changes_noted,
    lone_noted,
    lending_noted,
    -- Duties that nobody works are the team's all the same: their people are those who worked in it that month.
    coalesce(people.worked, 0) AS people,
    coalesce(people.changeable, 0) AS people_changeable,
    coalesce(people.with_breaks, 0) AS people_with_breaks,
    coalesce(people.with_room, 0) AS people_with_room
FROM duties
JOIN noted
    ON noted.month = duties.month
LEFT JOIN people
    ON people.team = duties.team
    AND people.month = duties.month
