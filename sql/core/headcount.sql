-- Heads in post at month end, a row a person, team and month end (private). Bank and rotational posts do not count;
-- maternity leave and career breaks do: they have not left.
SELECT
    person,
    team,
    month,
    sum(contracted_fte) AS fte
FROM core.post_snapshot
WHERE headcounted
GROUP BY person, team, month
