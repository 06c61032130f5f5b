/*---
title: Freedom from what hinders
family: hinders
definition: The mean, over answer-sheets, of what each says of it in points of ten; the answers to reversed items are turned round, so that higher is always better.
why_it_matters: John Ballatt names seven things that make kindness hard. Most of them are conditions that somebody above the team can change.
caveats: From a questionnaire, of those who answered. The default questionnaire is our own and has not been validated. Needs 11 answers to every item. Compare a unit with its own waves first; never rank units by it.
unit: "of 10"
scale: 1
better: higher
window: 1
levels: [team, above]
refresh: wave
disclosure: A
counts: answers
evidence: thin. The seven are John Ballatt’s; several have measured neighbours in the rota and in absence.
owner: People team
next_review: 2027-06-30
status: live
front: false
constructs:
  being_human:
    title: From being only human
    definition: Freedom from feelings so hard that one has to switch off.
    beside: [stress_share, short_rests]
  hard_to_be_kin:
    title: From people hard to be kin to
    definition: Freedom from having to keep one’s distance from some people.
    beside: [lone_working]
  troubled_team:
    title: From a troubled team
    definition: Freedom from tensions inside the team that get in the way of the work.
    beside: [moves_out, leaver_rate]
  specialisation:
    title: From specialisation
    definition: Freedom from people being passed between services with no one holding the whole.
    beside: [continuity, redeployed_out]
  over_shoulders:
    title: From looking over our shoulders
    definition: Freedom from worry about checks, records or blame.
    beside: [late_changes]
  organisation:
    title: From decisions made above
    definition: Freedom from decisions above the team that make it harder to care well.
    beside: [vacancy_rate, roster_notice]
  society:
    title: From doing the impossible
    definition: Freedom from being expected to do more than is possible.
    beside: [excess_hours, unfilled_shifts, missed_breaks]
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
WHERE part = 'hinders'
