-- What the sheets of a team say of a construct, added up, a row a team, wave and construct; what is needed for means, shares and
-- their intervals at every level: sums add up, means do not.
SELECT
    score.survey,
    score.team,
    score.wave,
    score.part,
    score.construct,
    sum(score.score) AS total,
    sum(score.score * score.score) AS squares,
    count(*) AS sheets,
    sum(score.answers) AS answers,
    sum(score.positive) AS positive,
    sum(score.negative) AS negative,
    min(item.people) AS people
FROM core.survey_score AS score
JOIN core.survey_item AS item
    ON item.team = score.team
    AND item.wave = score.wave
    AND item.part = score.part
    AND item.construct = score.construct
GROUP BY
    score.survey,
    score.team,
    score.wave,
    score.part,
    score.construct
