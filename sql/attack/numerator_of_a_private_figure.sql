-- numerator
-- a numerator or denominator beside a figure none of whose sources is public
SELECT indicator, unit, month
FROM mart.value
WHERE (numerator IS NOT NULL OR denominator IS NOT NULL)
  AND indicator NOT IN (
      SELECT indicator.indicator
      FROM meta.indicator
      JOIN meta.source ON list_contains(indicator.sources, source.source)
      WHERE source.published
  )
