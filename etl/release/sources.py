"""Lays out the accepted files as tables `source.*`, then runs `sql/core` in the order that its queries themselves imply."""

import datetime as dt
from pathlib import Path

import duckdb

from etl.config.contracts import Contract
from etl.paths import Workspace
from etl.quoting import quoted_text, quoted_texts
from etl.release import purged_counts
from etl.store import hierarchy
from etl.store.current_files import Part
from etl.store.hierarchy import Organisation, hierarchy_of

MadeOf = dict[str, list]  # month → all that decides which rows a source has of it


# ---- source.* ------------------------------------------------------------------------------------------------------


def read_organisation(
    con: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    contracts: dict[str, Contract],
    counted: dict[str, list[Part]],
    as_of: dt.date,
) -> Organisation:
    """The hierarchy as it is known on that day; an empty one where no source keeps one. Raises BadHierarchy."""
    contract = hierarchy_of(contracts)
    if contract is None:
        return Organisation()
    spells = hierarchy.read(con, contract, f"({together(workspace, contract, counted[contract.source], as_of)})")
    became = hierarchy.successors(spells, as_of)
    open_ended = {spell.unit for spell in spells if spell.unit in became and spell.last == hierarchy.STILL}
    seen: dict[str, dt.date] = {}
    for other in contracts.values() if open_ended else ():
        columns = [column for column, source in other.refers.items() if source == contract.source and other.month_of]
        for column in columns:
            rows = con.execute(
                f"SELECT {column}, max(month) FROM ({together(workspace, other, counted[other.source], as_of)}) "
                f"WHERE list_contains($1, {column}) GROUP BY ALL",
                [sorted(open_ended)],
            ).fetchall()
            seen |= {unit: max(month, seen.get(unit, month)) for unit, month in rows if month}
    for unit, month in (purged_counts.last_seen(con, workspace, open_ended) if open_ended else {}).items():
        seen[unit] = max(month, seen.get(unit, month))
    return hierarchy.as_known(contract, spells, as_of, seen)


def lay_out_sources(
    con: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    contracts: dict[str, Contract],
    counted: dict[str, list[Part]],
    as_of: dt.date,
    organisation: Organisation,
) -> dict[str, MadeOf]:
    """A view `source.<name>` for every source, in its own columns and a `month`; empty where nothing has arrived. Returns
    what the rows of each source with months are made of.

    Where the hierarchy says that a unit became another, its rows are the other's. Views are read anew at each use: rows
    are never copied out of the store.
    """
    made_of = {}
    con.execute("CREATE SCHEMA source")
    con.execute("CREATE SCHEMA outdone")
    for name, contract in contracts.items():
        rows = f"({together(workspace, contract, counted[name], as_of)})"
        some_are_outdone = False
        if keys_may_meet(contract, counted[name]) and not _keys_lie_apart(con, workspace, contract, counted[name]):
            numbered = f"({together(workspace, contract, counted[name], as_of, numbered=True)})"
            if some_are_outdone := _find_outdone(con, contract, numbered):
                key = ("arrival", *contract.key)
                same = " AND ".join(f"gone.{column} IS NOT DISTINCT FROM standing.{column}" for column in key)
                rows = f"{numbered} AS standing ANTI JOIN outdone.{name} AS gone ON {same}"
        listed = told_as(contract, contracts, organisation)
        held = purged_counts.held(workspace, contract)
        con.execute(f"CREATE VIEW source.{name} AS SELECT {listed} FROM {rows}{held}")
        if contract.month_of:
            files = months_of(workspace, counted[name], as_of)
            # Where keys have met, a row of one month may stand or not because of another month's file.
            made_of[name] = {
                month: [month, listed, held, contract.kept, files if some_are_outdone else own]
                for month, own in files.items()
            }
    con.execute("CREATE SCHEMA core")
    return made_of


def months_of(workspace: Workspace, counted: list[Part], as_of: dt.date) -> dict[str, list[list]]:
    """month until that day → the files that count for it, in the order of arrival: by content and rules, by the key, and by
    how each lies in the store, where a purge may have taken rows out of it."""
    found: dict[str, list[list]] = {}
    for part in counted:
        lies = part.receipt.path(workspace, "parquet").stat()
        file = [part.receipt.hash, part.receipt.key, lies.st_size, lies.st_mtime_ns]
        for month in part.months if part.months is not None else part.receipt.months:
            if month <= as_of.isoformat():
                found.setdefault(month, []).append(file)
    return found


def told_as(contract: Contract, contracts: dict[str, Contract], organisation: Organisation) -> str:
    """The source's columns, units that became others under the names of those."""
    became, keeps = organisation.successors, hierarchy_of(contracts)
    units = [column for column, source in contract.refers.items() if became and keeps and source == keeps.source]
    return ", ".join(_successor(column, became) if column in units else column for column in contract.kept)


def _successor(column: str, became: dict[str, str]) -> str:
    cases = " ".join(f"WHEN {quoted_text(unit)} THEN {quoted_text(after)}" for unit, after in sorted(became.items()))
    return f"CASE {column} {cases} ELSE {column} END AS {column}"


def together(
    workspace: Workspace, contract: Contract, counted: list[Part], as_of: dt.date, numbered: bool = False
) -> str:
    """The rows of every file that counts, in the months it counts for, if asked with the number of its `arrival`; no
    future month, in a past view."""
    empty = ", ".join(f"NULL::{kind} AS {name}" for name, kind in contract.kept.items())
    selects = [f"SELECT {empty} WHERE false"]
    for number, where, paths in read_alike(workspace, contract, counted, as_of, numbered):
        listed = "*" if number is None else f"{number} AS arrival, *"
        files = quoted_texts(str(path) for path in paths)
        selects.append(f"SELECT {listed} FROM read_parquet([{files}], union_by_name = true) WHERE {where}")
    return "\nUNION ALL BY NAME\n".join(selects)


def read_alike(
    workspace: Workspace, contract: Contract, counted: list[Part], as_of: dt.date, numbered: bool = False
) -> list[tuple[int | None, str, list[Path]]]:
    """The files that count, those together that are read alike, for that is quicker: the number of their arrival if asked
    (then each is alone), which of their rows count, and where they are."""
    files: dict[tuple[int | None, str], list[Path]] = {}
    for number, part in enumerate(counted):
        where = f"month <= DATE '{as_of.isoformat()}'" if contract.month_of else "true"
        if part.months is not None and set(part.months) != set(part.receipt.months):
            where += " AND month IN (" + ", ".join(f"DATE '{month}'" for month in part.months) + ")"
        files.setdefault((number if numbered else None, where), []).append(part.receipt.path(workspace, "parquet"))
    return [(number, where, paths) for (number, where), paths in files.items()]


def keys_may_meet(contract: Contract, counted: list[Part]) -> bool:
    """Whether two files that count may hold the same key: later arrivals then win."""
    months_apart = contract.each_file == "replaces_its_months" and contract.month_of in contract.key
    return len(counted) > 1 and not months_apart and bool(contract.key)


def _keys_lie_apart(
    con: duckdb.DuckDBPyConnection, workspace: Workspace, contract: Contract, counted: list[Part]
) -> bool:
    """Whether the files' own statistics show that no two hold the same key: numbers that a system counts up, mostly. It costs
    nothing, where comparing the keys is a pass over every row. Where they do not show it, nothing is said."""
    first = contract.key[0]
    files = quoted_texts(str(part.receipt.path(workspace, "parquet")) for part in counted)
    kind = contract.kept[first]
    near = con.execute(f"""
        WITH spans AS (
            SELECT
                file_name,
                min(try_cast(stats_min_value AS {kind})) AS first,
                max(try_cast(stats_max_value AS {kind})) AS last,
                bool_and(coalesce(
                    try_cast(stats_min_value AS {kind}) <= try_cast(stats_max_value AS {kind}) AND stats_null_count = 0,
                    false
                )) AS known
            FROM parquet_metadata([{files}])
            WHERE path_in_schema = '{first}'
            GROUP BY file_name
        )
        SELECT 1 FROM (
            SELECT *, max(last) OVER (ORDER BY first ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM spans
        )
        WHERE NOT known OR first <= before
        LIMIT 1
    """).fetchone()
    return near is None


def _find_outdone(con: duckdb.DuckDBPyConnection, contract: Contract, rows: str) -> bool:
    """Whether later files hold the keys of earlier rows; then makes `outdone.<source>` of those (arrival and key).

    Within a file no two rows share a key: the judge has seen to that. Hashes are compared first, for rows may be many
    and hardly ever meet.
    """
    key = ", ".join(contract.key)
    met = f"SELECT hash({key}) AS met FROM {rows} GROUP BY ALL HAVING count(*) > 1"
    con.execute(f"CREATE OR REPLACE TEMP TABLE met AS {met}")
    if not con.execute("SELECT count(*) FROM met").fetchone()[0]:
        return False
    con.execute(f"""
        CREATE TABLE outdone.{contract.source} AS
        SELECT arrival, {key}
        FROM {rows}
        WHERE hash({key}) IN (FROM met)
        QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY arrival DESC) > 1
    """)
    return True


# ---- core.* --------------------------------------------------------------------------------------------------------
