-- Where two sources contradict each other, newest month first: the people concerned where they are not few, rounded.
SELECT
    month, kind, what, why, people, looked_at
FROM meta.agreement
WHERE len($units::VARCHAR[]) > 0
ORDER BY kind, month DESC
