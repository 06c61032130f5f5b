/*---
title: Long-term sickness
family: absence
definition: Full-time-equivalent days lost to absences of 28 days or more so far, as a share of the days available in the month.
why_it_matters: A few long absences can leave a small team short for months. What they need is cover, and a way back for those who are off.
caveats: Counted by how long each absence has lasted by the newest month that is covered. An absence that reaches its 28th day moves here whole, so recent months can still change. In a small team one person's illness decides the figure; it says little about the conditions there.
harder: Work that hurts or wears down, waiting for treatment, or duties that cannot be adjusted.
hindrance: human
could_help: An early, friendly word, phased returns, and duties that can be adjusted.
help: support
lever: organisation
lever_is: occupational health and return to work
unit: "%"
scale: 100
better: lower
window: 1
levels: [team, above]
refresh: monthly
disclosure: B
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
    people,
    FALSE AS published
FROM core.absence_team_month
