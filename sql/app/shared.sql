-- What all teams did together beyond season: in the chosen month or, with none chosen, in each indicator's newest. It holds
-- for everyone, so whoever may see anything is told.
SELECT
    s.indicator, s.month, s.moved
FROM mart.shared AS s
JOIN meta.indicator AS i ON i.indicator = s.indicator AND i.status = 'live'
WHERE s.month = coalesce($month::DATE, s.month)
  AND len($units::VARCHAR[]) > 0
QUALIFY row_number() OVER (PARTITION BY s.indicator ORDER BY s.month DESC) = 1
ORDER BY s.indicator
