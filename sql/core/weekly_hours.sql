-- How long a person worked in the seventeen whole weeks up to a month's end: a row a person, their team and month
-- (private). Only people whose rota reaches back that far and who worked in those weeks.
WITH spans AS (
    SELECT DISTINCT
        month,
        CAST(date_trunc('week', month + INTERVAL 1 MONTH) - INTERVAL 17 WEEK AS DATE) AS first_week,
        CAST(date_trunc('week', month + INTERVAL 1 MONTH) - INTERVAL 1 WEEK AS DATE) AS last_week
    FROM core.duty_month
),
rota_span AS (
    SELECT min(month) AS first_day
    FROM core.duty_month
),
-- A week that is only in part of the rota is not counted, but whoever stands in it was on the rota already.
known AS (
    SELECT
        person,
        min(week) AS first_week
    FROM core.duty_person_week
    GROUP BY person
),
-- Which weeks count for which month, worked out once, and not for every person.
counts_for AS (
    SELECT
        calendar.week,
        spans.month
    FROM (SELECT DISTINCT week FROM core.person_week) AS calendar
    JOIN spans
        ON calendar.week BETWEEN spans.first_week AND spans.last_week
),
summed AS (
    SELECT
        person_week.person,
        counts_for.month,
        sum(person_week.duties) AS duties,
        sum(person_week.worked_minutes) AS worked_minutes,
        sum(person_week.days_off) AS days_off
    FROM core.person_week
    JOIN counts_for
        ON counts_for.week = person_week.week
    GROUP BY person_week.person, counts_for.month
)
SELECT
    summed.person,
    home_month.team,
    summed.month,
    summed.worked_minutes,
    summed.days_off,
    -- An average over 48 hours, without a division: a day off takes a seventh of a week off the seventeen.
    7 * summed.worked_minutes > 48 * 60 * (17 * 7 - summed.days_off) AS over_48
FROM summed
JOIN spans
    ON spans.month = summed.month
JOIN rota_span
    ON rota_span.first_day <= spans.first_week
JOIN known
    ON known.person = summed.person
    AND known.first_week <= spans.first_week
JOIN core.home_month
    ON home_month.person = summed.person
    AND home_month.month = summed.month
WHERE summed.duties > 0
