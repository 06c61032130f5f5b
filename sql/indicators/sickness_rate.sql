/*---
title: Sickness absence
family: absence
definition: Full-time-equivalent days lost to sickness, as a share of those available in the month. Every day of an absence counts, working day or not.
why_it_matters: Absence that rises and stays up is often the first sign of a team that cannot recover.
caveats: Late entry lowers the newest month. A very low figure may mean that absence is not recorded.
harder: Work that wears down, winter, or waiting for treatment.
hindrance: human
could_help: Looking at rest, cover and room to think together, before looking at absence alone.
help: support
lever: service
lever_is: workload and support
unit: "%"
scale: 100
better: lower
window: 1
levels: [team, above]
refresh: monthly
disclosure: B
counts: absences
evidence: strong. Long shifts, short rests and runs of nights go before sickness (Dall'Ora 2019; Vedaa 2017; Ropponen 2019).
owner: Workforce analytics
next_review: 2027-06-30
status: live
front: true
---*/
SELECT
    team,
    month,
    fte_days_lost AS numerator,
    fte_days_available AS denominator,
    people,
    published
FROM core.absence_month
