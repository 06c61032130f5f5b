/*---
title: Room to think that was held
family: room_to_think
definition: Hours of supervision, reflection, team time and study that were held, as a share of those planned. What was cancelled was planned.
why_it_matters: When such hours are planned and then given up, pressure has won over what helps to bear it.
caveats: Hours that were never planned are not missed here; see room to think. Some rotas delete what did not take place. Sessions that ran over can bring it above 100 %.
harder: Time to think that gives way when a shift is short.
hindrance: leaders
could_help: Cover for it, so that it is the last thing to go.
help: team
lever: service
lever_is: protected time
unit: "%"
scale: 100
better: higher
window: 1
levels: [team, above]
refresh: monthly
disclosure: B
counts: hours
evidence: thin. Reasoned from what helps teams; not studied as a figure.
owner: E-rostering team
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    room_held_hours AS numerator,
    room_planned_hours AS denominator,
    people_with_room AS people,
    FALSE AS published
FROM core.rota_month
WHERE room_planned_hours > 0
