/*---
title: Continuity of team
family: cover
definition: Hours worked by people whose own post is in the team, their bank work for it included, as a share of all hours worked.
why_it_matters: People who know one another and those they care for need fewer words to do the right thing.
caveats: A person's post is that of the staff extract at month end. Whoever left in the month counts as not of the team. Months without a staff extract are no data, and so are teams in which nobody has a post.
harder: People moved between teams to fill gaps, so that nobody knows whom they work with.
hindrance: specialisation
could_help: A steady core of the same people on each rota, and fewer moves.
help: team
lever: service
lever_is: rota template
unit: "%"
scale: 100
better: higher
window: 1
levels: [team, above]
refresh: monthly
disclosure: B
counts: hours
evidence: thin. Reasoned from what helps teams; not studied as a figure.
owner: E-rostering team
next_review: 2027-06-30
status: live
front: false
---*/
WITH own AS (
    SELECT
        duty_person_month.team,
        duty_person_month.month,
        sum(duty_person_month.worked_minutes) / 60 AS worked_hours
    FROM core.duty_person_month
    WHERE EXISTS (
        SELECT 1
        FROM core.post_month
        WHERE post_month.person = duty_person_month.person
          AND post_month.team = duty_person_month.team
          AND post_month.month = duty_person_month.month
          AND post_month.at_month_end
    )
    GROUP BY duty_person_month.team, duty_person_month.month
)
SELECT
    rota_month.team,
    rota_month.month,
    coalesce(own.worked_hours, 0) AS numerator,
    rota_month.worked_hours AS denominator,
    rota_month.people,
    FALSE AS published
FROM core.rota_month
LEFT JOIN own
    ON own.team = rota_month.team
    AND own.month = rota_month.month
WHERE rota_month.worked_hours > 0
  AND EXISTS (
      SELECT 1
      FROM core.post_month
      WHERE post_month.team = rota_month.team
        AND post_month.month = rota_month.month
        AND post_month.at_month_end
  )
