/*---
title: The circle as a whole
family: kindness
definition: The mean of all answers about the circle.
why_it_matters: The frames and what goes before are read from it.
caveats: Never shown as a number. The engine makes words and bands of it.
unit: "of 10"
scale: 1
better: higher
window: 1
levels: [team, above]
refresh: wave
disclosure: B
counts: answers
evidence: thin.
owner: People team
next_review: 2027-06-30
status: draft
front: false
---*/
SELECT
    team,
    wave AS month,
    total AS numerator,
    sheets AS denominator,
    sheets AS people,
    FALSE AS published,
    sheets AS people_in_numerator,
    squares,
    NULL AS positive,
    NULL AS negative,
    NULL AS answers
FROM core.survey_whole
