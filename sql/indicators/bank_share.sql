/*---
title: Bank share
family: cover
definition: Hours worked by bank staff as a share of all hours worked, told by how the duty was filled, never by grade.
why_it_matters: Bank hours keep a team going. They are often the team's own people working more.
caveats: Neither good nor bad by itself. Own staff on the bank are extra hours, not extra people; see hours over contract.
harder: An establishment set below the work, or absence that the rota has no room for.
hindrance: leaders
could_help: Posts where the same gap comes back every month.
help: management
lever: organisation
lever_is: establishment and the bank
unit: "%"
scale: 100
better: neither
window: 1
levels: [team, above]
refresh: monthly
disclosure: B
counts: hours
evidence: thin. Common practice in rostering; no study was found that we could rest on.
owner: E-rostering team
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    bank_hours AS numerator,
    worked_hours AS denominator,
    people,
    FALSE AS published
FROM core.rota_month
WHERE worked_hours > 0
