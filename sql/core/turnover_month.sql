-- Heads at both ends of a month, and who left in it, as the public return counts them: a row an organisation and month.
-- Its own total row; a kind without a row is none, and a row without a number is no data.
SELECT
    organisation AS team,
    month,
    CASE WHEN count(CASE WHEN kind = 'leavers' THEN 1 END) > 0 THEN sum(CASE WHEN kind = 'leavers' THEN headcount END)
         ELSE 0 END AS leavers,
    CASE WHEN count(CASE WHEN kind = 'start' THEN 1 END) > 0 THEN sum(CASE WHEN kind = 'start' THEN headcount END)
         ELSE 0 END AS headcount_at_start,
    CASE WHEN count(CASE WHEN kind = 'end' THEN 1 END) > 0 THEN sum(CASE WHEN kind = 'end' THEN headcount END)
         ELSE 0 END AS headcount_at_end
FROM source.turnover_return
WHERE staff_group = 'All staff groups'
GROUP BY organisation, month
