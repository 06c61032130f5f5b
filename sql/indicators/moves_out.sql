/*---
title: Moves out of the team
family: staying
definition: People who left the organisation or went to another team of it in the last 12 months, as a share of those in post; the mean of the headcounts 12 months ago and now.
why_it_matters: To those who stay, a colleague who moves next door is gone too. Many moves can be an early sign that a team is hard to stay in.
caveats: A move may be a promotion, or good planning. A move is seen from one month end to the next, so one there and back within a month is not. Above the team this adds up its teams; a move between two of them still counts.
harder: People looking for relief, or for room to grow, in another team.
hindrance: leaders
could_help: Asking those who move what they were looking for.
help: leadership
lever: service
lever_is: development and moves
unit: "%"
scale: 100
better: neither
window: 12
levels: [team, above]
refresh: quarterly
disclosure: B
counts: departures
evidence: thin. Our own measure.
owner: Workforce analytics
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    leavers + moves_to_other_teams AS numerator,
    mean_people AS denominator,
    fewest_people AS people,
    FALSE AS published
FROM core.leaving_year
