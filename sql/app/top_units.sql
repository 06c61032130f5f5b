-- The units that stand under no other: where a reader who may see everything begins.
SELECT DISTINCT
    unit
FROM meta.unit
WHERE parent IS NULL
ORDER BY unit
