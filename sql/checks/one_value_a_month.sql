-- two values of one indicator for the same unit and month
SELECT indicator, unit, month
FROM mart.value
GROUP BY indicator, unit, month
HAVING count(*) > 1
