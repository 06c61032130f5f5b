/*---
title: Leave untaken
family: time_and_rest
definition: Annual leave earned so far in people's leave years and not yet taken, as a share of the whole year's entitlement. Below zero, more has been taken than earned.
why_it_matters: Leave that is put off is rest that is put off, and comes back as a crowd at the year's end.
caveats: Easter and August make it rise and fall. Leave is taken to be earned evenly from the first to the last day of the leave year, which differs between people. Leave that is booked and still to come is untaken.
harder: Rotas too tight to let people go, or leave that is hard to book.
hindrance: leaders
could_help: Planning leave through the year, and cover for it in the template.
help: management
lever: service
lever_is: leave planning
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
front: true
---*/
SELECT
    team,
    month,
    untaken_hours AS numerator,
    entitlement_hours AS denominator,
    people,
    FALSE AS published
FROM core.leave_month
WHERE entitlement_hours > 0
