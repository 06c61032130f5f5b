-- What each system calls a unit, as the organisation has said so far.
SELECT
    system, name, unit
FROM meta.unit_name
WHERE len($units::VARCHAR[]) > 0
ORDER BY lower(system), lower(name)
