-- derived
-- something said of a survey's score that is not shown, or of a wave before that is not
WITH shown AS (
    SELECT indicator, unit, month AS wave FROM mart.value WHERE shown = 'yes'
)
SELECT indicator, unit, wave AS month
FROM mart.score
ANTI JOIN shown USING (indicator, unit, wave)
UNION
SELECT score.indicator, score.unit, score.wave
FROM mart.score
ANTI JOIN shown ON shown.indicator = score.indicator AND shown.unit = score.unit AND shown.wave = score.before
WHERE score.before IS NOT NULL OR score.moved IS NOT NULL OR score.moved_low IS NOT NULL OR score.moved_high IS NOT NULL
