/*---
title: Vacancy rate
family: staying
definition: Funded full-time equivalents without anybody in post at the month end, as a share of those funded.
why_it_matters: Posts that stand empty are work that others do, or that is left undone.
caveats: Below zero means more in post than funded. Staff on maternity leave, career breaks and rotation fill their posts; bank staff fill none, so it does not say who covers. The budget and the staff list must be of the same month and call the team alike. A team with no funded posts, or without anybody in post, has no rate.
harder: Fewer people to be had, slow approvals, or posts that are held open.
hindrance: society
could_help: Quicker approvals, and telling the team what is being done about each post.
help: management
lever: organisation
lever_is: establishment and recruitment
unit: "%"
scale: 100
better: lower
window: 1
levels: [team, above]
refresh: monthly
disclosure: B
counts: posts
told_in: posts
evidence: mixed. Working below plan goes before sickness (Dall'Ora 2024); establishments are known to be unreliable.
owner: Workforce analytics
next_review: 2027-06-30
status: live
front: true
---*/
SELECT
    team,
    month,
    funded_fte - fte_in_post AS numerator,
    funded_fte AS denominator,
    people,
    FALSE AS published
FROM core.vacancy_month
