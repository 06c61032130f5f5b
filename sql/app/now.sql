-- The latest of each indicator for each unit asked for, and the three years that led to it: the chosen month or, with
-- none chosen, the unit's own newest settled month; of what is renewed by quarter, the last quarter's end until
-- then. A unit with no row at all has not had it collected.
WITH held AS MATERIALIZED (     -- a release holds many times as much: it is read through once
    SELECT indicator, unit, month, value, low, high, shown, settled
    FROM mart.value
    WHERE unit IN (SELECT unnest($of::VARCHAR[]))
      AND indicator IN (SELECT unnest($indicators::VARCHAR[]))
),
judged AS MATERIALIZED (
    SELECT
        indicator, unit, month, mean, lower, upper, segment, target, rule, moved, verdict, since, months, one_side, assurance, limits
    FROM mart.signal
    WHERE unit IN (SELECT unnest($of::VARCHAR[]))
      AND indicator IN (SELECT unnest($indicators::VARCHAR[]))
),
newest AS (         -- a unit's own row may settle later than those of the units below it
    SELECT
        i.indicator,
        u.unit,
        coalesce(
            $month::DATE,
            max(v.month) FILTER (WHERE v.settled),
            CAST(date_trunc('month', any_value(i.settled_to)) AS DATE)
        ) AS month,
        any_value(i.refresh) AS refresh
    FROM meta.indicator AS i
    CROSS JOIN (SELECT unnest($of::VARCHAR[]) AS unit) AS u
    LEFT JOIN held AS v ON v.indicator = i.indicator AND v.unit = u.unit
    WHERE i.indicator IN (SELECT unnest($indicators::VARCHAR[]))
      AND u.unit IN (SELECT unnest($units::VARCHAR[]))
    GROUP BY i.indicator, u.unit
),
cell AS (
    SELECT
        indicator,
        unit,
        CASE WHEN refresh = 'quarterly' THEN CAST(month - to_months(month(month) % 3) AS DATE) ELSE month END AS month
    FROM newest
),
history AS (
    SELECT
        c.indicator,
        c.unit,
        bool_or(v.shown <> 'not_collected') AS collected,
        max(v.month) FILTER (WHERE v.shown = 'yes' AND v.month <= c.month) AS last_shown,
        list(s.segment) FILTER (WHERE s.segment IS NOT NULL) AS segments,
        list(
            {
                'month': v.month, 'value': v.value, 'settled': v.settled, 'mean': s.mean, 'lower': s.lower,
                'upper': s.upper, 'segment': s.segment, 'verdict': s.verdict, 'moved': s.moved
            }
            ORDER BY v.month
        ) FILTER (
            WHERE v.month > c.month - INTERVAL 36 MONTH AND v.month <= coalesce($month::DATE, v.month)
        ) AS points
    FROM cell AS c
    JOIN held AS v ON v.indicator = c.indicator AND v.unit = c.unit
    LEFT JOIN judged AS s ON s.indicator = v.indicator AND s.unit = v.unit AND s.month = v.month
    GROUP BY c.indicator, c.unit
)
SELECT
    c.indicator, c.unit, c.month, v.value, v.low, v.high, v.settled, h.last_shown,
    coalesce(v.shown, CASE WHEN h.collected THEN 'no_data' ELSE 'not_collected' END) AS shown,
    s.mean, s.lower, s.upper, s.segment, s.target, s.rule, s.moved, s.since, s.months, s.one_side, s.assurance, s.limits,
    coalesce(s.verdict, 'not_judged') AS verdict,
    len(list_filter(h.segments, lambda segment: segment = s.segment)) AS months_judged,
    coalesce(h.points, []) AS points
FROM cell AS c
LEFT JOIN held AS v ON v.indicator = c.indicator AND v.unit = c.unit AND v.month = c.month
LEFT JOIN judged AS s ON s.indicator = c.indicator AND s.unit = c.unit AND s.month = c.month
LEFT JOIN history AS h ON h.indicator = c.indicator AND h.unit = c.unit
