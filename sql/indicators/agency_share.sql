/*---
title: Agency share
family: cover
definition: Hours worked by agency staff as a share of all hours worked, told by how the duty was filled, never by grade.
why_it_matters: New faces need to be shown round, and the team has to know one another afresh.
caveats: Agency staff without a staff number bring hours, but are not among the people counted. A low share may also mean that nobody could be found.
harder: Posts that stay empty, or a bank too small for the gaps, so that strangers fill them.
hindrance: leaders
could_help: Filling posts, a bank with known faces, and telling early what will be short.
help: management
lever: organisation
lever_is: recruitment and the bank
unit: "%"
scale: 100
better: lower
window: 1
levels: [team, above]
refresh: monthly
disclosure: B
counts: hours
evidence: thin. Common practice in rostering; no study was found that we could rest on.
owner: E-rostering team
next_review: 2027-06-30
status: live
front: true
---*/
SELECT
    team,
    month,
    agency_hours AS numerator,
    worked_hours AS denominator,
    people,
    FALSE AS published
FROM core.rota_month
WHERE worked_hours > 0
