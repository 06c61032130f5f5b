-- pressure beside kindness that rests on a hidden score of the circle, on a chance told finely, or on no word about strain
WITH circle AS (
    SELECT frame.unit, frame.wave, bool_and(value.shown = 'yes' AND score.benchmark IS NOT NULL) AS complete
    FROM mart.frame
    JOIN mart.value ON value.unit = frame.unit AND value.month = frame.wave AND value.shown IN ('yes', 'protected')
    JOIN meta.indicator ON indicator.indicator = value.indicator AND indicator.family = 'kindness' AND indicator.refresh = 'wave'
    LEFT JOIN mart.score ON score.indicator = value.indicator AND score.unit = value.unit AND score.wave = value.month
    GROUP BY ALL
),
strain AS (
    SELECT
        frame.unit,
        frame.wave,
        count(DISTINCT strain.month) FILTER (WHERE strain.month BETWEEN from_month AND to_month) AS months,
        coalesce(bool_or(strain.since <= to_month AND strain.verdict IN ('likely_strain', 'clear_strain')), false) AS strained,
        flatten(list(strain.because) FILTER (WHERE strain.since <= to_month)) AS reasons
    FROM mart.frame
    LEFT JOIN mart.strain ON strain.unit = frame.unit AND strain.month >= from_month
    GROUP BY ALL
)
SELECT frame.unit, frame.wave
FROM mart.frame
LEFT JOIN circle USING (unit, wave)
LEFT JOIN strain USING (unit, wave)
WHERE NOT coalesce(circle.complete, false)
   OR frame.chance NOT IN (50, 80, 90, 95)
   OR (frame.pressure <> 'not_clear' AND strain.months = 0)
   OR (frame.pressure = 'strain' AND NOT strain.strained)
   OR NOT list_has_all(coalesce(strain.reasons, []), frame.because)
