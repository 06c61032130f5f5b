/*---
title: What helps
family: helps
definition: The mean, over answer-sheets, of what each says of it in points of ten; the answers to reversed items are turned round, so that higher is always better.
why_it_matters: John Ballatt names five things that help. Each is something leaders can give.
caveats: From a questionnaire, of those who answered. The default questionnaire is our own and has not been validated. Needs 11 answers to every item. Compare a unit with its own waves first; never rank units by it.
unit: "of 10"
scale: 1
better: higher
window: 1
levels: [team, above]
refresh: wave
disclosure: A
counts: answers
evidence: thin. The five are John Ballatt’s; of regular reflection together small studies find less distress (BMC Health Services Research 2021).
owner: People team
next_review: 2027-06-30
status: live
front: false
constructs:
  for_each:
    title: Support for each person
    definition: Somewhere to take the feelings that the work brings up.
    beside: [return_conversations]
  team_setting:
    title: A team that thinks together
    definition: Regular time to think together about the work and each other.
    beside: [thinking_time, room_held]
  other_services:
    title: Working with other services
    definition: How easy it is to work with other services around a person and their family.
    beside: [redeployed_in]
  leadership:
    title: Leaders who know the work
    definition: Leaders who understand how hard the work is and act on it.
    beside: [roster_notice]
  management:
    title: Managers who lift pressure
    definition: Managers who take away distraction and pressure where they can.
    beside: [late_changes, missed_breaks, headroom_gap]
---*/
SELECT
    construct,
    team,
    wave AS month,
    total AS numerator,
    sheets AS denominator,
    people,
    FALSE AS published,
    sheets AS people_in_numerator,
    squares,
    positive,
    negative,
    answers
FROM core.survey_construct
WHERE part = 'helps'
