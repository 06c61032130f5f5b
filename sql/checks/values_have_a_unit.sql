-- a value of a unit that the hierarchy does not know
SELECT value.indicator, value.unit
FROM mart.value
ANTI JOIN meta.unit ON unit.unit = value.unit
