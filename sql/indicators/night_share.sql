/*---
title: Night hours
family: time_and_rest
definition: Hours worked between 23:00 and 06:00 by the clock on the wall, as a share of all hours worked. Breaks are taken off evenly over the duty.
why_it_matters: Nights ask more of the body than days, and are worth sharing fairly.
caveats: It follows from what the service is open for. It says nothing about how fairly nights are shared.
harder: Nights that fall on few, or a service that has grown at night.
hindrance: leaders
could_help: Sharing nights by agreement, with rest after them.
help: management
lever: service
lever_is: rota template
unit: "%"
scale: 100
better: neither
window: 1
levels: [team, above]
refresh: monthly
disclosure: B
counts: hours
evidence: mixed. Single nights go before calling in sick (Larsen 2023); over longer times findings conflict (Dall'Ora 2020).
owner: E-rostering team
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    night_hours AS numerator,
    worked_hours AS denominator,
    people,
    FALSE AS published
FROM core.rota_month
WHERE worked_hours > 0
