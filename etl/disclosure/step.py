"""Decides what of each figure may be shown, once, before anything leaves the engine.

Figures made wholly of data that is already public are shown as they are, to two decimals. All others go through the rules
of docs/disclosure.md (etl/disclosure/), which round them, show small units together, and hide what would tell something
about a few people.

Fills `value`, a row an indicator, unit and month, as `mart.value` will have it, and `pool_unit`, the units that small ones
are shown as together.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import duckdb
import pyarrow as pa

from etl.config.indicators import Indicator
from etl.config.settings import DisclosureRules
from etl.disclosure import protect as disclosure
from etl.disclosure.figures import ITSELF, LEAVERS, POOLED, SENSITIVE, WHY, WORKING, kind_of
from etl.disclosure.protect import Protected
from etl.disclosure.scores import Scale
from etl.disclosure.survey import is_survey

PUBLIC_DECIMALS = 2
SUM_DECIMALS = 6  # sums of the same rows in another order differ in the fifteenth digit; a release must not


def protect(
    con: duckdb.DuckDBPyConnection,
    indicators: dict[str, Indicator],
    published_to: dict[str, dt.date | None],
    private_to: dict[str, dt.date | None],
    rules: DisclosureRules,
    as_of: dt.date,
    release: str,
    scales: Mapping[dt.date, Scale] = MappingProxyType({}),
) -> Protected:
    """`published_to` and `private_to` give each indicator's last settled day, of figures that are wholly published and of
    all others. Reads what measure made, and `remembered` (memory.recall). Raises FailedAudit."""
    con.execute("""
        CREATE TABLE rule (indicator VARCHAR, scale DOUBLE, levels VARCHAR[], refresh VARCHAR, told_by VARCHAR,
                           published_to DATE, private_to DATE)
    """)
    con.executemany(
        "INSERT INTO rule VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                name,
                indicator.scale,
                list(indicator.levels),
                indicator.refresh,
                told_by(indicator),
                published_to[name],
                private_to[name],
            )
            for name, indicator in indicators.items()
        ],
    )
    made = disclosure.protect(con, indicators, private_to, rules, as_of, release, scales)
    _tell_what_is_public(con)
    for name, table in {"told": made.value, "pool_unit": made.unit, "pool": made.pool}.items():
        con.register("given", table)
        con.execute(f"CREATE TABLE {name} AS FROM given")
        con.unregister("given")
    con.execute("""
        INSERT INTO value BY NAME
        SELECT told.*, coalesce(month <= private_to, false) AS settled, false AS published
        FROM told
        JOIN rule USING (indicator)
    """)
    _judge_pools_afresh(con)
    made = replace(made, log=pa.concat_tables([made.log, _protect_what_is_missing(con, made.log)]))
    _say_what_is_missing(con)
    return made


def told_by(indicator: Indicator) -> str:
    """How often a figure that is not public has a value: monthly, quarterly, or by wave."""
    if is_survey(indicator.family):
        return "wave"
    return "monthly" if kind_of(indicator) == WORKING else "quarterly"


def _tell_what_is_public(con: duckdb.DuckDBPyConnection) -> None:
    """Fills `value` with what is public, and with what is no data."""
    con.execute(f"""
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
        open AS (
            SELECT
                placed.*,
                rule.scale,
                coalesce(month <= CASE WHEN published THEN published_to ELSE private_to END, false) AS settled,
                numerator IS NULL OR denominator = 0 OR (NOT published AND denominator <= public_denominator) AS absent
            FROM placed
            JOIN rule USING (indicator)
            WHERE list_contains(rule.levels, placed.place)
              AND (CASE WHEN published THEN refresh ELSE told_by END <> 'quarterly' OR month(placed.month) % 3 = 0)
        )
        SELECT
            indicator,
            unit,
            month,
            CASE WHEN NOT absent THEN numerator END AS numerator,
            CASE WHEN NOT absent THEN denominator END AS denominator,
            CASE WHEN NOT absent THEN round(scale * numerator / denominator, {PUBLIC_DECIMALS}) END AS value,
            NULL::DOUBLE AS low,
            NULL::DOUBLE AS high,
            NULL::VARCHAR AS people_band,
            CASE WHEN absent THEN 'no_data' ELSE 'yes' END AS shown,
            settled,
            published
        FROM open
        WHERE published OR absent
    """)


def _judge_pools_afresh(con: duckdb.DuckDBPyConnection) -> None:
    """Where other teams are shown together from some month on, that is another thing: the limits of such a pool begin
    afresh there. Adds to `rebase`."""
    con.execute("""
        INSERT INTO rebase BY NAME
        WITH change AS (
            SELECT unnest(indicators) AS indicator, pool AS unit, from_month AS month FROM pool
            UNION
            SELECT unnest(indicators), pool, (to_month + INTERVAL 1 MONTH)::DATE FROM pool WHERE to_month IS NOT NULL
        )
        SELECT indicator, unit, month
        FROM change
        JOIN (SELECT indicator, unit, min(month) AS first FROM told GROUP BY ALL) USING (indicator, unit)
        WHERE month > first
    """)


def _protect_what_is_missing(con: duckdb.DuckDBPyConnection, log: pa.Table) -> pa.Table:
    """That a figure is missing tells a number: nobody was ill. So wherever a unit has people, and others in its organisation
    have a figure of the indicator and month, its own is said to be protected, if it is one of few people's (sensitive, or of
    leavers), or if the unit is not shown alone. Returns what it adds to the log of figures that are not shown."""
    _lay_out_what_is_told(con, log)
    con.execute("""
        CREATE OR REPLACE TEMP TABLE missing AS
        WITH alone AS (SELECT DISTINCT unit, month FROM spoken WHERE seen AND NOT few),
        in_part AS (SELECT DISTINCT unit, month, family, kind FROM spoken WHERE NOT seen),
        peopled AS (
            SELECT unit, month, organisation, level
            FROM (
                SELECT unit, month FROM figure WHERE provenance <> 'published' AND people > 0
                UNION
                SELECT unit, month FROM spoken
            )
            JOIN organisation USING (unit)
            JOIN unit_level USING (unit)
        )
        SELECT due.indicator, peopled.unit, peopled.month, due.family, due.kind, peopled.level
        FROM peopled
        JOIN due USING (organisation, month)
        JOIN rule USING (indicator)
        LEFT JOIN alone ON alone.unit = peopled.unit AND alone.month = peopled.month
        LEFT JOIN in_part
               ON in_part.unit = peopled.unit
              AND in_part.month = peopled.month
              AND in_part.family = due.family
              AND in_part.kind = due.kind
        ANTI JOIN value
               ON value.indicator = due.indicator
              AND value.unit = peopled.unit
              AND value.month = peopled.month
              AND value.shown <> 'no_data'
        WHERE (due.few OR alone.unit IS NULL OR in_part.unit IS NOT NULL)
          AND list_contains(rule.levels, CASE WHEN peopled.level = 'team' THEN 'team' ELSE 'above' END)
        UNION ALL
        SELECT DISTINCT due.indicator, pool.pool, due.month, due.family, due.kind, NULL
        FROM pool
        JOIN organisation USING (unit)
        JOIN due
          ON due.organisation = organisation.organisation
         AND list_contains(pool.indicators, due.indicator)
         AND due.month BETWEEN pool.from_month AND coalesce(pool.to_month, due.month)
        ANTI JOIN told ON told.indicator = due.indicator AND told.unit = pool.pool AND told.month = due.month;
        DELETE FROM value WHERE (indicator, unit, month) IN (SELECT (indicator, unit, month) FROM missing)
    """)
    con.execute("""
        INSERT INTO value BY NAME
        SELECT indicator, unit, month, 'protected' AS shown, coalesce(month <= private_to, false) AS settled, false AS published
        FROM missing
        JOIN rule USING (indicator)
    """)
    return _count_what_is_missing(con).cast(log.schema)


def _lay_out_what_is_told(con: duckdb.DuckDBPyConnection, log: pa.Table) -> None:
    """`organisation` (unit, organisation); `spoken`, the units' figures that are told or protected, and whether they are of
    few people; `due`, the indicators and months of which anything is told in an organisation."""
    for name, table in {"of_units": _organisations(con), "logged": log}.items():
        con.register(name, table)
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE organisation AS FROM of_units;
        CREATE OR REPLACE TEMP TABLE sort AS SELECT DISTINCT indicator, family, kind FROM logged
        """
    )
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE spoken AS
        SELECT
            told.unit, told.month, told.indicator, shown = 'yes' AS seen, family, kind, kind IN ($of_leavers, $of_class_a) AS few
        FROM told
        JOIN sort USING (indicator)
        """,
        {"of_leavers": LEAVERS, "of_class_a": SENSITIVE},
    )
    con.execute("""
        CREATE OR REPLACE TEMP TABLE due AS
        SELECT DISTINCT organisation, indicator, month, family, kind, few
        FROM spoken
        JOIN organisation USING (unit)
    """)
    con.unregister("of_units")
    con.unregister("logged")


def _count_what_is_missing(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Records of the log (indicator, family, kind, level, a count for each of WHY), of units and not of pools."""
    counts = con.execute("""
        SELECT
            missing.indicator, missing.family, missing.kind, missing.level, pool.unit IS NOT NULL AS pooled, count(*) AS figures
        FROM missing
        LEFT JOIN pool
               ON pool.unit = missing.unit
              AND list_contains(pool.indicators, missing.indicator)
              AND missing.month BETWEEN pool.from_month AND coalesce(pool.to_month, missing.month)
        WHERE missing.level IS NOT NULL
        GROUP BY ALL
        ORDER BY ALL
    """).fetchall()
    con.execute("DROP TABLE missing")
    names = ("indicator", "family", "kind", "level")
    return pa.Table.from_pylist(
        [
            dict(zip(names, row[:4], strict=True)) | dict.fromkeys(WHY, 0) | {WHY[POOLED if row[4] else ITSELF]: row[5]}
            for row in counts
        ],
        pa.schema([(name, pa.string()) for name in names] + [(why, pa.int64()) for why in WHY]),
    )


def _organisations(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """(unit, organisation): the units that stand, or ever stood, under one another have the same."""
    above = dict.fromkeys(unit for (unit,) in con.execute("SELECT unit FROM unit_level ORDER BY unit").fetchall())

    def top(unit: str) -> str:
        while above[unit] is not None:
            unit = above[unit]
        return unit

    for unit, parent in con.execute(
        "SELECT DISTINCT unit, parent FROM stands WHERE parent IS NOT NULL ORDER BY unit, parent"
    ).fetchall():
        if (mine := top(unit)) != (other := top(parent)):
            above[mine] = other
    return pa.table({"unit": pa.array(above, pa.string()), "organisation": pa.array(map(top, above), pa.string())})


def _say_what_is_missing(con: duckdb.DuckDBPyConnection) -> None:
    """A month without a row between a unit's first and the indicator's last is "no data", while the unit is there; a unit
    for which an indicator has never had a figure has one row, "not collected", in the newest month. Published figures and
    others have each their own last month. What is renewed by quarter is due in the quarter's last month only, a survey in
    none."""
    con.execute("""
        INSERT INTO value BY NAME
        WITH last AS (SELECT indicator, published, max(month) AS month FROM value GROUP BY indicator, published),
        series AS (
            SELECT
                indicator,
                unit,
                min(value.month) AS first,
                max(last.month) AS last,
                max(CASE WHEN published THEN published_to ELSE private_to END) AS settled_to,
                CASE WHEN bool_and(published) THEN any_value(refresh) ELSE any_value(told_by) END AS told_by
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
                settled_to,
                told_by
            FROM series
        )
        SELECT indicator, due.unit, due.month, 'no_data' AS shown, coalesce(due.month <= settled_to, false) AS settled
        FROM due
        ANTI JOIN value USING (indicator, unit, month)
        SEMI JOIN unit_spell
               ON unit_spell.unit = due.unit
              AND due.month BETWEEN unit_spell.from_month AND coalesce(unit_spell.to_month, due.month)
        WHERE told_by = 'monthly' OR (told_by = 'quarterly' AND month(due.month) % 3 = 0)
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
                WHEN refresh = 'quarterly' THEN (date_trunc('quarter', newest.month + INTERVAL 1 MONTH) - INTERVAL 1 MONTH)::DATE
                ELSE newest.month
            END AS month,
            'not_collected' AS shown,
            false AS settled
        FROM rule
        CROSS JOIN unit_level
        JOIN newest USING (unit)
        ANTI JOIN value ON value.indicator = rule.indicator AND value.unit = unit_level.unit
        WHERE told_by <> 'wave' AND list_contains(rule.levels, CASE WHEN unit_level.level = 'team' THEN 'team' ELSE 'above' END)
    """)
    con.execute("ALTER TABLE value DROP COLUMN published")
