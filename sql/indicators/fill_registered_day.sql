/*---
title: Fill rate, registered, day
family: cover
definition: Hours worked on required duties of registered staff by day as a share of the hours planned for them. A duty is a night if it was to start from 19:00 on or before 04:00.
why_it_matters: The whole fill rate can hide that one kind of duty, or the nights, go short.
caveats: Above 100 % is often extra observation, not plenty. Planned hours are sometimes edited down afterwards. A unit that plans no such duties has no figure. People are those who worked such duties that month.
harder: Registered posts that stay empty, or absence by day.
hindrance: leaders
could_help: Filling posts, and agreeing what is left undone on short days.
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
evidence: strong. A shortage of registered nurses goes before sickness among those who work with them (Dall'Ora 2024).
owner: E-rostering team
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    day_worked_hours AS numerator,
    day_planned_hours AS denominator,
    day_people AS people,
    published
FROM core.cover_month
WHERE registered
  -- A return is shown as it is, its zeros too.
  AND (day_planned_hours > 0 OR published)
