-- the share that agrees with something whose score is not shown
SELECT agree.indicator, agree.unit, agree.month
FROM mart.value AS agree
JOIN meta.indicator ON indicator.indicator = agree.indicator AND indicator.family = 'agreement'
ANTI JOIN mart.value AS score
       ON score.indicator || '.agree' = agree.indicator AND score.unit = agree.unit AND score.month = agree.month AND score.shown = 'yes'
WHERE agree.shown = 'yes'
