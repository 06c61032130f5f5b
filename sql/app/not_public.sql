-- The units of which something is held that is not already public: who answers for all of them answers for the release.
SELECT DISTINCT unit
FROM mart.value
WHERE people_band IS NOT NULL OR shown = 'protected'
ORDER BY unit
