/*---
title: Stress-related sickness
family: absence
definition: Of all full-time-equivalent days lost to sickness in the last 12 months, the share recorded as anxiety, stress, depression or other psychiatric illness (S10).
why_it_matters: A share that grows while sickness stays the same says that the load on people has changed, whatever it comes from.
caveats: S10 is not "work stress". It takes in every cause, at home or at work, and the records cannot tell them apart. Read it beside the share of reasons known. Where reasons are seldom recorded it reads too low. An absence with several reasons counts under the one with the most days. Needs 12 covered months with people in post.
harder: More asked than can be done, and too little room to speak of what is hard.
hindrance: human
could_help: Someone to talk to, a team that makes room for it, and less to do.
help: support
lever: organisation
lever_is: workload and support
unit: "%"
scale: 100
better: lower
window: 12
levels: [team, above]
refresh: quarterly
disclosure: A
counts: illness
part_of: [reasons_known]
evidence: mixed. About 29 % of days lost in the English NHS in June 2025. What shares of it come from work is not known.
owner: Workforce analytics
next_review: 2027-06-30
status: live
front: true
---*/
SELECT
    team,
    month,
    fte_days_lost_stress AS numerator,
    fte_days_lost AS denominator,
    people_off AS people,
    FALSE AS published,
    people_off_with_stress AS people_in_numerator
FROM core.absence_year
WHERE fte_days_lost > 0
