"""The first half of a build, from the inbox to the store: land, conform, judge, keep; each file once, and each accounted for."""

import importlib
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import duckdb

from etl.contracts import BadContract, Contract
from etl.paths import Workspace
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
from etl.steps.model import parts

Say = Callable[[str], None]  # how a build tells what it did, and what it is busy with


@dataclass(frozen=True)
class Refusal:
    """A file that was refused in this build and left no receipt: no source expects it, or it is still being written."""

    file: str
    arrived: str
    sentence: str
    source: str | None = None


def take_in(
    con: duckdb.DuckDBPyConnection, workspace: Workspace, contracts: dict[str, Contract], say: Say, busy: Say
) -> list[Refusal]:
    """Lands, conforms, judges and keeps every file of the inbox that is new or judged by other rules than before."""
    sorted_files, refusals = sort_by_source(workspace, contracts)
    for refusal in refusals:
        say(f"{refusal.file}: refused. {refusal.sentence}")
    import_judge_ahead(workspace, contracts, sorted_files)
    contents: set[str] = set()
    for source in references_first(contracts):
        contract = contracts[source]
        rules = judged_with(
            contract,
            [r for other in sorted(set(contract.refers.values())) for r in receipts(workspace, other)],
        )
        # A file of the same name, size and time as when it was judged by these rules is not read again.
        as_judged = {
            (receipt.file, receipt.mtime_ns, receipt.size): receipt.content
            for receipt in receipts(workspace, source)
            if receipt.judged_with == rules
        }
        arrivals = []
        for path in sorted_files[source]:
            try:
                if content := as_judged.get(land.name_and_stamp(path, workspace.inbox)):
                    contents.add(content)
                else:
                    arrivals.append(land.arrive(path, workspace.inbox))
            except FileNotFoundError:
                continue
            except land.StillBeingWritten as error:
                refusals.append(Refusal(str(path.relative_to(workspace.inbox)), now(), str(error), source))
                say(str(error))
        contents |= {arrival.content for arrival in arrivals}
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
                size=arrival.size,
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
    with suppress(FileNotFoundError):
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
        kept = keep_refused(workspace, receipt, error)
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
                f"{contract.title} names things that {contracts[source].title} must know, and no file of that has been "
                "accepted yet; send it first."
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
