-- a change between two waves of a survey that does not follow from two scores that are shown
SELECT score.indicator, score.unit, score.wave
FROM mart.score
LEFT JOIN mart.value AS after
       ON after.indicator = score.indicator AND after.unit = score.unit AND after.month = score.wave AND after.shown = 'yes'
LEFT JOIN mart.value AS before
       ON before.indicator = score.indicator AND before.unit = score.unit AND before.month = score.before AND before.shown = 'yes'
WHERE (score.before IS NULL AND coalesce(score.moved, score.moved_low, score.moved_high) IS NOT NULL)
   OR (score.before IS NULL) <> (score.called IS NULL)
   OR (score.before IS NOT NULL AND coalesce(abs(after.value - before.value - score.moved) > 0.051, true))
