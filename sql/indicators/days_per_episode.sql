/*---
title: Days per sickness episode
family: absence
definition: Full-time-equivalent days lost for each absence that ended in the last 12 months, over the whole of its length.
why_it_matters: Absences that grow longer may mean that people wait longer for treatment, or that the way back to work is hard.
caveats: One long absence can decide a team's figure, and it counts only once it has ended. It is a mean; most absences are shorter. People off are counted among the fewest people in post in any of the 12 months. Needs 12 covered months with people in post.
harder: Work that is hard to come back to, or waiting for treatment and adjusted duties.
hindrance: human
could_help: An early, friendly word, phased returns, and duties that can be adjusted.
help: support
lever: organisation
lever_is: occupational health and return to work
unit: FTE days
scale: 1
better: lower
window: 12
levels: [team, above]
refresh: quarterly
disclosure: A
counts: illness
evidence: thin. It says how long recovery takes, not what made people ill.
owner: Workforce analytics
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    fte_days_of_episodes_ended AS numerator,
    episodes_ended AS denominator,
    fewest_people AS people,
    FALSE AS published,
    people_with_episodes_ended AS people_in_numerator
FROM core.absence_year
WHERE episodes_ended > 0
