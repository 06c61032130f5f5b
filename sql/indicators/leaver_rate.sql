/*---
title: Leaver rate
family: staying
definition: People who left the organisation in the last 12 months, as a share of those in post; the mean of the headcounts 12 months ago and now.
why_it_matters: Each person who leaves takes with them what they knew of patients and of each other. Others carry the work until somebody new has learned it.
caveats: A move to another team is not leaving. The end of a fixed term, a transfer, and bank and rotational posts are not counted. Maternity leave and career breaks are in post. A team that is younger than 12 months, or has closed, has no figure and adds none to those above. Above the team, one with posts in two teams counts in both. In a small team one person moves it a long way.
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
part_of: [moves_out]
evidence: mixed. Staff who feel engaged stay (190 trusts, 2009 to 2020); long shifts go with meaning to leave (Dall'Ora 2015).
owner: Workforce analytics
next_review: 2027-06-30
status: live
front: true
---*/
SELECT
    team,
    month,
    leavers AS numerator,
    mean_people AS denominator,
    fewest_people AS people,
    FALSE AS published
FROM core.leaving_year
