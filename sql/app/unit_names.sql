-- What each system calls a unit, as the organisation has said so far: told whole, to who sees every unit, because the file
-- that is made of it replaces the one before.
SELECT
    system, name, unit
FROM meta.unit_name
WHERE len($units::VARCHAR[]) > 0
  AND NOT EXISTS (SELECT 1 FROM meta.unit WHERE unit NOT IN (SELECT unnest($units::VARCHAR[])))
ORDER BY lower(system), lower(name)
