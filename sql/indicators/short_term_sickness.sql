/*---
title: Short-term sickness
family: absence
definition: Full-time-equivalent days lost to absences of less than 28 days so far, as a share of the days available in the month.
why_it_matters: Many short absences often say that people do not get enough rest between shifts to recover.
caveats: Counted by how long each absence has lasted by the newest month that is covered. An absence that goes on past its 28th day moves whole to long-term sickness, in its earlier months too. Together the two make up sickness absence.
harder: Tiredness, infections going round, or days that are too much.
hindrance: human
could_help: Rest between shifts, and a friendly word on coming back.
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
evidence: strong. Runs of nights and short rests go before absences of a few days (Ropponen 2019; Vedaa 2017).
owner: Workforce analytics
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    fte_days_lost_short_term AS numerator,
    fte_days_available AS denominator,
    people,
    FALSE AS published
FROM core.absence_team_month
