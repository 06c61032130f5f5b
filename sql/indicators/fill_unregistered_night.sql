/*---
title: Fill rate, care, night
family: cover
definition: Hours worked on required duties of care staff by night as a share of the hours planned for them. A duty is a night if it was to start from 19:00 on or before 04:00. Care staff are all who are not registered.
why_it_matters: The whole fill rate can hide that one kind of duty, or the nights, go short.
caveats: Above 100 % is often extra observation, not plenty. Planned hours are sometimes edited down afterwards. A unit that plans no such duties has no figure. People are those who worked such duties that month.
harder: Care posts that stay empty, or nights that nobody can be found for.
hindrance: leaders
could_help: Filling posts, and sharing nights more evenly between services.
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
part_of: [fill_rate]
evidence: mixed. For registered nurses a shortage goes before sickness among colleagues; for care staff no such effect was found (Dall'Ora 2024).
owner: E-rostering team
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    night_worked_hours AS numerator,
    night_planned_hours AS denominator,
    night_people AS people,
    published
FROM core.cover_month
WHERE NOT registered
  -- A return is shown as it is, its zeros too.
  AND (night_planned_hours > 0 OR published)
