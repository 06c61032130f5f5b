-- Duties that were worked, each with the time since the same person's last: a row a duty with a person (private).
-- All of a person's duties stand in one line, whatever the team and the source, in the order in which they began. This is
-- the one pass over the rota in order; rests and runs are counted from it.
SELECT
    person,
    team,
    month,
    CAST(planned_start AS DATE) AS day,
    lag(CAST(planned_start AS DATE)) OVER in_order AS day_before,
    extract(HOUR FROM planned_start) >= 19 OR extract(HOUR FROM planned_start) < 4 AS night,
    -- A night that begins after midnight is the night of the evening before.
    CAST(planned_start - INTERVAL 4 HOUR AS DATE) AS evening,
    date_diff(
        'second',
        lag(coalesce(actual_end_utc, planned_end_utc)) OVER in_order,
        coalesce(actual_start_utc, planned_start_utc)
    ) AS rest_seconds
FROM source.rota
WHERE shift_type = 'duty'
  AND status = 'worked'
  AND person IS NOT NULL
WINDOW in_order AS (
    PARTITION BY person
    ORDER BY
        coalesce(actual_start_utc, planned_start_utc),
        coalesce(actual_end_utc, planned_end_utc),
        team
)
