-- Who was in post and for how many days, a row a post and month (private). Bank posts are not here at all.
-- It is the month-end snapshot, and the part month of those who left before it was taken, up to their last day.
SELECT
    person,
    assignment,
    team,
    month,
    contracted_fte,
    fte_days,
    TRUE AS at_month_end,
    headcounted
FROM core.post_snapshot
UNION ALL
SELECT
    person,
    assignment,
    team,
    month,
    coalesce(fte_last_seen, contracted_fte) AS contracted_fte,
    CASE
        WHEN status_last_seen <> 'active' THEN CAST(0 AS DOUBLE)
        ELSE coalesce(fte_last_seen, contracted_fte) * (date_diff('day', month, leave_date) + 1)
    END AS fte_days,
    FALSE AS at_month_end,
    contract <> 'rotational' AS headcounted
FROM core.post_end
WHERE contract <> 'bank'
  -- A month without any snapshot is no data, not the few who left in it.
  AND month IN (SELECT month FROM core.post_snapshot)
  AND NOT EXISTS (
      SELECT 1
      FROM core.post_snapshot
      WHERE post_snapshot.assignment = post_end.assignment
        AND post_snapshot.month = post_end.month
  )
