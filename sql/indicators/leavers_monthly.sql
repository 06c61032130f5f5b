/*---
title: Leavers in the month
family: staying
definition: People who left the organisation in one month, as a share of its staff; the mean of the headcounts at the month's start and end. From the public return.
why_it_matters: It shows how your organisation's leaving compares with its own past, from figures that are already public.
caveats: One month, not a year; about 1 % is usual. Resident doctors are left out of the return. Whoever goes from one organisation of the NHS to another has left the first. Do not compare it with the leaver rate, which counts otherwise.
harder: Strain that has lasted, work elsewhere, or the end of fixed terms.
hindrance: society
could_help: Asking people what would make them stay, and acting on one thing that they name.
help: leadership
lever: organisation
lever_is: pay, posts and what work is like
unit: "%"
scale: 100
better: lower
window: 1
levels: [above]
refresh: monthly
disclosure: B
counts: departures
evidence: mixed. Staff who feel engaged stay (190 trusts, 2009 to 2020).
owner: Workforce analytics
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    leavers AS numerator,
    (headcount_at_start + headcount_at_end) / 2 AS denominator,
    CAST(NULL AS BIGINT) AS people,
    TRUE AS published
FROM core.turnover_month
