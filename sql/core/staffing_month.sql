-- Hours planned and hours that fill them, a row a unit and month: of required duties on the rota, or as a return has them.
SELECT
    unit AS team,
    month,
    day_registered_planned_hours + day_unregistered_planned_hours
        + night_registered_planned_hours + night_unregistered_planned_hours AS planned_hours,
    day_registered_actual_hours + day_unregistered_actual_hours
        + night_registered_actual_hours + night_unregistered_actual_hours AS worked_hours,
    CAST(NULL AS BIGINT) AS people,
    TRUE AS published
FROM source.staffing_return
UNION ALL
SELECT
    team,
    month,
    required_hours AS planned_hours,
    filled_hours AS worked_hours,
    people,
    FALSE AS published
FROM core.rota_month
-- A team that plans no required duties has no cover to fall short of.
WHERE required_duties > 0
