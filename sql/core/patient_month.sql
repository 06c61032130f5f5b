-- Patients counted at midnight, added up: a row a team and month. Nights that were not counted add nothing.
SELECT
    team,
    month,
    sum(midnight_patients) AS midnight_patients
FROM source.patients
GROUP BY team, month
