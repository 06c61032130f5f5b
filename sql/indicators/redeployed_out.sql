/*---
title: Lent to other teams
family: cover
definition: Hours of the team's duties that were worked in another team, as a share of the hours of all its duties worked.
why_it_matters: Whoever is sent elsewhere leaves a gap, and starts afresh among people they know less.
caveats: It helps the other team; look at both sides. Above a team the teams are added up, so a move within a service counts. Many rotas lose these moves; a month in which no rota notes any is no data.
harder: Being the team that others are covered from.
hindrance: specialisation
could_help: An agreement between teams about who helps whom, and giving back what was lent.
help: services
lever: service
lever_is: cover between teams
unit: "%"
scale: 100
better: lower
window: 1
levels: [team, above]
refresh: monthly
disclosure: B
counts: hours
evidence: thin. No study was found that we could rest on.
owner: E-rostering team
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    lent_hours AS numerator,
    worked_hours AS denominator,
    people,
    FALSE AS published
FROM core.rota_month
WHERE worked_hours > 0
  AND lending_noted
