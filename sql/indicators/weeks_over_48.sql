/*---
title: Weeks over 48 hours
family: time_and_rest
definition: Weeks in which a person worked more than 48 hours, as a share of all the weeks that people worked. A week runs from Monday to Sunday and belongs to the month in which it ends.
why_it_matters: It shows early what the average over seventeen weeks shows late.
caveats: A single long week is not against any rule. Supervision, reflection, team time and study are working time. Counted with the team of the person's post at month end, or where they worked most that month. Weeks at either end of the rota that it holds only in part are left out.
harder: Gaps that are filled by the same people, week after week.
hindrance: leaders
could_help: A check before extra shifts are offered, and filling the posts behind them.
help: management
lever: service
lever_is: cover rules and extra shifts
unit: "%"
scale: 100
better: lower
window: 1
levels: [team, above]
refresh: monthly
disclosure: B
evidence: mixed. Long weekly hours did not go before more sickness in registers, since those who are well work more (BMC Health Services Research 2021).
owner: E-rostering team
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    home_month.team,
    person_week.month,
    count(*) FILTER (WHERE person_week.worked_minutes > 48 * 60) AS numerator,
    count(*) AS denominator,
    count(DISTINCT person_week.person) AS people,
    FALSE AS published
FROM core.person_week
JOIN core.home_month
    ON home_month.person = person_week.person
    AND home_month.month = person_week.month
WHERE person_week.duties > 0
GROUP BY home_month.team, person_week.month
