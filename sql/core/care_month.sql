-- Hours of care and midnight patients, a row a unit with patients and month. On a rota the hours are all that were worked
-- there, by whomever, but for those of supernumerary staff; a return knows only one kind.
SELECT
    unit AS team,
    month,
    day_registered_actual_hours + day_unregistered_actual_hours
        + night_registered_actual_hours + night_unregistered_actual_hours AS caring_hours,
    midnight_patients,
    CAST(NULL AS BIGINT) AS people,
    TRUE AS published
FROM source.staffing_return
WHERE midnight_patients > 0
UNION ALL
SELECT
    rota_month.team,
    rota_month.month,
    worked_here_month.caring_hours,
    patient_month.midnight_patients,
    worked_here_month.people,
    FALSE AS published
FROM core.rota_month
JOIN core.worked_here_month
    ON worked_here_month.team = rota_month.team
    AND worked_here_month.month = rota_month.month
JOIN core.patient_month
    ON patient_month.team = rota_month.team
    AND patient_month.month = rota_month.month
WHERE rota_month.required_duties > 0
  AND patient_month.midnight_patients > 0
