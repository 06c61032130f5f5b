/*---
title: Short-term sickness
family: absence
definition: Full-time-equivalent days lost in the last 3 months to absences of less than 28 days so far, as a share of the days available in them.
why_it_matters: Many short absences often say that people do not get enough rest between shifts to recover.
caveats: Told above teams, when a quarter ends, for with sickness absence beside it it would tell who is off for long. Counted by how long each absence has lasted by the newest month that is covered. An absence that goes on past its 28th day moves whole to long-term sickness; together the two make up the sickness absence of the 3 months. Needs 3 covered months with people in post.
harder: Tiredness, infections going round, or days that are too much.
hindrance: human
could_help: Rest between shifts, and a friendly word on coming back.
help: support
lever: service
lever_is: workload and support
unit: "%"
scale: 100
better: lower
window: 3
levels: [above]
refresh: quarterly
disclosure: A
counts: illness
part_of: [sickness_rate]
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
    fewest_people AS people,
    FALSE AS published,
    people_off_briefly AS people_in_numerator
FROM core.absence_quarter
