-- a wave of a survey is spoken of for a unit of which nothing of it is shown
SELECT wave.unit, wave.wave
FROM mart.wave
WHERE NOT EXISTS (
    SELECT 1
    FROM mart.value
    JOIN meta.indicator ON indicator.indicator = value.indicator AND indicator.refresh = 'wave'
    WHERE value.unit = wave.unit AND value.month = wave.wave AND value.shown = 'yes'
)
