/*---
title: Room to think
family: room_to_think
definition: Hours of supervision, reflection, team time and study that were held, for each full-time post worked in the month.
why_it_matters: Kindness needs time to think together about work that is hard. These hours are often the first to go.
caveats: Only what stands on the rota is seen. From the first month in which a team's rota plans such hours; before that nothing is known. Posts that are not worked, as in maternity leave, are left out.
harder: Rotas without room for supervision, reflective practice or team time.
hindrance: leaders
could_help: An hour in the template that is the last thing to go.
help: team
lever: service
lever_is: protected time
unit: "hours per FTE"
scale: 1
better: higher
window: 1
levels: [team, above]
refresh: monthly
disclosure: B
counts: hours
evidence: thin. People who came to Schwartz Rounds regularly were less distressed after eight months, in a small study (BMC Health Services Research 2021).
owner: E-rostering team
next_review: 2027-06-30
status: live
front: true
---*/
WITH since AS (
    SELECT
        team,
        min(month) AS first_month
    FROM core.rota_month
    WHERE room_planned_hours > 0
    GROUP BY team
)
SELECT
    rota_month.team,
    rota_month.month,
    rota_month.room_held_hours AS numerator,
    contract_month.fte AS denominator,
    contract_month.people,
    FALSE AS published
FROM core.rota_month
JOIN since
    ON since.team = rota_month.team
    AND since.first_month <= rota_month.month
JOIN core.contract_month
    ON contract_month.team = rota_month.team
    AND contract_month.month = rota_month.month
