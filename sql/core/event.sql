-- What happened where, a row an event: as the organisation lists it, and as readers of the app wrote and an analyst
-- accepted. The engine draws them, and re-bases limits where an event asks for it.
SELECT
    unit,
    CAST(date_trunc('month', month_start) AS DATE) AS month,
    kind,
    what,
    rebases,
    fix_after
FROM source.unit_events
UNION
SELECT
    unit,
    CAST(date_trunc('month', month_start) AS DATE) AS month,
    kind,
    what,
    rebases,
    CAST(NULL AS BIGINT) AS fix_after
FROM source.written_events
