/*---
title: Missed breaks
family: time_and_rest
definition: Duties of more than six hours with less than 20 minutes of rest noted, as a share of those duties for which a break was noted at all.
why_it_matters: A break is often the only time in a day to sit down together.
caveats: Breaks are seldom written down, so this speaks for few duties. Where every break of a team's month is the same length it was put in by a machine, and is taken as not noted.
harder: Nobody to take over, or a habit of going without.
hindrance: leaders
could_help: Cover for breaks named at the start of each shift.
help: team
lever: team
lever_is: cover for breaks
unit: "%"
scale: 100
better: lower
window: 1
levels: [team, above]
refresh: monthly
disclosure: B
counts: duties
evidence: thin. Twenty minutes in a day of more than six hours is the rule (Acas); effects on absence were not found.
owner: E-rostering team
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    breaks_missed AS numerator,
    breaks_noted AS denominator,
    people_with_breaks AS people,
    FALSE AS published
FROM core.rota_month
WHERE breaks_noted > 0
  -- One value for all was deducted, not taken.
  AND least_break < most_break
