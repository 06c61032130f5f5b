-- derived
-- limits that follow from a numerator and a denominator which are not public
SELECT prime.indicator, prime.unit, prime.month
FROM mart.prime
ANTI JOIN mart.value
       ON value.indicator = prime.indicator AND value.unit = prime.unit AND value.month = prime.month
      AND value.shown = 'yes' AND value.numerator IS NOT NULL AND value.people_band IS NULL
