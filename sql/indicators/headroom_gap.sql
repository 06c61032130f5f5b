/*---
title: Headroom gap
family: cover
definition: Hours of leave, sickness, study and other time off on the rota beyond what the budget expects, as points of contracted hours. Below zero, fewer were off than the budget expects.
why_it_matters: Time off that the budget does not foresee is covered by those who are there.
caveats: Headroom is a choice made in the budget, not a norm. Contracted hours are the full-time week of 37.5 hours times people's share of it, for the days in post; posts that are not worked, as in maternity leave, are left out of both.
harder: An establishment that leaves less room for leave, study and sickness than they take.
hindrance: leaders
could_help: Setting headroom from what is really taken.
help: management
lever: organisation
lever_is: the headroom in the establishment
unit: "points"
scale: 100
better: lower
window: 1
levels: [team, above]
refresh: monthly
disclosure: B
counts: hours
evidence: thin. Whether budgets are realistic is disputed (Drake 2018).
owner: E-rostering team
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    contract_month.team,
    contract_month.month,
    rota_month.absent_hours
        - establishment_month.budgeted_headroom / 100 * contract_month.contracted_hours AS numerator,
    contract_month.contracted_hours AS denominator,
    contract_month.people,
    FALSE AS published
FROM core.contract_month
JOIN core.rota_month
    ON rota_month.team = contract_month.team
    AND rota_month.month = contract_month.month
JOIN core.establishment_month
    ON establishment_month.team = contract_month.team
    AND establishment_month.month = contract_month.month
WHERE establishment_month.budgeted_headroom IS NOT NULL
