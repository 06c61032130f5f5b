-- What is expected of each source, how its files answered, and what is feared where it fails.
SELECT
    source, about, severity,
    any_value(why) AS why,
    count(*) FILTER (WHERE status <> 'not applicable') AS files,
    count(*) FILTER (WHERE status = 'failed') AS failed,
    count(*) FILTER (WHERE status = 'error') AS errors,
    sum(unexpected)::BIGINT AS unexpected
FROM meta.expectation
WHERE len($units::VARCHAR[]) > 0
GROUP BY source, about, severity
ORDER BY source, failed + errors = 0, list_position(['critical', 'warning', 'info'], severity), about
