-- Planned and worked hours and midnight patients, a row a unit and month.
SELECT
    unit AS team,
    month,
    day_registered_planned_hours + day_unregistered_planned_hours
        + night_registered_planned_hours + night_unregistered_planned_hours AS planned_hours,
    day_registered_actual_hours + day_unregistered_actual_hours
        + night_registered_actual_hours + night_unregistered_actual_hours AS worked_hours,
    midnight_patients,
    CAST(NULL AS BIGINT) AS people,
    TRUE AS published
FROM source.staffing_return
