-- fine
-- a number of people, where two sources contradict each other, that is not to the nearest five or is of too few
SELECT kind AS indicator, '' AS unit, month
FROM meta.agreement
WHERE people % 5 <> 0 OR people < 10 OR looked_at % 5 <> 0 OR looked_at < 10
