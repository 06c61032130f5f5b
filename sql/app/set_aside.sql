-- Why rows were set aside or left out: a row a source, heading and reason, of the files that count. Rows are NULL
-- where they are few; in a sum few counts as 5.
SELECT
    f.source, s.title, s.published, r.heading, r.reason,
    (CASE WHEN count(*) > count(r."rows") THEN nullif(sum(coalesce(r."rows", 5)), 5) ELSE sum(r."rows") END)::BIGINT AS set_aside,
    count(DISTINCT f.file) AS files
FROM (
    SELECT source, file, unnest(set_aside) AS r
    FROM meta.file
    WHERE outcome = 'accepted' AND NOT replaced
) AS f
JOIN meta.source AS s ON s.source = f.source
WHERE len($units::VARCHAR[]) > 0
GROUP BY f.source, s.title, s.published, r.heading, r.reason
ORDER BY lower(s.title), set_aside DESC NULLS LAST, r.heading, r.reason
