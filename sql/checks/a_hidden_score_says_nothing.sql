-- something is said of a survey's score that is not shown
SELECT said.indicator, said.unit, said.wave
FROM (
    SELECT indicator, unit, wave FROM mart.score
    UNION ALL
    SELECT construct, unit, wave FROM mart.answer
) AS said
ANTI JOIN mart.value
       ON value.indicator = said.indicator AND value.unit = said.unit AND value.month = said.wave AND value.shown = 'yes'
