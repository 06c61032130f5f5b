-- One indicator of one unit, month by month, with what may be said of each month.
SELECT
    v.month, v.value, v.low, v.high, v.numerator, v.denominator, v.shown, v.settled,
    s.mean, s.lower, s.upper, s.segment, s.fixed_after, s.target, s.rule, s.moved, s.since, s.months, s.one_side, s.assurance, s.limits,
    coalesce(s.verdict, 'not_judged') AS verdict,
    p.method AS prime, p.lower AS prime_lower, p.upper AS prime_upper
FROM mart.value AS v
LEFT JOIN mart.signal AS s
    ON s.indicator = v.indicator AND s.unit = v.unit AND s.month = v.month
LEFT JOIN mart.prime AS p
    ON p.indicator = v.indicator AND p.unit = v.unit AND p.month = v.month
WHERE v.indicator = $indicator
  AND v.unit = $unit
  AND v.unit IN (SELECT unnest($units::VARCHAR[]))
ORDER BY v.month
