/*---
title: Response
family: kindness
definition: Answer-sheets that count, of those who could have answered when the wave closed.
why_it_matters: Where few answer, the answers may not speak for the team; and not answering may itself say something of trust.
caveats: Never shown as a number. The engine makes words and bands of it.
unit: "%"
scale: 100
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
WITH sheets AS (
    SELECT
        team,
        wave,
        count(*) AS sheets
    FROM core.survey_sheet
    GROUP BY team, wave
)
SELECT
    asked.team,
    asked.wave AS month,
    coalesce(sheets.sheets, 0) AS numerator,
    asked.eligible AS denominator,
    coalesce(sheets.sheets, 0) AS people,
    FALSE AS published
FROM core.survey_asked AS asked
LEFT JOIN sheets
    ON sheets.team = asked.team
    AND sheets.wave = asked.wave
WHERE asked.wave IN (SELECT wave FROM core.survey_sheet)
