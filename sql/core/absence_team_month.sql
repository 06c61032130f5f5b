-- What was available and lost, and which absences began and ended, a row a team and covered month with people in post.
-- Nobody off is nothing lost; a month that is not covered has no row.
WITH by_person AS (
    SELECT
        team,
        month,
        person,
        sum(fte_days) AS fte_days,
        sum(CASE WHEN at_month_end THEN contracted_fte ELSE 0 END) AS fte_at_month_end
    FROM core.post_month
    GROUP BY team, month, person
),
available AS (
    SELECT
        by_person.team,
        by_person.month,
        sum(by_person.fte_days) AS fte_days_available,
        sum(by_person.fte_at_month_end) AS fte_in_post,
        count(*) AS people
    FROM by_person
    JOIN core.absence_calendar ON absence_calendar.month = by_person.month
    GROUP BY by_person.team, by_person.month
),
lost AS (
    SELECT
        team,
        month,
        sum(CASE WHEN long_term THEN fte_days_lost ELSE 0 END) AS long_term,
        sum(CASE WHEN NOT long_term THEN fte_days_lost ELSE 0 END) AS short_term,
        sum(CASE WHEN reason = 'stress' THEN fte_days_lost ELSE 0 END) AS stress,
        sum(CASE WHEN reason <> 'unknown' THEN fte_days_lost ELSE 0 END) AS known,
        sum(fte_days_lost) AS every
    FROM core.absence_person_month
    GROUP BY team, month
),
begun AS (
    SELECT
        team,
        month_begun AS month,
        count(*) AS episodes
    FROM core.absence_episode
    GROUP BY team, month_begun
),
ended AS (
    SELECT
        team,
        month_ended AS month,
        count(*) AS episodes,
        sum(fte_days) AS fte_days
    FROM core.absence_episode
    WHERE ended
    GROUP BY team, month_ended
)
SELECT
    available.team,
    available.month,
    available.people,
    available.fte_in_post,
    available.fte_days_available,
    coalesce(lost.every, 0) AS fte_days_lost,
    coalesce(lost.short_term, 0) AS fte_days_lost_short_term,
    coalesce(lost.long_term, 0) AS fte_days_lost_long_term,
    coalesce(lost.stress, 0) AS fte_days_lost_stress,
    coalesce(lost.known, 0) AS fte_days_lost_known_reason,
    coalesce(begun.episodes, 0) AS episodes_begun,
    coalesce(ended.episodes, 0) AS episodes_ended,
    coalesce(ended.fte_days, 0) AS fte_days_of_episodes_ended
FROM available
LEFT JOIN lost ON lost.team = available.team AND lost.month = available.month
LEFT JOIN begun ON begun.team = available.team AND begun.month = available.month
LEFT JOIN ended ON ended.team = available.team AND ended.month = available.month
