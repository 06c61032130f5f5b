-- What became of each indicator's figures from an earlier release to a later one: months added, settled figures revised, figures
-- that are shown now and were not, or the other way round, and verdicts that changed.
SELECT
    coalesce(l.indicator, e.indicator) AS indicator,
    coalesce(any_value(li.title), any_value(ei.title)) AS title,
    count(*) FILTER (WHERE e.month IS NULL AND l.shown = 'yes') AS added,
    count(*) FILTER (WHERE e.shown = 'yes' AND l.shown = 'yes' AND e.settled AND e.value <> l.value) AS revised,
    count(*) FILTER (WHERE e.shown = 'yes' AND l.shown = 'yes' AND NOT e.settled AND e.value <> l.value) AS completed,
    count(*) FILTER (WHERE e.month IS NOT NULL AND e.shown <> 'yes' AND l.shown = 'yes') AS now_shown,
    count(*) FILTER (WHERE e.shown = 'yes' AND coalesce(l.shown, '') <> 'yes') AS not_shown,
    count(*) FILTER (WHERE es.verdict <> ls.verdict) AS verdicts
FROM earlier.mart.value AS e
FULL JOIN later.mart.value AS l ON l.indicator = e.indicator AND l.unit = e.unit AND l.month = e.month
LEFT JOIN earlier.mart.signal AS es ON es.indicator = e.indicator AND es.unit = e.unit AND es.month = e.month
LEFT JOIN later.mart.signal AS ls ON ls.indicator = l.indicator AND ls.unit = l.unit AND ls.month = l.month
LEFT JOIN earlier.meta.indicator AS ei ON ei.indicator = e.indicator
LEFT JOIN later.meta.indicator AS li ON li.indicator = l.indicator
WHERE coalesce(l.unit, e.unit) IN (SELECT unnest($units::VARCHAR[]))
GROUP BY 1
HAVING added + revised + completed + now_shown + not_shown + verdicts > 0
ORDER BY 2
