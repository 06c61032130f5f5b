-- a link over all teams of fewer than twenty of them, of more than have anything shown that could be linked, or one without a reading
WITH shown AS (     -- teams that the outcome is shown of at all; kindness: in waves of which the whole circle is shown
    SELECT indicator.indicator AS outcome, value.unit
    FROM mart.value
    JOIN meta.indicator ON indicator.indicator = value.indicator
    WHERE value.shown = 'yes'
    UNION
    SELECT 'kindness', unit
    FROM (
        SELECT value.unit, value.month
        FROM mart.value
        JOIN meta.indicator ON indicator.indicator = value.indicator
        WHERE indicator.family = 'kindness' AND indicator.refresh = 'wave' AND value.shown IN ('yes', 'protected')
        GROUP BY ALL
        HAVING bool_and(value.shown = 'yes')
    )
    GROUP BY unit
    HAVING count(*) >= 3
),
teams AS (
    SELECT shown.outcome, count(DISTINCT shown.unit) AS many
    FROM shown
    JOIN meta.unit ON unit.unit = shown.unit AND unit.level = 'team'
    GROUP BY shown.outcome
)
SELECT reading.outcome
FROM mart.lead_reading AS reading
LEFT JOIN teams ON teams.outcome = reading.outcome
WHERE reading.team_count > coalesce(teams.many, 0) OR (reading.reading <> 'too_few' AND reading.team_count < 20)
UNION ALL
SELECT lead.outcome
FROM mart.lead
LEFT JOIN mart.lead_reading AS reading ON reading.outcome = lead.outcome AND reading.reading <> 'too_few'
WHERE reading.outcome IS NULL
