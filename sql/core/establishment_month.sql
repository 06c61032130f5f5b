-- Posts that there is money for, a row a team and month. Teams that were merged add up.
SELECT
    team,
    month,
    sum(funded_fte) AS funded_fte,
    -- of two merged teams, weighted by their posts
    sum(budgeted_headroom * funded_fte)
        / nullif(sum(CASE WHEN budgeted_headroom IS NOT NULL THEN funded_fte END), 0) AS budgeted_headroom
FROM source.establishment
GROUP BY team, month
