-- a numerator or denominator of an indicator none of whose sources is public
SELECT value.indicator, value.unit, value.month
FROM mart.value
WHERE (value.numerator IS NOT NULL OR value.denominator IS NOT NULL)
  AND value.indicator NOT IN (
      SELECT indicator.indicator
      FROM meta.indicator
      JOIN meta.source ON list_contains(indicator.sources, source.source)
      WHERE source.published
  )
