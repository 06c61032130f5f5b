-- Each source in an earlier and in a later release: its files and rows, how far it is settled, and the files that came or went.
SELECT
    coalesce(l.title, e.title) AS title,
    e.files AS files_were, l.files AS files_are,
    e.rows_accepted AS rows_were, l.rows_accepted AS rows_are,
    e.rows_quarantined AS set_aside_were, l.rows_quarantined AS set_aside_are,
    e.settled_to AS settled_was, l.settled_to AS settled_is,
    coalesce(e.published, true) AND coalesce(l.published, true) AS published
FROM earlier.meta.source AS e
FULL JOIN later.meta.source AS l ON l.source = e.source
WHERE len($units::VARCHAR[]) > 0
  AND (e.source IS NULL OR l.source IS NULL OR e.files <> l.files
    OR e.rows_accepted IS DISTINCT FROM l.rows_accepted
    OR e.rows_quarantined IS DISTINCT FROM l.rows_quarantined OR e.settled_to IS DISTINCT FROM l.settled_to)
ORDER BY 1
