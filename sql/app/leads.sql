-- Over all teams: what goes with pressure so many months before, and what may be said of it.
SELECT
    r.outcome, i.title, r.reading, r.lag, r.team_count, r.points,
    list({'lag': l.lag, 'correlation': l.correlation, 'low': l.low, 'high': l.high} ORDER BY l.lag)
        FILTER (WHERE l.correlation IS NOT NULL) AS lags
FROM mart.lead_reading AS r
LEFT JOIN mart.lead AS l ON l.outcome = r.outcome
LEFT JOIN meta.indicator AS i ON i.indicator = r.outcome
WHERE len($units::VARCHAR[]) > 0
GROUP BY ALL
ORDER BY r.outcome
