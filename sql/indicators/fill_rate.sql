/*---
title: Fill rate
family: cover
definition: Hours worked on required duties as a share of the hours planned for them, registered and care staff, day and night together. Unpaid breaks are taken off both. Duties that were cancelled, additional or supernumerary are left out.
why_it_matters: Hours that nobody fills are carried by those who are there.
caveats: Above 100 % is often extra observation, not plenty. Planned hours are sometimes edited down afterwards. Nothing planned and nothing worked is no data. People are those who worked in the team that month.
harder: Posts that stay empty, absence, or a template that asks for more than there are people.
hindrance: leaders
could_help: Filling posts, agreeing what is left undone when short, and asking the team what would ease it.
help: management
lever: organisation
lever_is: establishment and recruitment
unit: "%"
scale: 100
better: higher
window: 1
levels: [team, above]
refresh: monthly
disclosure: B
counts: hours
evidence: strong. Working below plan goes before sickness among care staff (Dall'Ora 2024).
owner: E-rostering team
next_review: 2027-06-30
status: live
front: true
---*/
SELECT
    team,
    month,
    worked_hours AS numerator,
    planned_hours AS denominator,
    people,
    published
FROM core.staffing_month
