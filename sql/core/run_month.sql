-- Runs of six days, or of four nights, without one off between: a row a team and month in which they got that long.
-- A run is counted once, on the day on which it reaches that length, however much longer it grows.
WITH sixth_days AS (
    -- The fifth working day before was five days ago, and the sixth was not six days ago.
    SELECT
        team,
        day,
        date_diff('day', lag(day, 5) OVER in_order, day) = 5 AS long_enough,
        coalesce(date_diff('day', lag(day, 6) OVER in_order, day), 7) > 6 AS just_now
    FROM core.worked_duty
    WHERE day IS DISTINCT FROM day_before -- the first of several duties that start on a day
    WINDOW in_order AS (
        PARTITION BY person
        ORDER BY day
    )
),
nights AS (
    SELECT
        person,
        evening AS day,
        min(team) AS team -- of two teams in one night, the first by name
    FROM core.worked_duty
    WHERE night
    GROUP BY person, evening
),
fourth_nights AS (
    SELECT
        team,
        day,
        date_diff('day', lag(day, 3) OVER in_order, day) = 3 AS long_enough,
        coalesce(date_diff('day', lag(day, 4) OVER in_order, day), 5) > 4 AS just_now
    FROM nights
    WINDOW in_order AS (
        PARTITION BY person
        ORDER BY day
    )
),
reached AS (
    SELECT team, day FROM sixth_days WHERE long_enough AND just_now
    UNION ALL
    SELECT team, day FROM fourth_nights WHERE long_enough AND just_now
)
SELECT
    team,
    CAST(date_trunc('month', day) AS DATE) AS month,
    count(*) AS runs
FROM reached
GROUP BY team, CAST(date_trunc('month', day) AS DATE)
