-- What the posts of a team are contracted for: a row a team and month. Posts that are not worked (maternity leave, career
-- break, seconded out) give nothing, and whoever joins or leaves in the month gives the days in post.
SELECT
    team,
    month,
    sum(fte_days) / date_diff('day', month, month + INTERVAL 1 MONTH) AS fte,
    sum(fte_days) * CAST(37.5 AS DOUBLE) / 7 AS contracted_hours,
    count(DISTINCT person) AS people
FROM core.post_month
WHERE fte_days > 0
GROUP BY team, month
