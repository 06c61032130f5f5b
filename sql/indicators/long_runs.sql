/*---
title: Long runs without a day off
family: time_and_rest
definition: Runs of work that reached six days, or four nights, without one off between, for every 100 people who worked in the team that month. A run is counted once, in the month in which it gets that long, with the team of that day.
why_it_matters: Rest comes from days off in a row; long runs put it off.
caveats: A day is worked if a duty starts on it, in any team; a night is a duty that starts from 19:00 on or before 04:00. Six nights in a row count as a run of nights and as a run of days. Some people ask for runs, to have longer breaks after them.
harder: Gaps that are filled with the same people's days off.
hindrance: leaders
could_help: A limit on days in a row in the template, and a check before extra shifts are offered.
help: management
lever: service
lever_is: rota template
unit: "per 100 people-months"
scale: 100
better: lower
window: 1
levels: [team, above]
refresh: monthly
disclosure: B
counts: duties
evidence: strong. Four and more nights in a row go before short absences (Ropponen 2019).
owner: E-rostering team
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    rota_month.team,
    rota_month.month,
    coalesce(run_month.runs, 0) AS numerator,
    rota_month.people AS denominator,
    rota_month.people,
    FALSE AS published
FROM core.rota_month
LEFT JOIN core.run_month
    ON run_month.team = rota_month.team
    AND run_month.month = rota_month.month
WHERE rota_month.people > 0
