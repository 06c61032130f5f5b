-- Absences that ended with a return to work in the last three months, and whether a conversation was held within a week,
-- a row a team and month. The newest absences are left out: their week is not over.
WITH ended AS (
    SELECT
        team,
        person,
        month_ended,
        count(*) AS episodes,
        sum(CASE WHEN date_diff('day', last_known_day, rtw_date) <= 7 THEN 1 ELSE 0 END) AS held,
        count(rtw_date) AS recorded
    FROM core.absence_episode
    WHERE ended
      AND NOT ended_by_leaving
      AND date_diff('day', last_known_day, cut) >= 7
    GROUP BY team, person, month_ended
),
by_person AS (
    SELECT
        ended.team,
        calendar.month,
        ended.person,
        sum(ended.episodes) AS episodes,
        sum(ended.held) AS held,
        sum(ended.recorded) AS recorded
    FROM ended
    JOIN core.absence_calendar AS calendar
        ON ended.month_ended BETWEEN calendar.month - INTERVAL 2 MONTH AND calendar.month
    WHERE calendar.covered_of_3 = 3
    GROUP BY ended.team, calendar.month, ended.person
)
SELECT
    team,
    month,
    CAST(sum(episodes) AS BIGINT) AS episodes_ended,
    CAST(sum(held) AS BIGINT) AS conversations_held,
    count(*) AS people,
    count(CASE WHEN held > 0 THEN 1 END) AS people_with_conversation
FROM by_person
GROUP BY team, month
-- Where nobody in the organisation has a conversation recorded, conversations are not recorded: no data, never 0 %.
QUALIFY sum(sum(recorded)) OVER (PARTITION BY month) > 0
