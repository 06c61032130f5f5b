/*---
title: Care hours per patient day
family: cover
definition: Hours worked by registered and care staff for each patient counted at midnight. Only units that count patients. On a rota these are the hours worked on the unit, by whomever, without supernumerary staff.
why_it_matters: It says how much time there is for each patient, whatever the number of beds.
caveats: The midnight count misses patients who come and go by day. Nights without a count make it read too high. Compare a ward with its own past; by itself it says nothing about safety.
harder: More patients, or patients who need more, than the establishment was set for.
hindrance: society
could_help: Setting the establishment from what patients need now, and saying what cannot be done.
help: management
lever: organisation
lever_is: establishment
unit: "hours per patient day"
scale: 1
better: neither
window: 1
levels: [team, above]
refresh: monthly
disclosure: B
counts: hours
evidence: mixed. National guidance asks for it as a description, not as a standard.
owner: E-rostering team
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    caring_hours AS numerator,
    midnight_patients AS denominator,
    people,
    published
FROM core.care_month
