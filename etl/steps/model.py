"""Lays out the accepted files as tables `source.*`, then runs `sql/core` in the order that its queries themselves imply."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import duckdb

from etl.contracts import Contract
from etl.indicators import tables_of
from etl.paths import Workspace
from etl.quoting import quoted_text, quoted_texts
from etl.steps import hierarchy, kept
from etl.steps.hierarchy import Organisation, hierarchy_of
from etl.steps.keep import Receipt

MadeOf = dict[str, list]  # month → all that decides which rows a source has of it


class BadModel(Exception):
    """A query of sql/core does not fit the others; the sentence names it."""


@dataclass(frozen=True)
class Part:
    """A file that still counts, and the months it counts for (None: whatever it holds)."""

    receipt: Receipt
    months: tuple[str, ...] | None


def parts(contract: Contract, receipts: list[Receipt]) -> list[Part]:
    """What counts of a source's accepted files, by the contract's rule; `receipts` in the order of arrival."""
    accepted = [receipt for receipt in receipts if receipt.outcome == "accepted"]
    if contract.each_file == "replaces_all":
        return [Part(receipt, None) for receipt in accepted[-1:]]
    if contract.each_file in ("adds", "adds_to_its_months"):  # a row takes the place of the earlier one of its key
        return [Part(receipt, None) for receipt in accepted]
    latest = {month: receipt for receipt in accepted for month in receipt.months}
    counted: dict[str, list[str]] = {}
    for month, receipt in latest.items():
        counted.setdefault(receipt.hash, []).append(month)
    return [Part(receipt, tuple(sorted(counted[receipt.hash]))) for receipt in accepted if receipt.hash in counted]


def replaced(contract: Contract, receipts: list[Receipt], counted: list[Part]) -> set[str]:
    """The hashes of accepted files whose place later ones have taken."""
    counts = {part.receipt.hash for part in counted}
    gone, covered, names = set(), set(), set()  # months and files that come later
    for receipt in reversed(receipts):
        if receipt.outcome != "accepted":
            continue
        # A file of which nothing was accepted is replaced when its months arrive after all, or it comes again.
        if receipt.hash not in counts and (
            receipt.rows_accepted
            or (receipt.quarantined_months and covered.issuperset(receipt.quarantined_months))
            or receipt.file in names
        ):
            gone.add(receipt.hash)
        covered.update(receipt.months)
        names.add(receipt.file)
    return gone


def settled_to(contract: Contract, counted: list[Part], as_of: dt.date) -> dt.date | None:
    """The last day of the newest month that a file covers which was extracted late enough to be complete."""
    if not contract.month_of:
        return None
    settled = []
    for part in counted:
        seen = min(dt.date.fromisoformat(part.receipt.extracted_on), as_of)
        for month in part.months or part.receipt.months:
            end = last_day(dt.date.fromisoformat(month))
            if seen >= end + dt.timedelta(days=contract.complete_after_days):
                settled.append(end)
    return max(settled, default=None)


def settled_together(settled: Iterable[dt.date | None]) -> dt.date | None:
    """How far a figure is settled that is drawn from several sources with files: no further than the least of them, and
    nowhere while one of them has settled nothing."""
    ends = list(settled)
    return min(ends) if ends and None not in ends else None


def last_day(month: dt.date) -> dt.date:
    return (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)


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
    for unit, month in (kept.last_seen(con, workspace, open_ended) if open_ended else {}).items():
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
        held = kept.held(workspace, contract)
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


def core_queries(folder: Path) -> dict[str, str]:
    return {
        path.stem: path.read_text(encoding="utf-8").strip().removesuffix(";") for path in sorted(folder.glob("*.sql"))
    }


def work_out(con: duckdb.DuckDBPyConnection, name: str, sql: str) -> None:
    con.execute(f"CREATE TABLE core.{name} AS {sql}")


def in_order(queries: dict[str, str], sources: set[str]) -> list[str]:
    """The queries, each after those it reads. Raises BadModel for a circle or an unknown table."""
    reads = {name: tables_of(sql) for name, sql in queries.items()}
    known = {f"core.{name}" for name in queries} | {f"source.{name}" for name in sources}
    for name, tables in reads.items():
        if strange := sorted(tables - known):
            raise BadModel(f"sql/core/{name}.sql reads {', '.join(strange)}; there is no such source or core query.")
    graph = {
        name: {table.removeprefix("core.") for table in tables if table.startswith("core.")}
        for name, tables in reads.items()
    }
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise BadModel(f"sql/core: these read each other in a circle: {', '.join(error.args[1])}.") from None


def run_core(
    con: duckdb.DuckDBPyConnection,
    queries: dict[str, str],
    sources: set[str],
    lay_out: Callable[[duckdb.DuckDBPyConnection, str, str], None] = work_out,
) -> None:
    """Makes the tables `core.*`; `lay_out` makes one of a name and a query. Raises BadModel."""
    for name in in_order(queries, sources):
        lay_out(con, name, queries[name])


def lineage(reads: Iterable[str], queries: dict[str, str]) -> set[str]:
    """The sources behind a query that reads these tables."""
    sources = set()
    for table in reads:
        schema, _, name = table.partition(".")
        sources |= {name} if schema == "source" else lineage(tables_of(queries[name]), queries)
    return sources
