-- derived
-- a survey's wave of a unit of which no score is shown in it
SELECT '' AS indicator, wave.unit, wave.wave AS month
FROM mart.wave
WHERE NOT EXISTS (
    SELECT 1
    FROM mart.value
    JOIN meta.indicator ON indicator.indicator = value.indicator AND indicator.refresh = 'wave'
    WHERE value.unit = wave.unit AND value.month = wave.wave AND value.shown = 'yes'
)
