-- Every point of the circle, hindrance and help for each unit in one wave, in the order of *Intelligent Kindness*: its score and what may be said
-- of it.
SELECT
    w.unit AS of,
    i.indicator, i.title, i.family, i.definition, i.place, i.beside,
    v.value, v.low, v.high, v.people_band, coalesce(v.shown, 'not_collected') AS shown,
    s.few, p.value AS positive, p.low AS positive_low, p.high AS positive_high, s.benchmark, s.stands, s.before, s.moved, s.moved_low, s.moved_high, s.called,
    b.value AS value_before,
    q.questions,
    a.answers
FROM (SELECT DISTINCT unit, wave FROM mart.wave WHERE wave = $wave::DATE AND unit IN $of) AS w
CROSS JOIN meta.indicator AS i      -- below, $of is said of each table by itself: so no more of it is read
LEFT JOIN mart.value AS v ON v.indicator = i.indicator AND v.unit = w.unit AND v.unit IN $of AND v.month = $wave::DATE
LEFT JOIN mart.score AS s ON s.indicator = i.indicator AND s.unit = w.unit AND s.unit IN $of AND s.wave = $wave::DATE
LEFT JOIN mart.value AS b ON b.indicator = i.indicator AND b.unit = w.unit AND b.unit IN $of AND b.month = s.before AND b.shown = 'yes'
LEFT JOIN mart.value AS p ON p.indicator = i.indicator || '.agree' AND p.unit = w.unit AND p.unit IN $of AND p.month = $wave::DATE
LEFT JOIN (
    SELECT of.unit, of.wave, asked.indicator, list({'wording': asked.wording, 'reversed': asked.reversed} ORDER BY asked.place) AS questions
    FROM mart.wave AS of
    JOIN meta.question AS asked ON asked.survey = of.survey
    WHERE of.wave = $wave::DATE AND of.unit IN $of
    GROUP BY of.unit, of.wave, asked.indicator
) AS q ON q.unit = w.unit AND q.wave = w.wave AND q.indicator = i.indicator
LEFT JOIN (
    SELECT unit, wave, construct, list({'answer': answer, 'share': share}) AS answers
    FROM mart.answer
    WHERE wave = $wave::DATE AND unit IN $of
    GROUP BY unit, wave, construct
) AS a ON a.unit = w.unit AND a.wave = w.wave AND a.construct = i.indicator
WHERE w.unit IN (SELECT unnest($units::VARCHAR[]))
  AND i.refresh = 'wave'
  AND i.status = 'live'
  AND i.family IN ('kindness', 'hinders', 'helps')
ORDER BY w.unit, list_position(['kindness', 'hinders', 'helps'], i.family), i.place
