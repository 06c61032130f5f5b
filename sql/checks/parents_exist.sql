-- a unit whose parent the hierarchy does not know
SELECT unit.unit, unit.parent
FROM meta.unit
ANTI JOIN meta.unit AS above ON above.unit = unit.parent
WHERE unit.parent IS NOT NULL
