/*---
title: Long shifts
family: time_and_rest
definition: Duties of twelve hours or more from start to end, as a share of duties worked. The actual times count where they are known, else the planned ones; breaks are not taken off.
why_it_matters: Long days leave little of the evening, and tiredness adds up over a week.
caveats: Many people choose long days. Talk about them; do not ban them.
harder: A template built on twelve hours, or shifts that run over.
hindrance: leaders
could_help: Shifts whose length the team has agreed, and handovers that fit inside them.
help: management
lever: service
lever_is: rota template
unit: "%"
scale: 100
better: lower
window: 1
levels: [team, above]
refresh: monthly
disclosure: B
counts: duties
evidence: strong. Weeks of mostly long shifts go before sickness (Dall'Ora 2019, 601,282 shifts).
owner: E-rostering team
next_review: 2027-06-30
status: live
front: true
---*/
SELECT
    team,
    month,
    long_duties AS numerator,
    worked_duties AS denominator,
    people,
    FALSE AS published
FROM core.rota_month
WHERE worked_duties > 0
