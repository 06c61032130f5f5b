-- A year of one source's coverage: for each unit directly below one (or, with $every, each that ever has rows), month by month,
-- how many of the units at or under it should have rows and how many have. A unit should have rows while it stands in the
-- structure, if it ever had any of this source.
WITH RECURSIVE
now AS (
    SELECT
        unit,
        arg_max(title, from_month) AS title,
        arg_max(level, from_month) AS level,
        arg_max(coalesce(parent, ''), from_month) AS parent
    FROM meta.unit
    GROUP BY unit
),
asked AS (
    SELECT unit
    FROM now
    WHERE unit = $unit
      AND unit IN (SELECT unnest($units::VARCHAR[]))
    UNION
    SELECT now.unit
    FROM now
    JOIN asked ON asked.unit = now.parent
),
seen AS (
    SELECT DISTINCT c.unit
    FROM meta.coverage AS c
    WHERE c.source = $source
),
top AS (
    SELECT now.unit, now.title, now.level
    FROM now
    JOIN asked ON asked.unit = now.unit
    WHERE CASE
        WHEN $every THEN now.unit IN (SELECT unit FROM seen)
        ELSE now.parent = $unit OR (now.unit = $unit AND now.unit IN (SELECT unit FROM seen))
    END
),
below AS (
    SELECT unit AS top, unit
    FROM top
    UNION
    SELECT below.top, now.unit
    FROM now
    JOIN below ON below.unit = now.parent
    WHERE NOT $every AND below.top <> $unit
),
newest AS (
    SELECT max(month) AS month
    FROM meta.coverage
    WHERE source = $source
),
months AS (
    SELECT CAST(unnest(generate_series(month - INTERVAL 12 MONTH, month, INTERVAL 1 MONTH)) AS DATE) AS month
    FROM newest
),
cell AS (
    SELECT
        below.top, months.month,
        count(DISTINCT spell.unit) AS expected,
        count(DISTINCT c.unit) AS here,
        count(DISTINCT CASE WHEN c.state = 'few' THEN c.unit END) AS few
    FROM below
    CROSS JOIN months
    JOIN seen ON seen.unit = below.unit
    LEFT JOIN meta.unit AS spell
        ON spell.unit = below.unit
        AND spell.from_month <= months.month
        AND coalesce(spell.to_month, months.month) >= months.month
    LEFT JOIN meta.coverage AS c
        ON c.source = $source
        AND c.unit = spell.unit
        AND c.month = months.month
    GROUP BY below.top, months.month
)
SELECT
    top.unit, top.title, top.level,
    list({'month': cell.month, 'expected': cell.expected, 'here': cell.here, 'few': cell.few} ORDER BY cell.month) AS points
FROM top
JOIN cell ON cell.top = top.unit
WHERE top.unit IN (SELECT unnest($units::VARCHAR[]))
GROUP BY top.unit, top.title, top.level
ORDER BY lower(top.title), top.unit
