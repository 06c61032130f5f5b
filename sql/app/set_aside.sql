-- Why rows were set aside or left out: a row a source, heading and reason, of the files that count.
SELECT
    f.source, s.title, r.heading, r.reason,
    sum(r."rows")::BIGINT AS set_aside,
    count(DISTINCT f.file) AS files
FROM (
    SELECT source, file, unnest(set_aside) AS r
    FROM meta.file
    WHERE outcome = 'accepted' AND NOT replaced
) AS f
JOIN meta.source AS s ON s.source = f.source
WHERE len($units::VARCHAR[]) > 0
GROUP BY f.source, s.title, r.heading, r.reason
ORDER BY lower(s.title), set_aside DESC, r.heading, r.reason
