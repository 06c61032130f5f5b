/*---
title: Leaver rate, FTE
family: staying
definition: Full-time equivalents of the posts that people left in the last 12 months when they left the organisation, as a share of those in post; the mean of 12 months ago and now.
why_it_matters: It says how much working time went, where the leaver rate says how many people.
caveats: Differs from the leaver rate where those who leave work other hours than those who stay. Never put the two on one line. Counted and left out as in the leaver rate.
harder: Strain that has lasted, work elsewhere, or little room to grow.
hindrance: society
could_help: Asking people what would make them stay, and acting on one thing that they name.
help: leadership
lever: organisation
lever_is: pay, posts and what work is like
unit: "%"
scale: 100
better: lower
window: 12
levels: [team, above]
refresh: quarterly
disclosure: B
counts: departures
part_of: [leaver_rate]
evidence: mixed. Staff who feel engaged stay (190 trusts, 2009 to 2020); long shifts go with meaning to leave (Dall'Ora 2015).
owner: Workforce analytics
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    leavers_fte AS numerator,
    mean_fte AS denominator,
    fewest_people AS people,
    FALSE AS published
FROM core.leaving_year
