-- What was agreed for an indicator and unit, from which month on.
SELECT
    indicator,
    unit,
    CAST(date_trunc('month', from_month) AS DATE) AS from_month,
    target
FROM source.agreed_targets
