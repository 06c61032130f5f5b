/*---
title: Rest under 11 hours
family: time_and_rest
definition: Rests of four hours or more but less than eleven between the end of a duty and the start of the same person's next, for every 100 duties worked. All the person's duties count, in any team and on the bank, with the team of the later duty. The actual times count where they are known.
why_it_matters: Whoever is back within eleven hours sleeps about an hour less, and less well.
caveats: Rests are hours gone by, so the night on which the clocks change counts as it was lived. Eleven hours exactly is not short. Under four hours is one duty in two parts. Exceptions with a rest later on exist; this says nothing about the law. Duties without a staff number are in the total, and their rests are unknown.
harder: Lates followed by earlies in the template, or shifts that run over.
hindrance: leaders
could_help: A template without lates before earlies, and swaps that are checked for rest.
help: management
lever: service
lever_is: rota template
unit: "per 100 shifts"
scale: 100
better: lower
window: 1
levels: [team, above]
refresh: monthly
disclosure: B
counts: duties
evidence: strong. Each short rest goes before more sick leave in the month after (Vedaa 2017), and before injuries within two days (Nielsen 2019).
owner: E-rostering team
next_review: 2027-06-30
status: live
front: true
---*/
SELECT
    rota_month.team,
    rota_month.month,
    coalesce(short_rest_month.short_rests, 0) AS numerator,
    rota_month.worked_duties AS denominator,
    rota_month.people,
    FALSE AS published
FROM core.rota_month
LEFT JOIN core.short_rest_month
    ON short_rest_month.team = rota_month.team
    AND short_rest_month.month = rota_month.month
WHERE rota_month.worked_duties > 0
