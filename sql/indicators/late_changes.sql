/*---
title: Late changes
family: time_and_rest
definition: Duties that a manager or the system changed less than seven days before they were to start, as a share of the duties worked or cancelled.
why_it_matters: Plans made around a rota, for children, for rest, for one another, fall through when it moves.
caveats: Swaps that staff ask for are not counted, and changes after the start are put down to keeping the record right. Only the last change of a duty is known, so earlier ones are hidden. A month in which no rota notes any change is no data.
harder: Gaps found late, so that rotas are mended at people's expense.
hindrance: bureaucracy
could_help: Finding gaps earlier, and asking before moving anyone.
help: management
lever: service
lever_is: rota approval and cover rules
unit: "%"
scale: 100
better: lower
window: 1
levels: [team, above]
refresh: monthly
disclosure: B
counts: duties
evidence: thin. Short notice goes with distress and lost sleep in US retail work (Schneider and Harknett 2019); health care was not studied.
owner: E-rostering team
next_review: 2027-06-30
status: live
front: true
---*/
SELECT
    team,
    month,
    changed_within_7_days AS numerator,
    changeable_duties AS denominator,
    people_changeable AS people,
    FALSE AS published
FROM core.rota_month
WHERE changeable_duties > 0
  AND changes_noted
