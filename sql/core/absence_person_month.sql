-- Days of each absence in each covered month, a row an absence and month (private).
-- Only of posts that were worked that month: a bank post, maternity leave or a career break has no days to lose.
SELECT
    spell.person,
    spell.assignment,
    spell.team,
    calendar.month,
    spell.start_date,
    spell.reason,
    spell.days >= 28 AS long_term,
    spell.contracted_fte
        * (
            date_diff(
                'day',
                greatest(spell.start_date, calendar.month),
                least(spell.last_known_day, calendar.month_end)
            ) + 1
        ) AS fte_days_lost
FROM core.absence_spell AS spell
JOIN core.absence_calendar AS calendar
    ON calendar.month <= spell.last_known_day
    AND calendar.month_end >= spell.start_date
WHERE EXISTS (
    SELECT 1
    FROM core.post_month
    WHERE post_month.assignment = spell.assignment
      AND post_month.month = calendar.month
      AND post_month.fte_days > 0
)
