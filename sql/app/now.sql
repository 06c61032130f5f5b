-- What there is to say of some indicators for some units: a row a month, in no order. Which month is the latest, and the
-- three years that led to it, are found in these (pages/parts/release/latest.py): asked in SQL, that takes three times as long.
WITH held AS MATERIALIZED (     -- a release holds many times as much: it is read through once
    SELECT indicator, unit, month, value, low, high, shown, settled
    FROM mart.value
    WHERE unit IN $of
      AND unit IN (SELECT unnest($units::VARCHAR[]))
      AND indicator IN $indicators
),
judged AS MATERIALIZED (
    SELECT
        indicator, unit, month, mean, lower, upper, segment, target, rule, moved, verdict, since, months, one_side, assurance, limits
    FROM mart.signal
    WHERE unit IN $of
      AND indicator IN $indicators
)
SELECT
    v.indicator, v.unit, v.month, v.value, v.low, v.high, v.shown, v.settled,
    s.mean, s.lower, s.upper, s.segment, s.target, s.rule, s.moved, s.verdict, s.since, s.months, s.one_side, s.assurance, s.limits
FROM held AS v
LEFT JOIN judged AS s
    ON s.indicator = v.indicator AND s.unit = v.unit AND s.month = v.month
