/*---
title: Sickness episodes
family: absence
definition: Absences that began in the last 12 months for each full-time equivalent in post, as the mean of the 12 month ends. Absences that overlap or follow each other without a day between are one.
why_it_matters: How often people fall ill and how long they stay away tell different stories. Often and briefly may mean too little time to recover.
caveats: Part-time staff count as one person off and less than one in post, so a team with many of them reads higher. One who is off from two posts of the same team is off once. Staff on maternity leave and career breaks are in post. Needs 12 covered months with people in post.
harder: Tiredness, infections going round, or days that are too much.
hindrance: human
could_help: Rest between shifts, and a friendly word on coming back.
help: support
lever: service
lever_is: workload and support
unit: for each FTE a year
scale: 1
better: lower
window: 12
levels: [team, above]
refresh: monthly
disclosure: B
counts: absences
evidence: strong. Long shifts, short rests and runs of nights go before new absences (Dall'Ora 2019; Vedaa 2017; Ropponen 2019).
owner: Workforce analytics
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    episodes_begun AS numerator,
    mean_fte AS denominator,
    fewest_people AS people,
    FALSE AS published
FROM core.absence_year
