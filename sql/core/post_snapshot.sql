-- Posts as they stood on the last day of a month, a row a post and month end (private). Bank posts are not here at all.
SELECT
    person,
    assignment,
    team,
    month,
    contracted_fte,
    -- A post that is not worked (maternity, career break, seconded out) is in post, and gives no days.
    CASE
        WHEN status <> 'active' THEN CAST(0 AS DOUBLE)
        WHEN start_date > last_day(month) THEN CAST(0 AS DOUBLE)
        -- Whoever joined in the month gives days from the day of joining.
        WHEN start_date > month THEN contracted_fte * (date_diff('day', start_date, last_day(month)) + 1)
        ELSE contracted_fte * (date_diff('day', month, last_day(month)) + 1)
    END AS fte_days,
    contract <> 'rotational' AS headcounted
FROM source.staff
WHERE contract <> 'bank'
