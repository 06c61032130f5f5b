/*---
title: The virtuous circle
family: kindness
definition: The mean, over answer-sheets, of what each says of it in points of ten; the answers to reversed items are turned round, so that higher is always better.
why_it_matters: Kindness is a collective task. Kinship promotes it, it directs attentiveness, that enables attunement, which builds trust, which generates a therapeutic alliance, which produces better outcomes; and the whole reinforces the conditions for kinship.
caveats: From a questionnaire, of those who answered. The default questionnaire is our own and has not been validated. Needs 11 answers to every item. Compare a unit with its own waves first; never rank units by it.
unit: "of 10"
scale: 1
better: higher
window: 1
levels: [team, above]
refresh: wave
disclosure: A
counts: answers
evidence: thin. The circle is John Ballatt’s; that kindness built into an alliance goes with better recovery is argued in the literature (Campling 2015), not measured by this questionnaire.
owner: People team
next_review: 2027-06-30
status: live
front: false
constructs:
  kinship:
    title: Kinship
    definition: Whether patients, families and staff are met as people like us.
    beside: []
  kindness:
    title: Kindness
    definition: Whether people go out of their way for one another, above all in a hard time.
    beside: []
  attentiveness:
    title: Attentiveness
    definition: Whether there is time and headspace to notice how each person is.
    beside: [lone_working, excess_hours]
  attunement:
    title: Attunement
    definition: Whether what is done is adjusted to what each person feels and needs.
    beside: [continuity]
  trust:
    title: Trust
    definition: Whether it is safe to be honest, and people can rely on what they are told.
    beside: []
  alliance:
    title: Therapeutic alliance
    definition: Whether plans are made with people, who can tell that the team is on their side.
    beside: [continuity]
  outcomes:
    title: Better outcomes
    definition: Whether the care given is such as one can be proud of.
    beside: [fill_rate, chppd]
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
WHERE part = 'circle'
