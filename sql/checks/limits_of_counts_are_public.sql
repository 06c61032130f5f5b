-- limits that follow from numerators and denominators, of a month in which these do not stand in the release
SELECT prime.indicator, prime.unit, prime.month
FROM mart.prime
LEFT JOIN mart.value USING (indicator, unit, month)
LEFT JOIN mart.signal USING (indicator, unit, month)
WHERE NOT coalesce(value.shown = 'yes' AND value.numerator IS NOT NULL AND value.denominator IS NOT NULL, false)
   OR signal.unit IS NULL
