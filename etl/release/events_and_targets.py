"""Lays out what the organisation says about its own figures: what happened when, where limits begin afresh, what was agreed.

Reads `core.event` and `core.target`, two facts that every organisation may have; what they say of a unit that became
another is said of its successor. Fills `event` (unit, month, kind, what), with what the hierarchy itself says has
happened, `rebase` (indicator, unit, month, fix_after) and `target` (indicator, unit, from_month, target).
"""

import datetime as dt

import duckdb
import pyarrow as pa

from etl.config.indicators import Indicator
from etl.store.hierarchy import Organisation

FACTS = ("event", "target")  # of sql/core, beside those that indicators read
EVERY = "all"


def annotate(
    con: duckdb.DuckDBPyConnection, indicators: dict[str, Indicator], organisation: Organisation, as_of: dt.date
) -> None:
    """Fills the tables named above, each row on every unit it holds for; what names nothing we know holds for none."""
    _follow_successors(con, organisation)
    con.execute("""
        CREATE TABLE below AS          -- every unit under each unit, itself included, as they stand now or stood at their end
        WITH RECURSIVE latest AS (SELECT unit, arg_max(coalesce(parent, ''), from_month) AS parent FROM unit_spell GROUP BY unit),
        stands AS (
            SELECT DISTINCT unit AS top, unit, 0 AS steps FROM unit_level
            UNION ALL
            SELECT stands.top, latest.unit, stands.steps + 1
            FROM stands
            JOIN latest ON latest.parent = stands.unit
        )
        SELECT DISTINCT top, unit, steps FROM stands
    """)
    con.execute(
        """
        CREATE TABLE event AS
        SELECT unit, month, kind, what
        FROM (SELECT unit, month, kind, what FROM happened UNION ALL FROM of_hierarchy)
        SEMI JOIN unit_level USING (unit)
        WHERE month <= $1
        """,
        [as_of],
    )
    con.execute(
        f"""
        CREATE TABLE rebase AS
        WITH asked AS (
            SELECT unit, month, fix_after, trim(unnest(string_split(rebases, ';'))) AS named
            FROM happened
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
        FROM agreed
        JOIN below ON below.top = agreed.unit
        QUALIFY below.steps = min(below.steps) OVER (PARTITION BY indicator, below.unit)
    """)


def _follow_successors(con: duckdb.DuckDBPyConnection, organisation: Organisation) -> None:
    """Lays out what was said of units as of what they have become: `happened`, `agreed`, and `of_hierarchy`, the events
    that the hierarchy tells."""
    became = pa.table(
        {
            "unit": pa.array(organisation.successors.keys(), pa.string()),
            "successor": pa.array(organisation.successors.values(), pa.string()),
        }
    )
    con.register("given", became)
    con.execute("CREATE TABLE became AS FROM given")
    con.unregister("given")
    con.execute("CREATE TABLE of_hierarchy (unit VARCHAR, month DATE, kind VARCHAR, what VARCHAR)")
    if organisation.events:
        rows = [dict(zip(("unit", "month", "kind", "what"), event, strict=True)) for event in organisation.events]
        con.register("given", pa.Table.from_pylist(rows))
        con.execute("INSERT INTO of_hierarchy BY NAME FROM given")
        con.unregister("given")
    con.execute("""
        CREATE TABLE happened AS
        SELECT coalesce(became.successor, unit) AS unit, month, kind, what, rebases, fix_after
        FROM core.event
        LEFT JOIN became USING (unit)
    """)
    # What a unit had agreed goes over to its successor, until that has a target of its own.
    con.execute("""
        CREATE TABLE agreed AS
        SELECT indicator, unit, from_month, target
        FROM core.target
        ANTI JOIN became USING (unit)
        UNION ALL
        SELECT taken.indicator, became.successor, taken.from_month, taken.target
        FROM core.target AS taken
        JOIN became USING (unit)
        ANTI JOIN core.target AS own
               ON own.indicator = taken.indicator AND own.unit = became.successor AND own.from_month <= taken.from_month
        QUALIFY row_number() OVER (PARTITION BY taken.indicator, became.successor, taken.from_month ORDER BY taken.unit) = 1
    """)


def unknown_names(
    con: duckdb.DuckDBPyConnection, indicators: dict[str, Indicator], sources: dict[str, str]
) -> list[dict]:
    """Units and indicators that events and targets name and nobody knows: nothing is drawn of them, and the analyst is
    told. `sources` gives the source behind each of the two facts."""
    found = con.execute(
        """
        WITH named AS (
            SELECT 'event' AS fact, unit AS name FROM happened ANTI JOIN unit_level USING (unit)
            UNION ALL
            SELECT 'target', unit FROM agreed ANTI JOIN unit_level USING (unit)
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
