-- derived
-- a signal, with a mean or limits or without, of a figure that is not shown
SELECT signal.indicator, signal.unit, signal.month
FROM mart.signal
ANTI JOIN mart.value
       ON value.indicator = signal.indicator AND value.unit = signal.unit AND value.month = signal.month AND value.shown = 'yes'
