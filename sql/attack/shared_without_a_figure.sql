-- derived
-- what all teams did together of an indicator of which nothing is shown in that month
SELECT shared.indicator, '' AS unit, shared.month
FROM mart.shared
ANTI JOIN mart.value ON value.indicator = shared.indicator AND value.month = shared.month AND value.shown = 'yes'
