-- Names of units that no reference and no crosswalk knows, with the rows that wait for them (NULL: few).
SELECT
    s.title AS source, n.name, n."rows" AS waiting, s.published
FROM meta.unknown_name AS n
JOIN meta.source AS s ON s.source = n.source
WHERE len($units::VARCHAR[]) > 0
ORDER BY n."rows" DESC NULLS LAST, n.name
