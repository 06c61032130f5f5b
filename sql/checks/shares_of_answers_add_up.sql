-- a survey's distribution that does not add up to about a hundred, or has a group missing
SELECT unit, wave, construct
FROM mart.answer
GROUP BY unit, wave, construct
HAVING count(*) <> 3 OR abs(sum(share) - 100) > 10
