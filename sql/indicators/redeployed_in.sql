/*---
title: Borrowed from other teams
family: cover
definition: Hours worked in the team on duties of other teams, as a share of all hours worked there.
why_it_matters: Help from elsewhere is help, and a sign that the team's own cover was short.
caveats: Neither good nor bad by itself. Above a team the teams are added up, so a move within a service counts. Many rotas lose these moves; a month in which no rota notes any is no data.
harder: Gaps here that other teams are asked to fill.
hindrance: specialisation
could_help: An agreement between teams about who helps whom, and when.
help: services
lever: service
lever_is: cover between teams
unit: "%"
scale: 100
better: neither
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
    borrowed_hours AS numerator,
    worked_hours AS denominator,
    people,
    FALSE AS published
FROM core.worked_here_month
WHERE worked_hours > 0
  AND lending_noted
