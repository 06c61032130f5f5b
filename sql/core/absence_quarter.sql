-- What absences of less than 28 days so far, and longer ones, took in the last three months, and how many different people they
-- were of: a row a team and month, only where all three are covered and people were in post in each of them.
WITH quarter_to AS (
    SELECT
        team,
        month,
        count(*) OVER three_months AS months,
        min(people) OVER three_months AS fewest_people,
        sum(fte_days_available) OVER three_months AS fte_days_available,
        sum(fte_days_lost_short_term) OVER three_months AS fte_days_lost_short_term,
        sum(fte_days_lost_long_term) OVER three_months AS fte_days_lost_long_term
    FROM core.absence_team_month
    WINDOW three_months AS (
        PARTITION BY team
        ORDER BY month
        RANGE BETWEEN INTERVAL 2 MONTH PRECEDING AND CURRENT ROW
    )
),
off AS (
    SELECT
        quarter_to.team,
        quarter_to.month,
        count(DISTINCT CASE WHEN NOT days_lost.long_term THEN days_lost.person END) AS briefly,
        count(DISTINCT CASE WHEN days_lost.long_term THEN days_lost.person END) AS for_long
    FROM quarter_to
    JOIN core.absence_person_month AS days_lost
        ON days_lost.team = quarter_to.team
        AND days_lost.month BETWEEN quarter_to.month - INTERVAL 2 MONTH AND quarter_to.month
    GROUP BY quarter_to.team, quarter_to.month
)
SELECT
    quarter_to.team,
    quarter_to.month,
    quarter_to.fewest_people,
    quarter_to.fte_days_available,
    quarter_to.fte_days_lost_short_term,
    quarter_to.fte_days_lost_long_term,
    coalesce(off.briefly, 0) AS people_off_briefly,
    coalesce(off.for_long, 0) AS people_off_for_long
FROM quarter_to
LEFT JOIN off
    ON off.team = quarter_to.team
    AND off.month = quarter_to.month
WHERE quarter_to.months = 3
