/*---
title: Long-term sickness
family: absence
definition: Full-time-equivalent days lost in the last 3 months to absences of 28 days or more so far, as a share of the days available in them.
why_it_matters: A few long absences can leave a small team short for months. What they need is cover, and a way back for those who are off.
caveats: Told above teams, when a quarter ends, for in a team one person’s illness would decide it, and how long somebody is off is nobody else’s business. Counted by how long each absence has lasted by the newest month that is covered; one that reaches its 28th day moves here whole. Needs 3 covered months with people in post.
harder: Work that hurts or wears down, waiting for treatment, or duties that cannot be adjusted.
hindrance: human
could_help: An early, friendly word, phased returns, and duties that can be adjusted.
help: support
lever: organisation
lever_is: occupational health and return to work
unit: "%"
scale: 100
better: lower
window: 3
levels: [above]
refresh: quarterly
disclosure: A
counts: illness
part_of: [sickness_rate]
evidence: mixed. Evening work and runs of five nights go before absences of 30 days in Danish data, not everywhere (Larsen 2020).
owner: Workforce analytics
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    fte_days_lost_long_term AS numerator,
    fte_days_available AS denominator,
    fewest_people AS people,
    FALSE AS published,
    people_off_for_long AS people_in_numerator
FROM core.absence_quarter
