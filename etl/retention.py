"""Throws away what an organisation no longer needs, by the retention rules of its settings.yaml, and says what.

What was told stays told: before rows about people go, what they counted by team and month is put by (etl/release/purged_counts.py), so a
build says the same of those months as before. Everything here may be cut off at any point and done again: what is put by
appears whole, and from then on no build reads a row that was to go; files then vanish one by one.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from etl.build import load_contracts, months_seen
from etl.config import indicators as indicator_files
from etl.config import settings
from etl.config.contracts import Contract
from etl.config.settings import Retention
from etl.database import connect
from etl.intake import land
from etl.paths import SQL, Workspace, appearing
from etl.quoting import quoted_text
from etl.release import facts_cache, publish, purged_counts
from etl.release.core import core_queries, lineage, run_core
from etl.release.sources import keys_may_meet, lay_out_sources, read_organisation, together
from etl.store import checksums
from etl.store.current_files import parts, replaced
from etl.store.receipts import Receipt, read_receipts

PACK = re.compile(r", (\d{4}-\d{2}-\d{2})[a-z]+\.\w+$")
LATE = 6  # months: by then a month is settled, told and frozen, and no file of it comes any more


class NotTold(Exception):
    """What is to be purged has not been told by any release yet; the sentence says what to do first."""


@dataclass(frozen=True)
class Rubbish:
    """Some of what is to go: what it is, in words for one and for many, how many, and how to be rid of it."""

    one: str
    many: str
    count: int
    go: Callable[[], None]

    def __str__(self) -> str:
        return f"{self.count:,} {self.one if self.count == 1 else self.many}"


def purge(workspace: Workspace, today: dt.date, dry_run: bool = False) -> Iterator[str]:
    """A sentence for each kind of thing that went, or would go. Hold the workspace while it runs. Raises NotTold,
    BadSettings and whatever a build raises while it counts."""
    rules = settings.read(workspace).retention
    contracts = load_contracts(workspace)
    con = connect(workspace)
    try:
        found = [
            *_people(con, workspace, contracts, rules, today),
            *_originals(workspace, contracts, rules),
            _releases(workspace, rules, today),
            _packs(workspace, rules, today),
            _audits(workspace, rules, today),
        ]
        found = [each for each in found if each.count]
        for each in found:
            if not dry_run:
                each.go()
            yield f"{'Would remove' if dry_run else 'Removed'} {each}."
        if not found:
            yield "There is nothing to purge."
    finally:
        con.close()
    for name in _without_contract(workspace, contracts):
        yield (
            f"store/{name} holds rows of a source that has no contract any more, so nothing can be told of their age: put "
            "the contract back, or delete the folder."
        )


# ---- rows about people -----------------------------------------------------------------------------------------------


def _people(
    con: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    contracts: dict[str, Contract],
    rules: Retention,
    today: dt.date,
) -> list[Rubbish]:
    """Rows about people that are older than the rules allow, and files of rows set aside that are as old.

    A later file may have corrected a row, and moved it to another month. So a row goes with the one that stands for it, and
    files are gone through in the order in which they arrived: were it cut off, the one that stands would still be there.
    """
    live = {name: each for name, each in indicator_files.load(SQL / "indicators").items() if each.status != "draft"}
    window = max((each.window for each in live.values()), default=0)
    before = purged_counts.read(workspace)
    held_from = month_before(today, max(rules.person_months, window + LATE))
    if before:
        held_from = max(held_from, before.held_from)  # what is gone does not come back where the rule becomes milder
    held = {source: read_receipts(workspace, source) for source in contracts}
    counted = {source: parts(contract, held[source]) for source, contract in contracts.items()}
    rows: list[tuple[int, _Without]] = []
    aside: list[Path] = []
    for source, contract in contracts.items():
        if not purged_counts.is_of_people(contract):
            continue
        outdone = replaced(contract, held[source], counted[source])
        keys = _of_old_rows(con, workspace, contract, counted[source], held_from)
        for receipt in held[source]:
            months = [*receipt.months, *receipt.quarantined_months]
            if contract.month_of and months:
                old, keeps = max(months) < held_from.isoformat(), purged_counts.is_held(contract, held_from)
            else:  # rows that tell of no month go with their file, once a later one has taken its place
                old = receipt.hash in outdone and receipt.arrived[:10] < held_from.isoformat()
                keeps = "false" if old else "true"
            without = _Without(receipt.path(workspace, "parquet"), keeps, keys, contract.key if keys else ())
            if receipt.outcome == "accepted" and (many := without.count(con)):
                rows.append((many, without))
            rejected = receipt.path(workspace, "rejected.parquet")
            if old and rejected.exists():
                aside.append(rejected)
    if rows:
        _expect_told(workspace, [receipt for each in held.values() for receipt in each])

    def go() -> None:
        facts_cache.throw_away(workspace)  # they were made of what goes; the next build makes them of what stays
        if before is None or before.held_from < held_from:
            checksums.forget(workspace, workspace.protection.glob("kept/**/*.parquet"))
            _put_by(workspace, contracts, counted, before, held_from, month_before(held_from, -window), today)
        checksums.forget(workspace, (without.path for _, without in rows))
        for _, without in rows:
            without.write(con, workspace)

    since = f"from before {held_from:%B %Y}"
    return [
        Rubbish(f"row about a person {since}", f"rows about people {since}", sum(many for many, _ in rows), go),
        _files(f"file of rows set aside {since}", f"files of rows set aside {since}", aside),
    ]


def _of_old_rows(
    con: duckdb.DuckDBPyConnection, workspace: Workspace, contract: Contract, counted: list, held_from: dt.date
) -> str:
    """A table of the keys whose standing rows are old; nothing where a key tells the month, or no two files can meet."""
    tells_its_age = contract.month_of in contract.key and not contract.until
    if not contract.month_of or tells_its_age or not keys_may_meet(contract, counted):
        return ""
    table, key = f"old_{contract.source}", ", ".join(contract.key)
    rows = f"({together(workspace, contract, counted, dt.date.max, numbered=True)})"
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE {table} AS
        SELECT {key}
        FROM (
            SELECT *
            FROM {rows}
            WHERE hash({key}) IN (SELECT hash({key}) FROM {rows} WHERE NOT {purged_counts.is_held(contract, held_from)})
            QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY arrival DESC) = 1
        )
        WHERE NOT {purged_counts.is_held(contract, held_from)}
    """)
    return table


def _put_by(
    workspace: Workspace,
    contracts: dict[str, Contract],
    counted: dict[str, list],
    before: purged_counts.Kept | None,
    held_from: dt.date,
    counted_from: dt.date,
    today: dt.date,
) -> None:
    """Counts everything once more, as a build does, and puts by what the rows that are to go have counted."""
    from etl.release import measure
    from etl.release.coverage import account
    from etl.release.units import lay_out_units
    from etl.survey import step as surveys

    con = connect(workspace)
    try:
        organisation = read_organisation(con, workspace, contracts, counted, today)
        queries = core_queries(SQL / "core") | surveys.facts(contracts, today, counted)
        live = {name: each for name, each in indicator_files.load(SQL / "indicators").items() if each.status != "draft"}
        sources = {name: lineage(indicator.reads, queries) for name, indicator in live.items()}
        of_people = purged_counts.counted_of_people(sources, contracts)
        lay_out_sources(con, workspace, contracts, counted, today, organisation)
        run_core(con, queries, set(contracts))
        lay_out_units(con, contracts, organisation, months_seen(counted, today) or [held_from], before)
        measure.count(con, {name: live[name] for name in sorted(of_people)})
        account(con, workspace, contracts, queries)
        con.execute("CREATE TABLE last_named (unit VARCHAR, month DATE)")
        if before:
            purged_counts.count(con, before, of_people, organisation.successors, today)
            purged_counts.account(con, before, contracts, today)
            con.execute(f"INSERT INTO last_named FROM {before.table('seen')}")
        for source, contract in contracts.items():
            if purged_counts.is_of_people(contract) and contract.month_of:
                rows = together(workspace, contract, counted[source], held_from - dt.timedelta(days=1))
                for column, refers_to in contract.refers.items():
                    if contracts[refers_to].hierarchy:
                        con.execute(f"INSERT INTO last_named SELECT {column}, max(month) FROM ({rows}) GROUP BY ALL")
        settled_before = month_before(today, LATE)
        purged_counts.write(con, workspace, contracts, of_people, held_from, counted_from, settled_before)
    finally:
        con.close()


def _expect_told(workspace: Workspace, held: list[Receipt]) -> None:
    """Raises NotTold unless the last build has told of everything that was accepted."""
    last = publish.last_build(workspace)
    if last.get("outcome") not in ("published", "nothing_new"):
        raise NotTold(
            "The last build did not go through, so what is old may not have been told yet. Nothing was purged: "
            "`python -m etl build` first."
        )
    finished = dt.datetime.fromisoformat(last["finished"]) + dt.timedelta(seconds=1)  # it is told to the second
    now = dt.datetime.now(dt.UTC)  # what arrived later than now came while the clock was ahead
    if any(finished < dt.datetime.fromisoformat(receipt.arrived) <= now for receipt in held):
        raise NotTold(
            "Files have arrived that no release has told of yet. Nothing was purged: `python -m etl build` first."
        )


@dataclass(frozen=True)
class _Without:
    """One file of accepted rows without those that are old."""

    path: Path
    keeps: str  # a condition
    against: str  # a relation of keys whose rows go too, or nothing
    key: tuple[str, ...]

    def _select(self, what: str) -> str:
        same = " AND ".join(f"gone.{column} IS NOT DISTINCT FROM mine.{column}" for column in self.key)
        rest = f"ANTI JOIN {self.against} AS gone ON {same}" if self.against else ""
        return f"SELECT {what} FROM read_parquet({quoted_text(str(self.path))}) AS mine {rest} WHERE {self.keeps}"

    def count(self, con: duckdb.DuckDBPyConnection) -> int:
        if not self.path.exists():
            return 0
        all_rows = f"SELECT count(*) FROM read_parquet({quoted_text(str(self.path))})"
        [(every,), (stay,)] = con.execute(f"{all_rows} UNION ALL {self._select('count(*)')}").fetchall()
        return every - stay

    def write(self, con: duckdb.DuckDBPyConnection, workspace: Workspace) -> None:
        with appearing(self.path, workspace.work) as unfinished:
            to = quoted_text(str(unfinished))
            con.execute(f"COPY ({self._select('mine.*')}) TO {to} (FORMAT parquet, COMPRESSION lz4_raw)")


# ---- files -----------------------------------------------------------------------------------------------------------


def _files(one: str, many: str, paths: list[Path]) -> Rubbish:
    def go() -> None:
        for path in paths:
            path.unlink(missing_ok=True)

    return Rubbish(one, many, len(paths), go)


def _originals(workspace: Workspace, contracts: dict[str, Contract], rules: Retention) -> Iterator[Rubbish]:
    """What was taken in long enough ago: accepted, with its rows in the store, or refused. Never a file that no build has
    read yet, or that came again since."""
    taken: dict[str, Receipt] = {}
    for source in contracts:
        for receipt in read_receipts(workspace, source):
            if receipt.outcome == "refused" or receipt.path(workspace, "parquet").exists():
                taken[receipt.content] = receipt
    stamps = {(receipt.file, receipt.mtime_ns, receipt.size): receipt for receipt in taken.values()}
    youngest = (dt.datetime.now(dt.UTC) - dt.timedelta(days=rules.inbox_days)).isoformat()
    found: dict[str, list[Path]] = {"accepted": [], "refused": []}
    for path in land.inbox(workspace.inbox):
        try:
            receipt = stamps.get(land.name_and_stamp(path, workspace.inbox))
            if receipt is None:  # the same under another name?
                arrival = land.arrive(path, workspace.inbox)
                receipt = taken.get(arrival.content)
                receipt = receipt if receipt and arrival.mtime_ns <= receipt.mtime_ns else None
        except (FileNotFoundError, land.StillBeingWritten):
            continue
        if receipt and receipt.arrived <= youngest:
            found[receipt.outcome].append(path)
    yield _files(
        "original from the inbox, which stands in the store",
        "originals from the inbox, which stand in the store",
        found["accepted"],
    )
    yield _files("refused file from the inbox", "refused files from the inbox", found["refused"])


def _releases(workspace: Workspace, rules: Retention, today: dt.date) -> Rubbish:
    """Old releases. The newest stay, of older ones the last of each month, so long; whatever happens, the current one and
    the one before it, with which pages compare it, and one that was rolled back."""
    names = publish.releases(workspace)
    now = publish.current(workspace)
    stay = {*names[-rules.releases :], now, publish.rolled_back(workspace)}
    if now in names[1:]:
        stay.add(names[names.index(now) - 1])
    since = month_before(today, 12 * rules.release_years)
    stay |= {last for month, last in _last_of_months(workspace, names).items() if month >= f"{since:%Y-%m}"}
    paths = [workspace.releases / f"{name}.duckdb" for name in names if name not in stay]
    return _files("old release", "old releases", paths)


def _last_of_months(workspace: Workspace, names: list[str]) -> dict[str, str]:
    """month → the last release that was built in it. A name may tell of a later day, where a clock was once set ahead."""
    last = {}
    for name in names:
        try:
            built = publish.read_release(workspace, name)["built_at"].date().isoformat()
        except publish.DamagedRelease:
            built = name
        last[min(built, name)[:7]] = name
    return last


def _packs(workspace: Workspace, rules: Retention, today: dt.date) -> Rubbish:
    """Packs of releases that are older than any that is kept; the day of its release stands in a pack's name."""
    since = month_before(today, 12 * rules.release_years).isoformat()
    found = [(path, PACK.search(path.name)) for path in sorted((workspace.home / "packs").glob("*"))]
    return _files("old pack", "old packs", [path for path, day in found if day and day[1] < since])


def _audits(workspace: Workspace, rules: Retention, today: dt.date) -> Rubbish:
    """Whole months of the record of who looked at what."""
    since = f"{month_before(today, rules.audit_months):%Y-%m}"
    paths = sorted((workspace.home / "audit").glob("[0-9][0-9][0-9][0-9]-[0-9][0-9].jsonl"))
    return _files(
        "month of the record of who looked at what",
        "months of the record of who looked at what",
        [path for path in paths if path.stem < since],
    )


def _without_contract(workspace: Workspace, contracts: dict[str, Contract]) -> list[str]:
    there = (path.name for path in workspace.store.iterdir() if path.is_dir() and not path.name.startswith("."))
    return sorted(set(there) - set(contracts) - {workspace.protection.name, workspace.withdrawn.name})


def month_before(day: dt.date, months: int) -> dt.date:
    """The first day of the month so many months earlier (later where negative)."""
    number = day.year * 12 + day.month - 1 - months
    return dt.date(number // 12, number % 12 + 1, 1)
