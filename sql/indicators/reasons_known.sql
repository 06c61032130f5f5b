/*---
title: Sickness reasons known
family: absence
definition: Of all full-time-equivalent days lost to sickness in the last 12 months, the share with a reason recorded that says something. Blank, "unknown" (S99) and "other known causes" (S98) do not.
why_it_matters: Without reasons nobody can tell which absences the organisation could have made less likely.
caveats: It measures recording, not health. Below about 80 % the share of stress-related sickness cannot be relied on. Needs 12 covered months with people in post.
harder: Forms that ask for more than anyone has time to give.
hindrance: bureaucracy
could_help: A shorter form, and telling people what the answers are for.
help: management
lever: team
lever_is: recording of absence
unit: "%"
scale: 100
better: higher
window: 12
levels: [team, above]
refresh: quarterly
disclosure: A
counts: illness
part_of: [sickness_rate]
told_in: bands
evidence: thin. A measure of the records themselves; 80 % is our own mark.
owner: Workforce analytics
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    fte_days_lost_known_reason AS numerator,
    fte_days_lost AS denominator,
    people_off AS people,
    FALSE AS published,
    people_off_with_known_reason AS people_in_numerator
FROM core.absence_year
WHERE fte_days_lost > 0
