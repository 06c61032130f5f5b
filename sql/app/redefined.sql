-- Indicators that are new in a later release, gone from it, or say or reckon something else.
SELECT
    coalesce(l.title, e.title) AS title,
    CASE
        WHEN e.indicator IS NULL THEN 'new'
        WHEN l.indicator IS NULL THEN 'gone'
        WHEN e.sql <> l.sql THEN 'reckoned otherwise'
        ELSE 'described otherwise'
    END AS change
FROM earlier.meta.indicator AS e
FULL JOIN later.meta.indicator AS l ON l.indicator = e.indicator
WHERE len($units::VARCHAR[]) > 0
  AND (
      e.indicator IS NULL OR l.indicator IS NULL OR e.sql <> l.sql OR e.title <> l.title OR e.definition <> l.definition
      OR e.caveats <> l.caveats OR e.better <> l.better OR e.status <> l.status OR e.disclosure <> l.disclosure
  )
ORDER BY 1
