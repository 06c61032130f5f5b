/*---
title: Weekend shifts
family: time_and_rest
definition: Duties that start on a Saturday or Sunday, as a share of duties worked.
why_it_matters: Weekends are when families and friends are free; they are worth sharing fairly.
caveats: It follows from what the service is open for, and months differ in their number of weekends.
harder: Weekends that fall on few, or a service that has grown at weekends.
hindrance: leaders
could_help: Sharing weekends by agreement.
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
counts: duties
evidence: thin. Common practice in describing working time (Härmä 2015).
owner: E-rostering team
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    weekend_duties AS numerator,
    worked_duties AS denominator,
    people,
    FALSE AS published
FROM core.rota_month
WHERE worked_duties > 0
