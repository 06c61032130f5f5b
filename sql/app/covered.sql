-- The sources of which it can be told that a team's month is missing, and how far they go.
SELECT
    c.source, s.title, s.settled_to,
    max(c.month) AS newest
FROM meta.coverage AS c
JOIN meta.source AS s ON s.source = c.source
WHERE c.unit IN (SELECT unnest($units::VARCHAR[]))
GROUP BY c.source, s.title, s.settled_to
ORDER BY lower(s.title)
