-- Where two sources contradict each other, a row a month and contradiction: the people concerned, and how many were looked at
-- (private: the engine rounds them, and shows no few). Only months that both sources cover.
WITH at_work AS (
    SELECT DISTINCT
        person,
        month
    FROM core.worked_duty
),
in_post AS (
    SELECT
        person,
        month
    FROM source.staff
    UNION
    -- Whoever left in the month is not in its snapshot any more.
    SELECT
        person,
        month
    FROM source.leavers
),
not_in_post AS (
    SELECT
        at_work.month,
        at_work.person,
        in_post.person IS NULL AS contradicts
    FROM at_work
    LEFT JOIN in_post
        ON in_post.person = at_work.person
        AND in_post.month = at_work.month
    WHERE at_work.month IN (SELECT month FROM source.staff)
),
-- The first day off may have been begun at work, so it contradicts nothing.
worked_off_sick AS (
    SELECT DISTINCT
        worked_duty.person,
        worked_duty.month
    FROM core.worked_duty
    JOIN core.absence_spell
        ON absence_spell.person = worked_duty.person
        AND absence_spell.start_date < worked_duty.day
        AND absence_spell.last_known_day >= worked_duty.day
),
sick_at_work AS (
    SELECT
        at_work.month,
        at_work.person,
        worked_off_sick.person IS NOT NULL AS contradicts
    FROM at_work
    LEFT JOIN worked_off_sick
        ON worked_off_sick.person = at_work.person
        AND worked_off_sick.month = at_work.month
    WHERE at_work.month IN (SELECT month FROM core.absence_calendar)
)
SELECT
    month,
    'not_in_post' AS kind,
    'worked a duty and are not among the staff in post' AS what,
    'Joiners entered late, agency staff with a number, or numbers that differ between the two systems.' AS why,
    count(CASE WHEN contradicts THEN 1 END) AS people,
    count(*) AS looked_at
FROM not_in_post
GROUP BY month
UNION ALL
SELECT
    month,
    'sick_at_work' AS kind,
    'worked a duty on a day on which they are recorded sick' AS what,
    'Absences closed late, swaps not entered, or a second post that went on. Hours and absence are then both too high.' AS why,
    count(CASE WHEN contradicts THEN 1 END) AS people,
    count(*) AS looked_at
FROM sick_at_work
GROUP BY month
