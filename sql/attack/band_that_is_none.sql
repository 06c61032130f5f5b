-- fine
-- people told in another way than by the bands that all releases use
SELECT indicator, unit, month
FROM mart.value
WHERE people_band IS NOT NULL
  AND people_band NOT IN ('11–15', '16–20', '21–30', '31–50', '51–100', '101+')
