-- derived
-- pressure beside kindness, where a part of the circle is not shown, or a reason is not
WITH circle AS (
    SELECT value.unit, value.month AS wave, bool_and(value.shown = 'yes') AS whole
    FROM mart.value
    JOIN meta.indicator USING (indicator)
    WHERE indicator.family = 'kindness' AND value.shown IN ('yes', 'protected')
    GROUP BY ALL
),
reason AS (
    SELECT unit, wave, from_month, to_month, unnest(because) AS indicator FROM mart.frame
)
SELECT '' AS indicator, frame.unit, frame.wave AS month
FROM mart.frame
ANTI JOIN circle ON circle.unit = frame.unit AND circle.wave = frame.wave AND circle.whole
UNION
SELECT reason.indicator, reason.unit, reason.wave
FROM reason
WHERE NOT EXISTS (
    SELECT 1
    FROM mart.value
    WHERE value.indicator = reason.indicator
      AND value.unit = reason.unit
      AND value.month BETWEEN reason.from_month - INTERVAL 12 MONTH AND reason.to_month + INTERVAL 12 MONTH
      AND value.shown = 'yes'
)
