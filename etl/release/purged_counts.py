"""What stays when people's rows are purged: counts by team and month, and the month from which rows are held.

store/protection/kept/<month>/   the first month of which every row about people is held
    own.parquet                  what the indicators counted, by team and month (etl/release/measure.py)
    coverage.parquet             which team had rows of which source and month
    agreement.parquet            where sources contradicted each other, as the quality page tells it
    placed.parquet               the units that sources with people in them brought
    seen.parquet                 the last month in which such a source named a unit
    counted_from                 the first month that can be counted from the rows that are held

There is no row about a person in any of them. With them a release says of the months before what it would have said with the
rows: what was told comes from the memory (etl/disclosure/memory.py), and sums, limits and verdicts rest on the same counts.
"""

import datetime as dt
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from etl.config.contracts import Contract
from etl.paths import Workspace
from etl.quoting import quoted_text

COUNTED_FROM = "counted_from"
UNIT_OF = "coalesce(became.successor, unit)"


@dataclass(frozen=True)
class Kept:
    """The newest purge of a workspace."""

    folder: Path
    held_from: dt.date  # rows about people are held from this month on
    counted_from: dt.date  # and of the months from this on, indicators can be counted from them

    def table(self, name: str) -> str:
        return f"read_parquet({quoted_text(str(self.folder / f'{name}.parquet'))})"


def folder(workspace: Workspace) -> Path:
    return workspace.protection / "kept"


def read(workspace: Workspace) -> Kept | None:
    """The newest purge; None where there was none."""
    there = folder(workspace)
    months = sorted(each.name for each in there.iterdir() if not each.name.startswith(".")) if there.is_dir() else []
    if not months:
        return None
    counted_from = (there / months[-1] / COUNTED_FROM).read_text(encoding="ascii").strip()
    return Kept(there / months[-1], dt.date.fromisoformat(months[-1]), dt.date.fromisoformat(counted_from))


def is_of_people(contract: Contract) -> bool:
    return any(column.person for column in contract.columns)


def counted_of_people(sources: dict[str, set[str]], contracts: dict[str, Contract]) -> set[str]:
    """The indicators behind which, among their `sources`, is one with people in it."""
    return {name for name, behind in sources.items() if any(is_of_people(contracts[source]) for source in behind)}


def is_held(contract: Contract, month: dt.date) -> str:
    """The condition under which a row about people is kept: it is of that month or a later one, or what it tells of lasts
    until then or is not over yet."""
    since = f"month >= DATE '{month.isoformat()}'"
    if contract.until:
        since += f" OR {contract.until} >= DATE '{month.isoformat()}' OR {contract.until} IS NULL"
    return f"({since})"


def held(workspace: Workspace, contract: Contract) -> str:
    """What follows a query for the rows of a source that stand: those that were to be purged do not, even where a purge was
    cut off before it came to their file."""
    kept = read(workspace) if contract.month_of and is_of_people(contract) else None
    return f" WHERE {is_held(contract, kept.held_from)}" if kept else ""


# ---- laid out again --------------------------------------------------------------------------------------------------


def last_seen(con: duckdb.DuckDBPyConnection, workspace: Workspace, units: Iterable[str]) -> dict[str, dt.date]:
    """The last month in which rows that are gone named each of these units."""
    kept = read(workspace)
    if not kept:
        return {}
    asked = f"SELECT unit, max(month) FROM {kept.table('seen')} WHERE list_contains($1, unit) GROUP BY unit"
    return dict(con.execute(asked, [sorted(units)]).fetchall())


def place(con: duckdb.DuckDBPyConnection, kept: Kept, contract: Contract, place: int, levels: list[str]) -> None:
    """Adds to `placed` the units that a source's rows named before they were purged."""
    for level in (each.level for each in contract.brings_teams):
        con.execute(
            f"""
            INSERT INTO placed
            SELECT source, ?, level, ?, code, title, parent_level, parent_code, month
            FROM {kept.table("placed")}
            WHERE source = ? AND level = ? AND month < ?
            """,
            [place, levels.index(level), contract.source, level, kept.held_from],
        )


def count(
    con: duckdb.DuckDBPyConnection,
    kept: Kept,
    of_people: Iterable[str],
    became: dict[str, str],
    as_of: dt.date,
) -> None:
    """Puts into `own` what the indicators `of_people` counted of months whose rows are gone; of those that followed, only
    what can no longer be counted. What a unit did that has since become another counts for that one."""
    con.execute(
        "DELETE FROM own WHERE provenance = 'private' AND month < ? AND list_contains(?::VARCHAR[], indicator)",
        [kept.counted_from, sorted(of_people)],
    )
    tallies = ", ".join(f"sum({name})" for name in ("squares", "positive", "negative", "answers"))
    con.execute(
        f"""
        INSERT INTO own
        WITH became AS (SELECT unnest($units::VARCHAR[]) AS unit, unnest($successors::VARCHAR[]) AS successor),
        before AS (
            SELECT
                indicator,
                {UNIT_OF} AS unit,
                month,
                sum(numerator),
                sum(denominator),
                sum(people)::BIGINT,
                sum(people_in_numerator)::BIGINT,
                'private' AS provenance,
                0,
                0,
                {tallies}
            FROM {kept.table("own")}
            LEFT JOIN became USING (unit)
            WHERE list_contains($indicators::VARCHAR[], indicator) AND month <= $as_of
            GROUP BY indicator, {UNIT_OF}, month
        )
        FROM before
        SEMI JOIN unit_level USING (unit)
        ANTI JOIN own USING (indicator, unit, month, provenance)
        """,
        {
            "units": list(became),
            "successors": list(became.values()),
            "indicators": sorted(of_people),
            "as_of": as_of,
        },
    )


def account(con: duckdb.DuckDBPyConnection, kept: Kept, contracts: dict[str, Contract], as_of: dt.date) -> None:
    """Puts into `coverage` and `agreement` what they said of the months whose rows are gone."""
    con.execute(
        "DELETE FROM coverage WHERE month < ? AND list_contains(?::VARCHAR[], source)",
        [kept.counted_from, [name for name, contract in contracts.items() if is_of_people(contract)]],
    )
    con.execute("DELETE FROM agreement WHERE month < ?", [kept.counted_from])
    for table, only in {"coverage": "SEMI JOIN unit_spell USING (unit)", "agreement": ""}.items():
        con.execute(
            f"INSERT INTO {table} BY NAME SELECT * FROM {kept.table(table)} {only} WHERE month < least(?, ?::DATE + 1)",
            [kept.counted_from, as_of],
        )


# ---- written ---------------------------------------------------------------------------------------------------------


def write(
    con: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    contracts: dict[str, Contract],
    of_people: Iterable[str],
    held_from: dt.date,
    counted_from: dt.date,
    settled_before: dt.date,
) -> None:
    """Writes what the tables `own`, `coverage`, `agreement`, `placed` and `last_named` say of people's rows, whole or not at
    all; from then on a build reads no row of before `held_from`. `settled_before`: months before are told for good."""
    sources = [name for name, contract in contracts.items() if is_of_people(contract)]
    wanted = {
        "own": (
            "SELECT * FROM own WHERE provenance = 'private' AND month < $1 AND list_contains($2::VARCHAR[], indicator)",
            [settled_before, sorted(of_people)],
        ),
        "coverage": ("SELECT * FROM coverage WHERE month < $1 AND list_contains($2, source)", [counted_from, sources]),
        "agreement": ("SELECT * FROM agreement WHERE month < $1", [counted_from]),
        "placed": ("SELECT * FROM placed WHERE month < $1 AND list_contains($2, source)", [held_from, sources]),
        "seen": ("SELECT unit, max(month) AS month FROM last_named GROUP BY unit", []),
    }
    there, unfinished = folder(workspace) / held_from.isoformat(), workspace.work / "kept"
    unfinished.mkdir(parents=True)
    for name, (sql, given) in wanted.items():
        con.execute(f"CREATE OR REPLACE TEMP TABLE written AS {sql}", given)
        path = quoted_text(str(unfinished / f"{name}.parquet"))
        con.execute(f"COPY (FROM written ORDER BY ALL) TO {path} (FORMAT parquet, COMPRESSION zstd)")
    (unfinished / COUNTED_FROM).write_text(f"{counted_from.isoformat()}\n", encoding="ascii")
    there.parent.mkdir(parents=True, exist_ok=True)
    for path in (*unfinished.iterdir(), unfinished):
        _on_the_disk(path)
    unfinished.rename(there)  # the rows that these stand for are thrown away next
    _on_the_disk(there.parent)
    for older in there.parent.iterdir():
        if older.name < there.name:
            shutil.rmtree(older)


def _on_the_disk(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
