-- Where one indicator comes from: its sources, when they were last loaded, and what their checks said.
SELECT
    s.title,
    s.settled_to,
    s.complete_after_days,
    s.rows_read,
    s.rows_quarantined,
    s.files,
    s.published,
    (SELECT max(f.arrived) FROM meta.file AS f WHERE f.source = s.source AND f.outcome = 'accepted') AS loaded,
    count(DISTINCT e.about) FILTER (WHERE e.status = 'passed') AS passed,
    count(DISTINCT e.about) FILTER (WHERE e.status = 'failed' AND e.severity = 'warning') AS set_rows_aside,
    count(DISTINCT e.about) FILTER (WHERE e.status = 'failed' AND e.severity = 'info') AS noted
FROM meta.indicator AS i
JOIN meta.source AS s ON list_contains(i.sources, s.source)
LEFT JOIN (
    SELECT source, about, severity, max_by(status, status = 'failed') AS status
    FROM meta.expectation
    GROUP BY source, about, severity
) AS e ON e.source = s.source
WHERE i.indicator = $indicator
  AND len($units::VARCHAR[]) > 0
GROUP BY s.source, s.title, s.settled_to, s.complete_after_days, s.rows_read, s.rows_quarantined, s.files, s.published
ORDER BY s.title
