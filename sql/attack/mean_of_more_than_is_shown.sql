-- derived
-- a mean that lies outside of all that is shown of its unit
WITH shown AS (
    SELECT indicator, unit, min(value) AS least, max(value) AS most
    FROM mart.value
    WHERE shown = 'yes'
    GROUP BY ALL
)
SELECT signal.indicator, signal.unit, signal.month
FROM mart.signal
JOIN shown USING (indicator, unit)
WHERE signal.mean < least - 0.01 OR signal.mean > most + 0.01
