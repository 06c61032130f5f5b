/*---
title: Stability
family: staying
definition: Of the people in the team 12 months ago, the share who are in it now.
why_it_matters: Trust grows between people who have worked together for a while.
caveats: Not the leaver rate turned round. Newcomers who go again within the year lower only the leaver rate, and a move to another team lowers only this. One who went and came back counts as there. Above the team this adds up its teams, so a move between two of them lowers it. Bank and rotational posts are not counted.
harder: Strain that has lasted, work elsewhere, or little room to grow.
hindrance: society
could_help: Asking people what would make them stay, and acting on one thing that they name.
help: leadership
lever: organisation
lever_is: pay, posts and what work is like
unit: "%"
scale: 100
better: higher
window: 12
levels: [team, above]
refresh: quarterly
disclosure: B
counts: departures
evidence: mixed. Where nurses stay, doctors stay too (190 trusts, 2009 to 2020).
owner: Workforce analytics
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    people_who_stayed AS numerator,
    people_before AS denominator,
    people_before AS people,
    FALSE AS published
FROM core.stayed_year
