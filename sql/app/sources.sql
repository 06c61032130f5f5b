-- Each source: its files, where its rows went, and why some were set aside or left out. Rows are NULL where they are
-- few; in a sum few counts as 5.
WITH reason AS (
    SELECT
        source,
        trim(r.heading || ' ' || r.reason) AS reason,
        CASE WHEN count(*) > count(r."rows") THEN nullif(sum(coalesce(r."rows", 5)), 5) ELSE sum(r."rows") END AS "rows"
    FROM (
        SELECT source, unnest(set_aside) AS r
        FROM meta.file
        WHERE outcome = 'accepted' AND NOT replaced
    )
    GROUP BY ALL
)
SELECT
    s.source, s.title, s.owner, s.settled_to, s.files, s.rows_read, s.rows_accepted, s.rows_quarantined,
    s.rows_left_out, s.complete_after_days, s.published,
    (
        SELECT coalesce(list({'reason': reason.reason, 'rows': reason."rows"} ORDER BY reason."rows" DESC NULLS LAST, reason.reason), [])
        FROM reason
        WHERE reason.source = s.source
    ) AS reasons,
    (SELECT count(*) FROM meta.file AS f WHERE f.source = s.source AND f.outcome = 'refused') AS refused,
    (SELECT max(f.arrived) FROM meta.file AS f WHERE f.source = s.source AND f.outcome = 'accepted') AS arrived,
    (SELECT max(f.to_month) FROM meta.file AS f WHERE f.source = s.source AND f.outcome = 'accepted') AS to_month
FROM meta.source AS s
WHERE len($units::VARCHAR[]) > 0
ORDER BY lower(s.title)
