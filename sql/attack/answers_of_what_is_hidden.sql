-- derived
-- how answers fall, where their score is not shown or so few answered that each of them shows
SELECT answer.construct AS indicator, answer.unit, answer.wave AS month
FROM mart.answer
ANTI JOIN mart.value
       ON value.indicator = answer.construct AND value.unit = answer.unit AND value.month = answer.wave AND value.shown = 'yes'
      AND value.people_band NOT IN ('11–15', '16–20')
