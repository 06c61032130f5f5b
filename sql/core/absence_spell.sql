-- Absences through sickness, a row an absence of a post (private). Rows of one post that overlap or touch are one absence,
-- however they were split. It ends with its last day, with the post, or is still open on the day up to which we know.
WITH known AS (
    SELECT max(cut) AS cut
    FROM core.absence_calendar
),
part AS (
    SELECT
        sickness.person,
        sickness.assignment,
        sickness.team,
        sickness.start_date,
        coalesce(sickness.end_date, DATE '9999-12-31') AS end_date,
        coalesce(sickness.reason, 'unknown') AS reason,
        sickness.contracted_fte,
        sickness.rtw_date,
        post_end.leave_date,
        known.cut
    FROM source.sickness
    CROSS JOIN known
    LEFT JOIN core.post_end ON post_end.assignment = sickness.assignment
    WHERE sickness.start_date <= coalesce(sickness.end_date, sickness.start_date)
),
-- A part begins an absence unless some earlier one, not only the one just before it, lasts until the day before.
begun AS (
    SELECT
        *,
        CASE
            WHEN date_diff('day', max(end_date) OVER earlier, start_date) <= 1 THEN 0
            ELSE 1
        END AS begins
    FROM part
    WINDOW earlier AS (
        PARTITION BY assignment
        ORDER BY start_date, end_date DESC, contracted_fte DESC, team, reason
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
),
numbered AS (
    SELECT
        *,
        sum(begins) OVER so_far AS spell
    FROM begun
    WINDOW so_far AS (
        PARTITION BY assignment
        ORDER BY start_date, end_date DESC, contracted_fte DESC, team, reason
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
),
-- Who, where and how much: as its first part says. When it ended: as its last part does.
whole AS (
    SELECT
        assignment,
        spell,
        max(CASE WHEN begins = 1 THEN person END) AS person,
        max(CASE WHEN begins = 1 THEN team END) AS team,
        max(CASE WHEN begins = 1 THEN contracted_fte END) AS contracted_fte,
        min(start_date) AS start_date,
        least(max(end_date), coalesce(max(leave_date), max(end_date))) AS end_date,
        max(leave_date) AS leave_date,
        max(cut) AS cut
    FROM numbered
    GROUP BY assignment, spell
),
-- The reason with the most days stands for the whole (of equals, the one that began first), so that splitting a part
-- changes nothing.
main_reason AS (
    SELECT
        assignment,
        spell,
        reason
    FROM numbered
    GROUP BY assignment, spell, reason
    QUALIFY row_number() OVER (
        PARTITION BY assignment, spell
        ORDER BY
            sum(greatest(date_diff('day', start_date, least(end_date, cut, coalesce(leave_date, cut))) + 1, 0)) DESC,
            min(start_date),
            reason
    ) = 1
),
-- The first conversation on or after the last day off; one held before that was about something else.
conversation AS (
    SELECT
        numbered.assignment,
        numbered.spell,
        min(numbered.rtw_date) AS rtw_date
    FROM numbered
    JOIN whole
        ON whole.assignment = numbered.assignment
        AND whole.spell = numbered.spell
        AND whole.end_date <= numbered.rtw_date
    GROUP BY numbered.assignment, numbered.spell
)
SELECT
    whole.assignment,
    whole.person,
    whole.team,
    whole.contracted_fte,
    main_reason.reason,
    whole.start_date,
    least(whole.end_date, whole.cut) AS last_known_day,
    date_diff('day', whole.start_date, least(whole.end_date, whole.cut)) + 1 AS days,
    whole.end_date <= whole.cut AS ended,
    coalesce(whole.end_date >= whole.leave_date, FALSE) AS ended_by_leaving,
    conversation.rtw_date,
    whole.cut
FROM whole
JOIN main_reason
    ON main_reason.assignment = whole.assignment
    AND main_reason.spell = whole.spell
LEFT JOIN conversation
    ON conversation.assignment = whole.assignment
    AND conversation.spell = whole.spell
-- Absences of the days to come, and of people who had left, were needed above: they may be the rest of one.
WHERE whole.start_date <= least(whole.cut, whole.end_date)
