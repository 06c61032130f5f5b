-- What is expected of each source, how its files answered, and what is feared where it fails. Rows are NULL where they are few;
-- in a sum few counts as 5.
SELECT
    e.source, about, severity,
    any_value(why) AS why,
    any_value(s.published) AS published,
    count(*) FILTER (WHERE status <> 'not applicable') AS files,
    count(*) FILTER (WHERE status = 'failed') AS failed,
    count(*) FILTER (WHERE status = 'error') AS errors,
    (CASE WHEN count(*) > count(unexpected) THEN nullif(sum(coalesce(unexpected, 5)), 5) ELSE sum(unexpected) END)::BIGINT AS unexpected
FROM meta.expectation AS e
JOIN meta.source AS s ON s.source = e.source
WHERE len($units::VARCHAR[]) > 0
GROUP BY e.source, about, severity
ORDER BY e.source, failed + errors = 0, list_position(['critical', 'warning', 'info'], severity), about
