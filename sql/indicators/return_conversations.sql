/*---
title: Conversations on return
family: absence
definition: Of the absences that ended with a return to work in the last 3 months, the share with a conversation recorded on the last day off or in the 7 days after it.
why_it_matters: Someone who asks how you are, and what would help, makes coming back easier.
caveats: It measures recording as much as care. Absences that ended in the last week before the data stops are not counted yet, nor those that ended by leaving. Where nobody in the organisation has one recorded there is no figure. Never shown by manager.
harder: No time set aside, or a conversation that feels like a check.
hindrance: bureaucracy
could_help: Ten minutes of welcome, with what would help written down by the person who comes back.
help: support
lever: team
lever_is: time for conversations
unit: "%"
scale: 100
better: higher
window: 3
levels: [above]
refresh: quarterly
disclosure: A
counts: illness
evidence: thin. Guidance asks for a timely conversation; 7 days is our own mark.
owner: Workforce analytics
next_review: 2027-06-30
status: live
front: false
---*/
SELECT
    team,
    month,
    conversations_held AS numerator,
    episodes_ended AS denominator,
    people,
    FALSE AS published,
    people_with_conversation AS people_in_numerator
FROM core.conversation_quarter
