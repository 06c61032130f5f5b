-- a signal on a month that is not settled, not shown, or of a rolling window
SELECT signal.indicator, signal.unit, signal.month
FROM mart.signal
LEFT JOIN mart.value USING (indicator, unit, month)
LEFT JOIN meta.indicator USING (indicator)
WHERE NOT coalesce(value.settled AND value.shown = 'yes' AND indicator."window" = 1, false)
