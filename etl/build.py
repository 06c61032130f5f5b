"""The whole way, from the inbox to a release: land, conform, judge, keep; model, measure, protect, signal, check, publish."""

import datetime as dt
import fcntl
import hashlib
import importlib
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import duckdb

from etl import contracts as contract_files
from etl import indicators as indicator_files
from etl.contracts import BadContract, Contract
from etl.paths import EXPECTATIONS, SQL, Workspace, room_on_disk
from etl.steps import land, read
from etl.steps.conform import conform
from etl.steps.keep import (
    Receipt,
    RefusedExtract,
    judged_with,
    keep,
    keep_refused,
    now,
    receipts,
    take_back_unvouched,
    tidy,
    write_receipt,
)
from etl.steps.model import core_queries, lay_out_sources, lineage, parts, replaced, run_core, settled_to

VERSION = "0.1.0"
Say = Callable[[str], None]  # how a build tells what it did, and what it is busy with


@dataclass(frozen=True)
class Refusal:
    """A file that was refused in this build and left no receipt: no source expects it, or it is still being written."""

    file: str
    arrived: str
    sentence: str
    source: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What a build did: `outcome` is published or nothing_new."""

    outcome: str
    sentence: str
    release: str | None
    refused: int


@contextmanager
def alone(workspace: Workspace, say: Say) -> Iterator[None]:
    """Holds the workspace: a second build waits until the first has finished, and says so."""
    workspace.make()
    with (workspace.store / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another build of this workspace is running; waiting for it to finish.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for left in workspace.work.iterdir():  # a build that was cut off left these; nothing vouches for them
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
        yield


def connect(workspace: Workspace) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    con.execute("SET temp_directory = ?", [str(workspace.work / "spill")])
    con.execute("SET enable_progress_bar = false")
    return con


def load_contracts(workspace: Workspace) -> dict[str, Contract]:
    return contract_files.load([EXPECTATIONS, workspace.expectations])


def build(workspace: Workspace, as_of: dt.date, say: Say = print, busy: Say = lambda _: None) -> Outcome:
    """Takes in what has arrived and publishes a release if it changes anything. Raises one of the engine's exceptions,
    each a sentence; nothing is published then."""
    with room_on_disk(workspace.home), alone(workspace, say):
        contracts = load_contracts(workspace)
        con = connect(workspace)
        try:
            refusals = take_in(con, workspace, contracts, say, busy)
            return make_release(con, workspace, contracts, refusals, as_of, busy)
        finally:
            con.close()


# ---- from the inbox to the store -----------------------------------------------------------------------------------


def take_in(
    con: duckdb.DuckDBPyConnection, workspace: Workspace, contracts: dict[str, Contract], say: Say, busy: Say
) -> list[Refusal]:
    """Lands, conforms, judges and keeps every file of the inbox that is new or judged by other rules than before."""
    sorted_files, refusals = sort_by_source(workspace, contracts)
    import_judge_ahead(workspace, contracts, sorted_files)
    contents: set[str] = set()
    for source in references_first(contracts):
        contract = contracts[source]
        arrivals = []
        for path in sorted_files[source]:
            try:
                arrivals.append(land.arrive(path, workspace.inbox))
            except FileNotFoundError:
                continue
            except land.StillBeingWritten as error:
                refusals.append(Refusal(str(path.relative_to(workspace.inbox)), now(), str(error), source))
        contents |= {arrival.content for arrival in arrivals}
        rules = judged_with(
            contract,
            [r for other in sorted(set(contract.refers.values())) for r in receipts(workspace, other)],
        )
        tidy(workspace, source, contents, rules)
        known = {receipt.content: receipt for receipt in receipts(workspace, source)}
        arrived_again(workspace, arrivals, known)
        for arrival in arrivals:
            before = known.get(arrival.content)
            if before and before.judged_with == rules:
                continue
            receipt = Receipt(
                source,
                arrival.name,
                arrival.content,
                rules,
                before.arrived if before else now(),
                arrival.mtime_ns,
                arrival.modified.astimezone().date().isoformat(),
                "refused",
                "",
            )
            try:
                known[arrival.content] = take_one(con, workspace, contract, contracts, arrival, receipt, say, busy)
            except land.StillBeingWritten as error:
                refusals.append(Refusal(arrival.name, now(), str(error), source))
                say(str(error))
    return refusals


def import_judge_ahead(workspace: Workspace, contracts: dict[str, Contract], files: dict[str, list[Path]]) -> None:
    """Importing Great Expectations takes seconds: if a file looks new, it begins while DuckDB reads."""
    seen = {receipt.mtime_ns for source in contracts for receipt in receipts(workspace, source)}
    if any(path.stat().st_mtime_ns not in seen for paths in files.values() for path in paths):
        threading.Thread(target=importlib.import_module, args=["etl.steps.judge"], daemon=True).start()


def take_one(
    con: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    contract: Contract,
    contracts: dict[str, Contract],
    arrival: land.Arrival,
    receipt: Receipt,
    say: Say,
    busy: Say,
) -> Receipt:
    busy(f"Reading {arrival.name}")
    try:
        table = read.readable(arrival, contract, workspace.work)
        conformed = conform(con, arrival, table, contract, workspace.work / f"{arrival.content[:16]}.parquet")
        judge = importlib.import_module("etl.steps.judge")
        results = judge.judge(con, arrival.name, conformed, contract, references(con, workspace, contract, contracts))
        kept = keep(con, workspace, receipt, contract, arrival, table, conformed, results)
    except land.StillBeingWritten:
        raise
    except (land.UnreadableExtract, RefusedExtract) as error:
        arrival.check_unchanged()
        kept = keep_refused(workspace, receipt, str(error))
    finally:
        for left in workspace.work.glob(f"{arrival.content[:16]}*"):
            left.unlink()
        take_back_unvouched(workspace, receipt)
    say(
        f"{arrival.name}: refused. {kept.sentence}" if kept.outcome == "refused" else f"{arrival.name}: {kept.sentence}"
    )
    return kept


def sort_by_source(workspace: Workspace, contracts: dict[str, Contract]) -> tuple[dict[str, list[Path]], list[Refusal]]:
    """Which files are whose, by their names; a file of nobody's, or of two sources', is refused."""
    files: dict[str, list[Path]] = {source: [] for source in contracts}
    refusals = []
    for path in land.inbox(workspace.inbox):
        name = str(path.relative_to(workspace.inbox))
        sources = [source for source, contract in contracts.items() if contract.expects(name)]
        if len(sources) == 1:
            files[sources[0]].append(path)
        elif sources:
            refusals.append(
                Refusal(
                    name,
                    now(),
                    f"{name} could belong to {' or '.join(sources)}; make their file patterns tell it.",
                )
            )
        else:
            patterns = "; ".join(f"{source} ({', '.join(contract.file)})" for source, contract in contracts.items())
            refusals.append(
                Refusal(name, now(), f"{name} belongs to no source by its name; the sources expect {patterns}.")
            )
    return files, refusals


def references_first(contracts: dict[str, Contract]) -> list[str]:
    try:
        return list(
            TopologicalSorter(
                {name: set(contract.refers.values()) for name, contract in contracts.items()}
            ).static_order()
        )
    except CycleError as error:
        raise BadContract(f"These sources refer to each other in a circle: {', '.join(error.args[1])}.") from None


def references(
    con: duckdb.DuckDBPyConnection, workspace: Workspace, contract: Contract, contracts: dict[str, Contract]
) -> dict[str, str]:
    """For each column that refers to another source, the relation that lists the names it knows."""
    known = {}
    for column, source in contract.refers.items():
        counted = parts(contracts[source], receipts(workspace, source))
        if not counted:
            raise RefusedExtract(
                f"{contract.title} names things that {contracts[source].title} must know, and no file of that has been accepted yet; send it first."
            )
        con.execute(f"CREATE OR REPLACE TEMP TABLE reference_{column} (name VARCHAR)")
        for part in counted:
            con.execute(
                f"INSERT INTO reference_{column} SELECT {contracts[source].key[0]} FROM read_parquet(?)",
                [str(part.receipt.path(workspace, "parquet"))],
            )
        known[column] = f"reference_{column}"
    return known


def arrived_again(workspace: Workspace, arrivals: list[land.Arrival], known: dict[str, Receipt]) -> None:
    """A file that comes again unchanged arrives again: it proves its months later, and is the latest word on them.

    Several that come again at once keep the order they first came in.
    """
    newest: dict[str, land.Arrival] = {}
    for arrival in arrivals:
        if arrival.content not in newest or arrival.mtime_ns > newest[arrival.content].mtime_ns:
            newest[arrival.content] = arrival
    again = [
        receipt
        for receipt in known.values()
        if receipt.content in newest and newest[receipt.content].mtime_ns > receipt.mtime_ns
    ]
    for receipt in sorted(again, key=lambda receipt: receipt.arrived):
        arrival = newest[receipt.content]
        seen = arrival.modified.astimezone().date().isoformat()
        known[receipt.content] = replace(
            receipt, arrived=now(), mtime_ns=arrival.mtime_ns, extracted_on=max(seen, receipt.extracted_on)
        )
        write_receipt(workspace, known[receipt.content])


# ---- from the store to a release -----------------------------------------------------------------------------------


def make_release(
    con: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    contracts: dict[str, Contract],
    refusals: list[Refusal],
    as_of: dt.date,
    busy: Say,
) -> Outcome:
    from etl.steps import publish

    held = {source: receipts(workspace, source) for source in contracts}
    counted = {source: parts(contract, held[source]) for source, contract in contracts.items()}
    settled = {source: settled_to(contract, counted[source], as_of) for source, contract in contracts.items()}
    refused = len(refusals) + sum(receipt.outcome == "refused" for kept in held.values() for receipt in kept)
    if not any(counted.values()):
        return Outcome(
            "nothing_new",
            f"Nothing has been accepted yet: drop extracts into {workspace.inbox} and build again.",
            None,
            refused,
        )

    inputs = fingerprint(contracts, held, counted, settled, refusals, as_of, workspace.synthetic.exists())
    names = publish.releases(workspace)
    if names and publish.read_release(workspace, names[-1])["inputs"] == inputs:
        if publish.left_behind(workspace):
            publish.point_at(workspace, names[-1])
        current = publish.current(workspace)
        sentence = f"Nothing has changed since release {names[-1]}"
        sentence += "." if current == names[-1] else f", which was rolled back; {current} stays current."
        return Outcome("nothing_new", sentence, current, refused)

    from etl.steps.measure import measure
    from etl.steps.protect import protect
    from etl.steps.signal import signal
    from etl.steps.units import lay_out_units

    busy("Measuring")
    queries = core_queries(SQL / "core")
    live = {name: each for name, each in indicator_files.load(SQL / "indicators").items() if each.status != "draft"}
    lay_out_sources(con, workspace, contracts, counted, as_of)
    run_core(con, queries, set(contracts))
    levels = lay_out_units(con, contracts)
    sources = {name: lineage(indicator.reads, queries) for name, indicator in live.items()}
    measure(con, live, sources, levels)
    indicator_settled = {
        name: min((settled[source] for source in behind if settled[source]), default=None)
        for name, behind in sources.items()
    }
    protect(con, live, indicator_settled)
    busy("Looking for change")
    signal(con, live)

    release = publish.next_name(workspace, dt.datetime.now().astimezone().date())
    busy("Checking and publishing")
    meta = {
        "meta.release": [
            {
                "release": release,
                "built_at": dt.datetime.now(dt.UTC).replace(tzinfo=None),
                "as_of": as_of,
                "engine": f"duckdb {duckdb.__version__}",
                "version": VERSION,
                "format": publish.FORMAT,
                "settled_to": max(filter(None, settled.values()), default=None),
                "synthetic": workspace.synthetic.exists(),
                "inputs": inputs,
            }
        ],
        **describe_sources(contracts, held, counted, settled, refusals),
        "meta.indicator": [
            asdict(indicator)
            | {
                "levels": list(indicator.levels),
                "settled_to": indicator_settled[name],
                "sources": sorted(sources[name]),
            }
            for name, indicator in live.items()
        ],
    }
    publish.publish(con, workspace, release, meta)
    return Outcome("published", f"Published release {release}.", release, refused)


def describe_sources(
    contracts: dict[str, Contract],
    held: dict[str, list[Receipt]],
    counted: dict,
    settled: dict[str, dt.date | None],
    refusals: list[Refusal],
) -> dict[str, list[dict]]:
    """The records of what arrived: sources, files, expectations, unknown names."""
    described: dict[str, list[dict]] = {
        "meta.source": [],
        "meta.file": [],
        "meta.expectation": [],
        "meta.unknown_name": [],
    }
    accounts = ("rows_read", "rows_accepted", "rows_quarantined", "rows_left_out")
    for source, contract in contracts.items():
        gone = replaced(contract, held[source], counted[source])
        standing = [receipt for receipt in held[source] if receipt.outcome == "accepted" and receipt.hash not in gone]
        described["meta.source"].append(
            {
                "source": source,
                "title": contract.title,
                "owner": contract.owner,
                "settled_to": settled[source],
                "files": len(standing),
                **{account: sum(getattr(receipt, account) for receipt in standing) for account in accounts},
                "complete_after_days": contract.complete_after_days,
                "published": contract.published,
            }
        )
        unknown: dict[str, int] = {}
        for receipt in held[source]:
            described["meta.file"].append(
                {
                    "source": source,
                    "file": receipt.file,
                    "arrived": _utc(receipt.arrived),
                    "outcome": receipt.outcome,
                    "sentence": receipt.sentence,
                    **{account: getattr(receipt, account) for account in accounts},
                    "from_month": dt.date.fromisoformat(receipt.months[0]) if receipt.months else None,
                    "to_month": dt.date.fromisoformat(receipt.months[-1]) if receipt.months else None,
                    "replaced": receipt.hash in gone,
                    "set_aside": receipt.set_aside,
                }
            )
        for receipt in standing:
            described["meta.expectation"] += [
                {"source": source, "file": receipt.file, **result} for result in receipt.expectations
            ]
            for name, rows in receipt.unknown_names.items():
                unknown[name] = unknown.get(name, 0) + rows
        described["meta.unknown_name"] += [
            {"source": source, "name": name, "rows": rows} for name, rows in sorted(unknown.items())
        ]
    described["meta.file"] += [
        {
            "source": refusal.source,
            "file": refusal.file,
            "arrived": _utc(refusal.arrived),
            "outcome": "refused",
            "sentence": refusal.sentence,
            **dict.fromkeys(accounts, 0),
            "from_month": None,
            "to_month": None,
            "replaced": False,
            "set_aside": [],
        }
        for refusal in refusals
    ]
    return described


def _utc(moment: str) -> dt.datetime:
    return dt.datetime.fromisoformat(moment).astimezone(dt.UTC).replace(tzinfo=None)


def fingerprint(
    contracts: dict[str, Contract],
    held: dict[str, list[Receipt]],
    counted: dict,
    settled: dict[str, dt.date | None],
    refusals: list[Refusal],
    as_of: dt.date,
    synthetic: bool,
) -> str:
    """Of everything a release is made of: the same inputs and settled months publish nothing new."""
    months = sorted(
        {month for kept in counted.values() for part in kept for month in part.months or part.receipt.months}
    )
    seen = [month for month in months if dt.date.fromisoformat(month) <= as_of]
    record = {
        "version": VERSION,
        "contracts": {source: contract.fingerprint for source, contract in contracts.items()},
        "parts": {source: [(part.receipt.hash, part.months) for part in kept] for source, kept in counted.items()},
        "files": sorted(
            (receipt.file, receipt.hash, receipt.outcome, receipt.sentence)
            for kept in held.values()
            for receipt in kept
        ),
        "refusals": sorted((refusal.file, refusal.sentence) for refusal in refusals),
        "settled": settled,
        "seen": seen[-1:],
        "synthetic": synthetic,
        "sql": {
            str(path.relative_to(SQL)): path.read_text(encoding="utf-8")
            for path in sorted(SQL.rglob("*.sql"))
            if path.parent.name != "app"
        },
    }
    return hashlib.sha256(json.dumps(record, default=str, sort_keys=True).encode()).hexdigest()
