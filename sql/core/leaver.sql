-- Who left the organisation, a row a person, team and last month there (private). The end of a bank, rotational or
-- fixed-term post and a transfer are not leaving, nor is the end of one post while another goes on.
SELECT
    person,
    team,
    month,
    sum(contracted_fte) AS fte
FROM core.post_end AS gone
WHERE contract NOT IN ('bank', 'rotational')
  AND reason NOT IN ('end_of_fixed_term', 'transfer')
  AND NOT EXISTS (
      SELECT 1
      FROM core.post_snapshot AS other
      LEFT JOIN core.post_end AS other_end
          ON other_end.assignment = other.assignment
          AND other_end.month = other.month
      WHERE other.person = gone.person
        AND other.month = gone.month
        AND other.assignment <> gone.assignment
        AND other_end.assignment IS NULL
  )
GROUP BY person, team, month
