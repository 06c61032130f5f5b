/*---
title: Working alone
family: cover
definition: Hours of duties that the rota marks as worked alone, as a share of all hours worked.
why_it_matters: Alone, nobody is there to ask, to share a hard moment with, or to see when it gets too much.
caveats: Visiting people at home is lone by design; compare a team with its own past only. A duty without a mark is taken as worked with others; a month in which no rota marks any is no data.
harder: A template that counts on one person where two would feel safe.
hindrance: leaders
could_help: Pairing shifts, and a colleague within call.
help: management
lever: service
lever_is: rota template
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
    lone_hours AS numerator,
    worked_hours AS denominator,
    people,
    FALSE AS published
FROM core.rota_month
WHERE worked_hours > 0
  AND lone_noted
