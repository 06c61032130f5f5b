/*---
title: Hours over contract
family: time_and_rest
definition: Hours that people worked beyond their contract in the month, as a share of their contracted hours. A person's work in all teams and on the bank counts, and time off and study as rostered. Staying on counts from 15 minutes a duty. Nobody's hours under contract are set against another's.
why_it_matters: Extra hours are given out of somebody's rest.
caveats: Counted with the team of the person's post. A contract is the full-time week of 37.5 hours times the person's share of it, for the days in post that month; hours planned unevenly over the months show as more in one and fewer in the next. Where nobody clocks, the planned end is taken, and staying on goes unseen. Only people who are on a rota.
harder: More work than the rota has hours for, so that people stay on to finish it.
hindrance: leaders
could_help: Taking work away or adding hours, and letting shifts end on time.
help: management
lever: service
lever_is: establishment and workload
unit: "%"
scale: 100
better: lower
window: 1
levels: [team, above]
refresh: monthly
disclosure: B
counts: hours
evidence: mixed. Longer hours can go with less sickness, since those who are well work more (BMC Health Services Research 2021).
owner: E-rostering team
next_review: 2027-06-30
status: live
front: true
---*/
SELECT
    team,
    month,
    sum(greatest(0, counted_hours - contracted_hours)) AS numerator,
    sum(contracted_hours) AS denominator,
    count(*) AS people,
    FALSE AS published
FROM core.person_hours
GROUP BY team, month
