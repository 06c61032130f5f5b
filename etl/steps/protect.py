"""Decides what of each figure may be shown, once, before anything leaves the engine.

Figures made wholly of data that is already public are shown as they are, to two decimals. All others wait for the
disclosure rules and are not shown until those exist: the release says "protected" and holds nothing of them. Only where
the whole workspace is made up, and so nobody can be found out, the plainest of those rules stand in for them, so that the
demonstration looks like what will be: groups of a least size, to one decimal, with the band of their people and neither
numerator nor denominator. They withhold no second cell, pool nothing and do not watch over time: they protect no real
person.

Fills `value`, a row an indicator, unit and month, as `mart.value` will have it.
"""

import datetime as dt

import duckdb

from etl.indicators import Indicator

PUBLIC_DECIMALS = 2
PRIVATE_DECIMALS = 1
SUM_DECIMALS = 6  # sums of the same rows in another order differ in the fifteenth digit; a release must not
LEAST_PEOPLE = 11
LEAST_IN_NUMERATOR = 5  # and as many outside it, where the numerator is sensitive (class A)
BANDS = {15: "11–15", 20: "16–20", 30: "21–30", 50: "31–50", 100: "51–100"}
LAST_BAND = "101+"


def protect(
    con: duckdb.DuckDBPyConnection,
    indicators: dict[str, Indicator],
    published_to: dict[str, dt.date | None],
    private_to: dict[str, dt.date | None],
    synthetic: bool,
) -> None:
    """`published_to` and `private_to` give each indicator's last settled day, of figures that are wholly published and of
    all others; `synthetic` says that nobody in the workspace is real."""
    con.execute("""
        CREATE TABLE rule (indicator VARCHAR, scale DOUBLE, levels VARCHAR[], quarterly BOOLEAN, sensitive BOOLEAN,
                           published_to DATE, private_to DATE)
    """)
    con.executemany(
        "INSERT INTO rule VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                name,
                indicator.scale,
                list(indicator.levels),
                indicator.refresh == "quarterly",
                indicator.disclosure == "A",
                published_to[name],
                private_to[name],
            )
            for name, indicator in indicators.items()
        ],
    )
    bands = " ".join(f"WHEN people <= {most} THEN '{band}'" for most, band in BANDS.items())
    con.execute(
        f"""
        CREATE TABLE value AS
        WITH placed AS (
            SELECT
                figure.* REPLACE (
                    round(numerator, {SUM_DECIMALS}) AS numerator,
                    round(denominator, {SUM_DECIMALS}) AS denominator
                ),
                provenance = 'published' AS published,
                CASE WHEN unit_level.level = 'team' THEN 'team' ELSE 'above' END AS place
            FROM figure
            JOIN unit_level USING (unit)
        ),
        shown AS (
            SELECT
                placed.*,
                rule.scale,
                coalesce(month <= CASE WHEN published THEN published_to ELSE private_to END, false) AS settled,
                CASE
                    WHEN numerator IS NULL OR denominator = 0 THEN 'no_data'
                    WHEN published THEN 'yes'
                    WHEN $synthetic
                        AND people >= {LEAST_PEOPLE}
                        AND (
                            NOT sensitive
                            OR (people_in_numerator >= {LEAST_IN_NUMERATOR} AND people - people_in_numerator >= {LEAST_IN_NUMERATOR})
                        )
                        THEN 'yes'
                    ELSE 'protected'
                END AS shown
            FROM placed
            JOIN rule USING (indicator)
            WHERE list_contains(rule.levels, placed.place)
              AND (NOT rule.quarterly OR month(placed.month) % 3 = 0)
        )
        SELECT
            indicator,
            unit,
            month,
            CASE WHEN shown = 'yes' AND published THEN numerator END AS numerator,
            CASE WHEN shown = 'yes' AND published THEN denominator END AS denominator,
            CASE
                WHEN shown = 'yes'
                    THEN round(scale * numerator / denominator, CASE WHEN published THEN {PUBLIC_DECIMALS} ELSE {PRIVATE_DECIMALS} END)
            END AS value,
            CASE WHEN shown = 'yes' AND NOT published THEN CASE {bands} ELSE '{LAST_BAND}' END END AS people_band,
            shown,
            settled,
            published
        FROM shown
        """,
        {"synthetic": synthetic},
    )
    _say_what_is_missing(con)


def _say_what_is_missing(con: duckdb.DuckDBPyConnection) -> None:
    """A month without a row between a unit's first and the indicator's last is "no data", while the unit is there; a unit
    for which an indicator has never had a figure has one row, "not collected", in the newest month. Published figures and
    others have each their own last month. What is renewed by quarter is due in the quarter's last month only."""
    con.execute("""
        INSERT INTO value BY NAME
        WITH last AS (SELECT indicator, published, max(month) AS month FROM value GROUP BY indicator, published),
        series AS (
            SELECT
                indicator,
                unit,
                min(value.month) AS first,
                max(last.month) AS last,
                max(CASE WHEN published THEN published_to ELSE private_to END) AS settled_to
            FROM value
            JOIN last USING (indicator, published)
            JOIN rule USING (indicator)
            GROUP BY indicator, unit
        ),
        due AS (
            SELECT
                indicator,
                unit,
                unnest(generate_series(first, last, INTERVAL 1 MONTH))::DATE AS month,
                settled_to
            FROM series
        )
        SELECT indicator, due.unit, due.month, 'no_data' AS shown, coalesce(due.month <= settled_to, false) AS settled
        FROM due
        JOIN rule USING (indicator)
        ANTI JOIN value USING (indicator, unit, month)
        SEMI JOIN unit_spell
               ON unit_spell.unit = due.unit
              AND due.month BETWEEN unit_spell.from_month AND coalesce(unit_spell.to_month, due.month)
        WHERE NOT quarterly OR month(due.month) % 3 = 0
    """)
    con.execute("""
        INSERT INTO value BY NAME
        WITH newest AS (
            SELECT
                unit,
                least((SELECT max(month) FROM unit_month), max(coalesce(to_month, DATE '9999-12-01'))) AS month
            FROM unit_spell
            GROUP BY unit
        )
        SELECT
            rule.indicator,
            unit_level.unit,
            CASE
                WHEN quarterly THEN (date_trunc('quarter', newest.month + INTERVAL 1 MONTH) - INTERVAL 1 MONTH)::DATE
                ELSE newest.month
            END AS month,
            'not_collected' AS shown,
            false AS settled
        FROM rule
        CROSS JOIN unit_level
        JOIN newest USING (unit)
        ANTI JOIN value ON value.indicator = rule.indicator AND value.unit = unit_level.unit
        WHERE list_contains(rule.levels, CASE WHEN unit_level.level = 'team' THEN 'team' ELSE 'above' END)
    """)
    con.execute("ALTER TABLE value DROP COLUMN published")
