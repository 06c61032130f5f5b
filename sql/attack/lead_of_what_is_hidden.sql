-- derived
-- what goes with pressure, found with more teams than are shown
WITH circle AS (
    SELECT value.unit, value.month, bool_and(value.shown = 'yes') AS whole
    FROM mart.value
    JOIN meta.indicator USING (indicator)
    WHERE indicator.family = 'kindness' AND value.shown IN ('yes', 'protected')
    GROUP BY ALL
),
told AS (
    SELECT DISTINCT indicator AS outcome, unit FROM mart.value WHERE shown = 'yes'
    UNION
    SELECT DISTINCT 'kindness', unit FROM circle WHERE whole
),
team AS (
    SELECT told.outcome, count(*) AS teams
    FROM told
    SEMI JOIN meta.unit ON unit.unit = told.unit AND unit.level = 'team'
    GROUP BY ALL
),
said AS (
    SELECT outcome, 20 AS teams FROM mart.lead  -- fewer are never used
    UNION ALL
    SELECT outcome, team_count FROM mart.lead_reading
)
SELECT DISTINCT said.outcome AS indicator, '' AS unit, NULL::DATE AS month
FROM said
LEFT JOIN team USING (outcome)
WHERE said.teams > coalesce(team.teams, 0)
