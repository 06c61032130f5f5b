-- Which release this is, by whose rules it was judged, how fresh it is, and how far each of its sources has settled.
SELECT
    r.release,
    r.built_at,
    r.version,
    r.as_of,
    r.profile,
    r.settled_to,
    r.synthetic,
    (
        SELECT coalesce(list({'title': s.title, 'settled_to': s.settled_to} ORDER BY s.title), [])
        FROM meta.source AS s
        WHERE s.settled_to IS NOT NULL
    ) AS sources
FROM meta.release AS r
WHERE len($units::VARCHAR[]) > 0
