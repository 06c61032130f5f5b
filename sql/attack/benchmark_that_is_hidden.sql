-- derived
-- a score beside that of an organisation which is not shown, or is shown as another
WITH RECURSIVE climb AS (
    SELECT DISTINCT score.unit, score.wave, score.unit AS above FROM mart.score
    UNION
    SELECT climb.unit, climb.wave, spell.parent
    FROM climb
    JOIN meta.unit AS spell
      ON spell.unit = climb.above AND climb.wave BETWEEN spell.from_month AND coalesce(spell.to_month, climb.wave)
    WHERE spell.parent IS NOT NULL
)
SELECT score.indicator, score.unit, score.wave AS month
FROM mart.score
WHERE score.benchmark IS NOT NULL
  AND NOT EXISTS (
      SELECT 1
      FROM climb
      JOIN mart.value
        ON value.unit = climb.above AND value.month = climb.wave AND value.indicator = score.indicator AND value.shown = 'yes'
      WHERE climb.unit = score.unit AND climb.wave = score.wave AND abs(value.value - score.benchmark) < 0.06
  )
