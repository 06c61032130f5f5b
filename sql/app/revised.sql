-- The figures of one indicator that were settled in an earlier release and are another in a later one, newest month first.
WITH name AS (
    SELECT unit, arg_max(title, from_month) AS title
    FROM later.meta.unit
    GROUP BY unit
)
SELECT
    l.month, l.unit, e.value AS was, l.value AS is_now,
    coalesce(es.verdict, 'not_judged') AS verdict_was,
    coalesce(ls.verdict, 'not_judged') AS verdict_now,
    name.title
FROM earlier.mart.value AS e
JOIN later.mart.value AS l ON l.indicator = e.indicator AND l.unit = e.unit AND l.month = e.month
LEFT JOIN earlier.mart.signal AS es ON es.indicator = e.indicator AND es.unit = e.unit AND es.month = e.month
LEFT JOIN later.mart.signal AS ls ON ls.indicator = l.indicator AND ls.unit = l.unit AND ls.month = l.month
LEFT JOIN name ON name.unit = l.unit
WHERE l.indicator = $indicator
  AND l.unit IN (SELECT unnest($units::VARCHAR[]))
  AND e.settled
  AND ((e.shown = 'yes' AND l.shown = 'yes' AND e.value <> l.value) OR es.verdict <> ls.verdict)
ORDER BY l.month DESC, lower(name.title), l.unit
LIMIT 500
