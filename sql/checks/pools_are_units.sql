-- a unit that is said to be shown together with others in a unit that the hierarchy does not know
SELECT pool.unit, pool.pool
FROM meta.pool
ANTI JOIN meta.unit ON unit.unit = pool.pool
