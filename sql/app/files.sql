-- Each file that arrived, newest first: what became of it, in a sentence and in rows.
SELECT
    source, file, arrived, outcome, sentence, rows_read, rows_accepted, rows_quarantined, rows_left_out,
    from_month, to_month, replaced
FROM meta.file
WHERE len($units::VARCHAR[]) > 0
ORDER BY arrived DESC, file
