"""Lays out what the organisation says about its own figures: what happened when, where limits begin afresh, what was agreed.

Reads `core.event` and `core.target`, two facts that every organisation may have. Fills `event` (unit, month, kind, what),
`rebase` (indicator, unit, month, fix_after) and `target` (indicator, unit, from_month, target).
"""

import datetime as dt

import duckdb

from etl.indicators import Indicator

FACTS = ("event", "target")  # of sql/core, beside those that indicators read
EVERY = "all"


def annotate(con: duckdb.DuckDBPyConnection, indicators: dict[str, Indicator], as_of: dt.date) -> None:
    """Fills the tables named above, each row on every unit it holds for; what names nothing we know holds for none."""
    con.execute("""
        CREATE TABLE below AS          -- every unit under each unit, itself included, as they stand now
        WITH RECURSIVE stands AS (
            SELECT DISTINCT unit AS top, unit, 0 AS steps FROM unit_level
            UNION ALL
            SELECT stands.top, spell.unit, stands.steps + 1
            FROM stands
            JOIN unit_spell AS spell ON spell.parent = stands.unit AND spell.to_month IS NULL
        )
        SELECT DISTINCT top, unit, steps FROM stands
    """)
    con.execute(
        "CREATE TABLE event AS SELECT unit, month, kind, what FROM core.event SEMI JOIN unit_level USING (unit) WHERE month <= $1",
        [as_of],
    )
    con.execute(
        f"""
        CREATE TABLE rebase AS
        WITH asked AS (
            SELECT unit, month, fix_after, trim(unnest(string_split(rebases, ';'))) AS named
            FROM core.event
            WHERE rebases IS NOT NULL AND month <= $2
        )
        SELECT indicator, below.unit, month, max(fix_after) AS fix_after
        FROM asked
        JOIN below ON below.top = asked.unit
        CROSS JOIN (SELECT unnest($1::VARCHAR[]) AS indicator)
        WHERE named = indicator OR named = '{EVERY}'
        GROUP BY ALL
        """,
        [list(indicators), as_of],
    )
    # The nearest unit that has a target for an indicator speaks for all below it.
    con.execute("""
        CREATE TABLE target AS
        SELECT indicator, below.unit, from_month, target
        FROM core.target
        JOIN below ON below.top = core.target.unit
        QUALIFY below.steps = min(below.steps) OVER (PARTITION BY indicator, below.unit)
    """)


def unknown_names(
    con: duckdb.DuckDBPyConnection, indicators: dict[str, Indicator], sources: dict[str, str]
) -> list[dict]:
    """Units and indicators that events and targets name and nobody knows: nothing is drawn of them, and the analyst is
    told. `sources` gives the source behind each of the two facts."""
    found = con.execute(
        """
        WITH named AS (
            SELECT 'event' AS fact, unit AS name FROM core.event ANTI JOIN unit_level USING (unit)
            UNION ALL
            SELECT 'target', unit FROM core.target ANTI JOIN unit_level USING (unit)
            UNION ALL
            SELECT 'target', indicator FROM core.target WHERE NOT list_contains($1, indicator)
            UNION ALL
            SELECT 'event', trim(named)
            FROM (SELECT unnest(string_split(rebases, ';')) AS named FROM core.event WHERE rebases IS NOT NULL)
            WHERE NOT list_contains($1, trim(named)) AND trim(named) <> $2
        )
        SELECT fact, name, count(*)
        FROM named
        GROUP BY ALL
        ORDER BY ALL
        """,
        [list(indicators), EVERY],
    ).fetchall()
    return [{"source": sources[fact], "name": name, "rows": rows} for fact, name, rows in found]
