-- The queries between sources and indicators, and what each reads.
SELECT
    fact, reads, sql
FROM meta.fact
WHERE len($units::VARCHAR[]) > 0
ORDER BY fact
