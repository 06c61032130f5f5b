/*---
title: Unfilled shifts
family: cover
definition: Required duties that nobody came to work, as a share of all required duties.
why_it_matters: A duty that stays empty is shared out among those who are there.
caveats: Duties that were cancelled because they were not needed are not counted. Some rotas delete what they could not fill. People are those who worked in the team that month.
harder: Posts that stay empty, absence, or shifts offered too late to be taken.
hindrance: leaders
could_help: Filling posts, offering shifts earlier, and agreeing what is left undone.
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
counts: duties
evidence: strong. Working below plan goes before sickness among care staff (Dall'Ora 2024).
owner: E-rostering team
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    unfilled_duties AS numerator,
    required_duties AS denominator,
    people,
    FALSE AS published
FROM core.rota_month
WHERE required_duties > 0
