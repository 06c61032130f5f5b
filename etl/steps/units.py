"""Works out who stands under whom, month by month, from the sources that bring their own teams.

Fills `unit_level` (unit, level), `unit_spell` (unit, title, level, parent, from_month, to_month) and `unit_source`
(source, unit): the units a source may speak for, up to its top.
"""

from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

import duckdb

from etl.contracts import Contract
from etl.steps.conform import sql_text


class BadHierarchy(Exception):
    """The units that the sources bring do not fit together."""


def levels_in_order(contracts: dict[str, Contract]) -> list[str]:
    """Every level that a source brings, lowest first. Raises BadHierarchy where two sources disagree."""
    graph: dict[str, set[str]] = {}
    for contract in contracts.values():
        names = [level.level for level in contract.brings_teams]
        for lower, higher in pairwise(names):
            graph.setdefault(higher, set()).add(lower)
            graph.setdefault(lower, set())
        for name in names:
            graph.setdefault(name, set())
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise BadHierarchy(
            f"brings_teams of the contracts put these levels in a circle: {', '.join(error.args[1])}."
        ) from None


def lay_out_units(con: duckdb.DuckDBPyConnection, contracts: dict[str, Contract]) -> list[str]:
    """Fills the tables named above; returns the levels, lowest first. Raises BadHierarchy."""
    levels = levels_in_order(contracts)
    con.execute("""
        CREATE TABLE placed (source VARCHAR, level VARCHAR, rank INTEGER, code VARCHAR, title VARCHAR,
                             parent_level VARCHAR, parent_code VARCHAR, month DATE)
    """)
    for contract in contracts.values():
        if contract.brings_teams:
            _place(con, contract, levels)

    # Where levels share a code the lowest keeps it and the others become <level>:<code>.
    con.execute("""
        CREATE TABLE named AS
        SELECT level, code, CASE WHEN rank = min(rank) OVER (PARTITION BY code) THEN code ELSE level || ':' || code END AS unit
        FROM (SELECT DISTINCT level, rank, code FROM placed)
    """)
    shadowed = con.execute("""
        SELECT placed.source, placed.level, placed.code
        FROM placed JOIN named USING (level, code)
        WHERE named.unit <> placed.code
          AND placed.rank = (SELECT min(rank) FROM placed AS same WHERE same.source = placed.source)
        LIMIT 1
    """).fetchone()
    if shadowed:
        raise BadHierarchy(
            f"{shadowed[0]}: {shadowed[1]} {shadowed[2]!r} has the same code as a lower unit of another source."
        )

    # One parent a month: sources by name decide. A month without a row does not end a spell.
    con.execute("""
        CREATE TABLE unit_month AS
        SELECT
            own.unit,
            placed.level,
            arg_min(placed.title, placed.source) FILTER (WHERE placed.title IS NOT NULL) AS title,
            arg_min(above.unit, placed.source) FILTER (WHERE above.unit IS NOT NULL) AS parent,
            placed.month
        FROM placed
        JOIN named AS own ON own.level = placed.level AND own.code = placed.code
        LEFT JOIN named AS above ON above.level = placed.parent_level AND above.code = placed.parent_code
        GROUP BY ALL
    """)
    con.execute("""
        CREATE TABLE unit_spell AS
        WITH known AS (        -- a month in which no source names a parent keeps the one before, or takes the one after
            SELECT
                * EXCLUDE (parent),
                coalesce(
                    parent,
                    last_value(parent IGNORE NULLS) OVER (by_month ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
                    first_value(parent IGNORE NULLS) OVER (by_month ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
                ) AS parent
            FROM unit_month
            WINDOW by_month AS (PARTITION BY unit ORDER BY month)
        ),
        turns AS (
            SELECT
                *,
                row_number() OVER by_month = 1 OR parent IS DISTINCT FROM lag(parent) OVER by_month AS begins
            FROM known
            WINDOW by_month AS (PARTITION BY unit ORDER BY month)
        ),
        numbered AS (
            SELECT *, sum(begins::INTEGER) OVER (PARTITION BY unit ORDER BY month) AS spell
            FROM turns
        ),
        spells AS (
            SELECT unit, any_value(level) AS level, any_value(parent) AS parent, min(month) AS from_month, spell
            FROM numbered
            GROUP BY unit, spell
        ),
        titles AS (SELECT unit, arg_max(title, month) AS title FROM unit_month GROUP BY unit)
        SELECT
            spells.unit,
            coalesce(titles.title, spells.unit) AS title,
            level,
            parent,
            from_month,
            (lead(from_month) OVER (PARTITION BY spells.unit ORDER BY from_month) - INTERVAL 1 MONTH)::DATE AS to_month
        FROM spells
        JOIN titles ON titles.unit = spells.unit
    """)
    con.execute("CREATE TABLE unit_level AS SELECT DISTINCT unit, level FROM unit_spell")
    con.execute("""
        CREATE TABLE unit_source AS
        SELECT DISTINCT placed.source, named.unit FROM placed JOIN named USING (level, code)
    """)
    return levels


def _place(con: duckdb.DuckDBPyConnection, contract: Contract, levels: list[str]) -> None:
    """The units of one source with their parents, a row a unit and month."""
    columns = [
        name
        for level in contract.brings_teams
        for name in (level.column, level.title if level.column else None)
        if name
    ]
    listed = ", ".join(dict.fromkeys([*columns, "month"]))
    con.execute(f"CREATE OR REPLACE TEMP TABLE stood AS SELECT DISTINCT {listed} FROM source.{contract.source}")
    for number, level in enumerate(contract.brings_teams):
        above = contract.brings_teams[number + 1] if number + 1 < len(contract.brings_teams) else None
        code, title = _code(level), _title(level)
        # Of two names or parents in one month the first in the alphabet is taken: the same every time.
        con.execute(
            f"""
            INSERT INTO placed
            SELECT ?, ?, ?, {code}, min({title}), ?, min({_code(above) if above else "NULL"}), month
            FROM stood
            WHERE {code} IS NOT NULL
            GROUP BY {code}, month
        """,
            [contract.source, level.level, levels.index(level.level), above.level if above else None],
        )


def _code(level) -> str:
    return level.column or f"'{sql_text(level.unit)}'"


def _title(level) -> str:
    if level.column:
        return level.title or "NULL::VARCHAR"
    return f"'{sql_text(level.title or level.unit)}'"
