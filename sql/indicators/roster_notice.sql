/*---
title: Rosters six weeks ahead
family: time_and_rest
definition: Rosters that staff could see at least 42 days before they began, as a share of the rosters that began in the month. Of several publications the first counts.
why_it_matters: Notice lets people plan their lives, and swap in time.
caveats: Counted in days of the calendar. A date stamped by an automatic import is not a publication, and cannot be told from one. Few rosters begin in a month, so a single team's figure jumps. People are those who worked in the team in that month.
harder: Late approvals, and templates that are settled again every month.
hindrance: bureaucracy
could_help: An approval calendar that counts back from six weeks.
help: management
lever: organisation
lever_is: rota approval calendar
unit: "%"
scale: 100
better: higher
window: 1
levels: [team, above]
refresh: monthly
disclosure: B
counts: rosters
evidence: thin. Six weeks is what guidance asks for; studies of lead time exist (Drake 2018), and US retail work points the same way.
owner: E-rostering team
next_review: 2027-06-30
status: live
front: true
---*/
SELECT
    team,
    month,
    in_good_time AS numerator,
    periods AS denominator,
    people,
    FALSE AS published
FROM core.roster_period_month
WHERE periods > 0
