-- derived
-- how answers fall, where their score is not shown; the band is of its least answered question, and says nothing of their number
SELECT answer.construct AS indicator, answer.unit, answer.wave AS month
FROM mart.answer
ANTI JOIN mart.value
       ON value.indicator = answer.construct AND value.unit = answer.unit AND value.month = answer.wave AND value.shown = 'yes'
