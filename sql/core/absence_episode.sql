-- Absences of people, a row a person, team and first day (private): one who is off from two posts is off once.
-- Only absences that lost days of a post that was worked in a covered month.
SELECT
    team,
    person,
    start_date,
    max(last_known_day) AS last_known_day,
    CAST(date_trunc('month', start_date) AS DATE) AS month_begun,
    CAST(date_trunc('month', max(last_known_day)) AS DATE) AS month_ended,
    bool_and(ended) AS ended,
    bool_or(ended_by_leaving) AS ended_by_leaving,
    sum(contracted_fte * days) AS fte_days,
    min(rtw_date) AS rtw_date,
    max(cut) AS cut
FROM core.absence_spell AS spell
WHERE EXISTS (
    SELECT 1
    FROM core.absence_person_month AS days_lost
    WHERE days_lost.assignment = spell.assignment
      AND days_lost.start_date = spell.start_date
)
GROUP BY team, person, start_date
