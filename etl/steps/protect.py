"""Decides what of each figure may be shown, once, before anything leaves the engine.

Figures made wholly of data that is already public are shown as they are, to two decimals. All others wait for the
disclosure rules and are not shown until those exist: the release says "protected" and holds nothing of them.

Fills `value`, a row an indicator, unit and month, as `mart.value` will have it.
"""

import datetime as dt

import duckdb

from etl.indicators import Indicator

PUBLIC_DECIMALS = 2
SUM_DECIMALS = 6  # sums of the same rows in another order differ in the fifteenth digit; a release must not


def protect(
    con: duckdb.DuckDBPyConnection, indicators: dict[str, Indicator], settled_to: dict[str, dt.date | None]
) -> None:
    """`settled_to` gives each indicator's last settled day."""
    rules = [
        {
            "indicator": name,
            "scale": indicator.scale,
            "levels": list(indicator.levels),
            "settled_to": settled_to[name],
        }
        for name, indicator in indicators.items()
    ]
    con.execute("CREATE TABLE rule (indicator VARCHAR, scale DOUBLE, levels VARCHAR[], settled_to DATE)")
    con.executemany("INSERT INTO rule VALUES ($indicator, $scale, $levels, $settled_to)", rules)
    con.execute(f"""
        CREATE TABLE value AS
        WITH placed AS (
            SELECT
                figure.*,
                CASE WHEN unit_level.level = 'team' THEN 'team' ELSE 'above' END AS place
            FROM figure
            JOIN unit_level USING (unit)
        ),
        shown AS (
            SELECT
                placed.*,
                rule.scale,
                CASE
                    WHEN numerator IS NULL OR denominator = 0 THEN 'no_data'
                    WHEN published THEN 'yes'
                    ELSE 'protected'
                END AS shown
            FROM placed
            JOIN rule USING (indicator)
            WHERE list_contains(rule.levels, placed.place)
        )
        SELECT
            indicator,
            unit,
            month,
            CASE WHEN shown = 'yes' THEN round(numerator, {SUM_DECIMALS}) END AS numerator,
            CASE WHEN shown = 'yes' THEN round(denominator, {SUM_DECIMALS}) END AS denominator,
            CASE WHEN shown = 'yes' THEN round(scale * numerator / denominator, {PUBLIC_DECIMALS}) END AS value,
            shown
        FROM shown
    """)
    _say_what_is_missing(con)


def _say_what_is_missing(con: duckdb.DuckDBPyConnection) -> None:
    """A month without a row between a unit's first and the indicator's last is "no data"; a unit for which an indicator
    has never had a figure has one row, "not collected", in the newest month."""
    con.execute("""
        INSERT INTO value BY NAME
        WITH last AS (SELECT indicator, max(month) AS month FROM value GROUP BY indicator),
        series AS (
            SELECT indicator, unit, min(value.month) AS first, any_value(last.month) AS last
            FROM value
            JOIN last USING (indicator)
            GROUP BY indicator, unit
        ),
        due AS (
            SELECT indicator, unit, unnest(generate_series(first, last, INTERVAL 1 MONTH))::DATE AS month
            FROM series
        )
        SELECT indicator, unit, month, 'no_data' AS shown
        FROM due
        ANTI JOIN value USING (indicator, unit, month)
    """)
    con.execute("""
        INSERT INTO value BY NAME
        SELECT rule.indicator, unit_level.unit, (SELECT max(month) FROM unit_month) AS month, 'not_collected' AS shown
        FROM rule
        CROSS JOIN unit_level
        ANTI JOIN value ON value.indicator = rule.indicator AND value.unit = unit_level.unit
        WHERE list_contains(rule.levels, CASE WHEN unit_level.level = 'team' THEN 'team' ELSE 'above' END)
    """)
    con.execute("ALTER TABLE value ADD COLUMN settled BOOLEAN")
    con.execute("""
        UPDATE value
        SET settled = coalesce(value.month <= rule.settled_to, false) AND shown <> 'not_collected'
        FROM rule
        WHERE rule.indicator = value.indicator
    """)
