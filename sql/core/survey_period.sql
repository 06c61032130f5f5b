-- When each wave was open, a row a wave. A wave is called by the month in which it closed.
SELECT
    month AS wave,
    min(opened) AS opened,
    max(closed) AS closed
FROM source.survey_waves
GROUP BY month
