-- Days lost to sickness and days available, a row a unit and month.
-- A return gives an organisation's figure in its own total row: the staff groups beside it do not add up to it.
SELECT
    organisation AS team,
    month,
    fte_days_lost,
    fte_days_available,
    CAST(NULL AS BIGINT) AS people,
    TRUE AS published
FROM source.sickness_return
WHERE staff_group = 'All staff groups'
UNION ALL
SELECT
    team,
    month,
    fte_days_lost,
    fte_days_available,
    people,
    FALSE AS published
FROM core.absence_team_month
