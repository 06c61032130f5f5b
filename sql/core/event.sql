-- What happened where, a row an event. The engine draws them, and re-bases limits where an event asks for it.
SELECT
    unit,
    CAST(date_trunc('month', month_start) AS DATE) AS month,
    kind,
    what,
    rebases,
    fix_after
FROM source.unit_events
