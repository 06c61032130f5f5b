/*---
title: People over 48 hours a week
family: time_and_rest
definition: People who worked more than 48 hours a week on average over the seventeen whole weeks up to the month's end, as a share of those whose rota reaches back that far and who worked in those weeks. Days of leave and sickness are taken out of the weeks.
why_it_matters: Hours that stay this high for four months leave no room to recover.
caveats: Weeks run from Monday to Sunday. Supervision, reflection, team time and study are working time. It includes people who have opted out of the limit, and a second job elsewhere is not seen. A month of the rota that never arrived lowers it. Counted with the team of the person's post at month end, or where they worked most that month.
harder: Gaps that are filled by the same people, again and again.
hindrance: leaders
could_help: A check before extra shifts are offered, and filling the posts behind them.
help: management
lever: service
lever_is: cover rules and extra shifts
unit: "%"
scale: 100
better: lower
window: 4
levels: [team, above]
refresh: quarterly
disclosure: A
counts: people
part_of: [weeks_over_48]
told_in: bands
evidence: mixed. Long weekly hours did not go before more sickness in registers, since those who are well work more (BMC Health Services Research 2021); the limit itself is a matter of safety (Acas).
owner: E-rostering team
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    count(*) FILTER (WHERE over_48) AS numerator,
    count(*) AS denominator,
    count(*) AS people,
    FALSE AS published,
    count(*) FILTER (WHERE over_48) AS people_in_numerator
FROM core.weekly_hours
GROUP BY team, month
