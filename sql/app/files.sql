-- Each file that arrived, newest first: what became of it, in a sentence and in rows.
SELECT
    f.source, file, arrived, outcome, sentence, f.rows_read, f.rows_accepted, f.rows_quarantined, f.rows_left_out,
    from_month, to_month, replaced, coalesce(s.published, true) AS published
FROM meta.file AS f
LEFT JOIN meta.source AS s ON s.source = f.source
WHERE len($units::VARCHAR[]) > 0
ORDER BY arrived DESC, file
