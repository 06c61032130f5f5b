-- Rests of less than 11 hours between two duties of a person, a row a team and month: those of the later duty.
-- A gap of less than four hours is one duty in two parts.
SELECT
    team,
    month,
    count(*) AS short_rests
FROM core.worked_duty
WHERE rest_seconds >= 4 * 3600
  AND rest_seconds < 11 * 3600
GROUP BY team, month
