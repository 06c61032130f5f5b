/*---
title: Weeks over 48 hours
family: time_and_rest
definition: Weeks in which a person worked more than 48 hours, as a share of all the weeks that people worked in the last 12 months. A week runs from Monday to Sunday and belongs to the month in which it ends.
why_it_matters: Weeks far over contract that come back all year are rest that nobody gets back.
caveats: A single long week is not against any rule. Told over a year and when a quarter ends, since it says of a few people how long they work. Supervision, reflection, team time and study are working time. Counted with the team of the person's post at month end, or where they worked most that month. Weeks at either end of the rota that it holds only in part are left out. Needs 12 months of the team's rota.
harder: Gaps that are filled by the same people, week after week.
hindrance: leaders
could_help: A check before extra shifts are offered, and filling the posts behind them.
help: management
lever: service
lever_is: cover rules and extra shifts
unit: "%"
scale: 100
better: lower
window: 12
levels: [team, above]
refresh: quarterly
disclosure: A
counts: people
evidence: mixed. Long weekly hours did not go before more sickness in registers, since those who are well work more (BMC Health Services Research 2021).
owner: E-rostering team
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    weeks_over_48 AS numerator,
    weeks_worked AS denominator,
    fewest_people AS people,
    FALSE AS published,
    people_with_weeks_over_48 AS people_in_numerator
FROM core.long_week_year
