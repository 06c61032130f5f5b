-- Every point of the circle, hindrance and help for one unit and wave, in the deck's order: its score and what may be said of it.
SELECT
    i.indicator, i.title, i.family, i.definition, i.place, i.beside,
    v.value, v.low, v.high, v.people_band, coalesce(v.shown, 'not_collected') AS shown,
    s.few, p.value AS positive, p.low AS positive_low, p.high AS positive_high, s.benchmark, s.stands, s.before, s.moved, s.moved_low, s.moved_high, s.called,
    b.value AS value_before,
    q.questions,
    a.answers
FROM meta.indicator AS i
LEFT JOIN mart.value AS v ON v.indicator = i.indicator AND v.unit = $unit AND v.month = $wave::DATE
LEFT JOIN mart.score AS s ON s.indicator = i.indicator AND s.unit = $unit AND s.wave = $wave::DATE
LEFT JOIN mart.value AS b ON b.indicator = i.indicator AND b.unit = $unit AND b.month = s.before AND b.shown = 'yes'
LEFT JOIN mart.value AS p ON p.indicator = i.indicator || '.agree' AND p.unit = $unit AND p.month = $wave::DATE
LEFT JOIN (
    SELECT indicator, list({'wording': wording, 'reversed': reversed} ORDER BY place) AS questions
    FROM meta.question
    WHERE survey IN (SELECT survey FROM mart.wave WHERE unit = $unit AND wave = $wave::DATE)
    GROUP BY indicator
) AS q ON q.indicator = i.indicator
LEFT JOIN (
    SELECT construct, list({'answer': answer, 'share': share}) AS answers
    FROM mart.answer
    WHERE unit = $unit AND wave = $wave::DATE
    GROUP BY construct
) AS a ON a.construct = i.indicator
WHERE i.refresh = 'wave'
  AND i.status = 'live'
  AND i.family IN ('kindness', 'hinders', 'helps')
  AND $unit IN (SELECT unnest($units::VARCHAR[]))
ORDER BY list_position(['kindness', 'hinders', 'helps'], i.family), i.place
