-- What the last twelve months lost, and from which absences, a row a team and month: only where all twelve are covered and
-- people were in post in each of them.
WITH year_to AS (
    SELECT
        team,
        month,
        count(*) OVER twelve_months AS months,
        min(people) OVER twelve_months AS fewest_people,
        avg(fte_in_post) OVER twelve_months AS mean_fte,
        sum(fte_days_lost) OVER twelve_months AS fte_days_lost,
        sum(fte_days_lost_stress) OVER twelve_months AS fte_days_lost_stress,
        sum(fte_days_lost_known_reason) OVER twelve_months AS fte_days_lost_known_reason,
        sum(episodes_begun) OVER twelve_months AS episodes_begun,
        sum(episodes_ended) OVER twelve_months AS episodes_ended,
        sum(fte_days_of_episodes_ended) OVER twelve_months AS fte_days_of_episodes_ended
    FROM core.absence_team_month
    WINDOW twelve_months AS (
        PARTITION BY team
        ORDER BY month
        RANGE BETWEEN INTERVAL 11 MONTH PRECEDING AND CURRENT ROW
    )
)
SELECT
    year_to.team,
    year_to.month,
    year_to.fewest_people,
    year_to.mean_fte,
    year_to.fte_days_lost,
    year_to.fte_days_lost_stress,
    year_to.fte_days_lost_known_reason,
    year_to.episodes_begun,
    year_to.episodes_ended,
    year_to.fte_days_of_episodes_ended,
    CAST(people_year.people_off AS BIGINT) AS people_off,
    CAST(people_year.people_off_with_stress AS BIGINT) AS people_off_with_stress,
    CAST(people_year.people_off_with_known_reason AS BIGINT) AS people_off_with_known_reason,
    CAST(people_year.people_with_episodes_ended AS BIGINT) AS people_with_episodes_ended
FROM year_to
JOIN core.absence_people_year AS people_year
    ON people_year.team = year_to.team
    AND people_year.month = year_to.month
WHERE year_to.months = 12
