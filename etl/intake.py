"""The first half of a build, from the inbox to the store: land, conform, judge, keep; each file once, and each accounted for."""

import importlib
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import duckdb

from etl import people, settings
from etl.contracts import BadContract, Contract
from etl.engine import side_by_side
from etl.paths import Workspace
from etl.printable import is_text, printable
from etl.settings import Settings
from etl.steps import land, names, read
from etl.steps.cells import Meanings, Names
from etl.steps.conform import Conformed, conform
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
    """Lands, conforms, judges and keeps every file of the inbox that is new or judged by other rules than before.

    Raises BadSettings, and BadKey where the store's people were hashed with another key.
    """
    said = settings.read(workspace)
    accepted = (
        receipt for source in contracts for receipt in receipts(workspace, source) if receipt.outcome == "accepted"
    )
    people.expect_key(workspace, (receipt.key for receipt in accepted))
    sorted_files, refusals = sort_by_source(workspace, contracts)
    for refusal in refusals:
        say(f"{refusal.file}: refused. {refusal.sentence}")
    import_judge_ahead(workspace, contracts, sorted_files)
    contents: set[str] = set()
    for source in references_first(contracts):
        contract = contracts[source]
        known_names = names.names_known(con, workspace, contract, contracts)
        rules = judged_with(contract, names.fingerprint(known_names), said.timezone)
        # A file of the same name, size and time as when it was judged by these rules is not read again.
        as_judged = {
            (receipt.file, receipt.mtime_ns, receipt.size): receipt.content
            for receipt in receipts(workspace, source)
            if receipt.judged_with == rules
        }
        unknown = []
        for path in sorted_files[source]:
            with suppress(FileNotFoundError):
                if content := as_judged.get(land.name_and_stamp(path, workspace.inbox)):
                    contents.add(content)
                else:
                    unknown.append(path)
        arrivals = []
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            landed = [pool.submit(land.arrive, path, workspace.inbox) for path in unknown]
        for path, arrival in zip(unknown, landed, strict=True):
            try:
                arrivals.append(arrival.result())
            except FileNotFoundError:
                continue
            except land.StillBeingWritten as error:
                refusals.append(Refusal(str(path.relative_to(workspace.inbox)), now(), str(error), source))
                say(str(error))
        contents |= {arrival.content for arrival in arrivals}
        tidy(workspace, source, contents, rules)
        known = {receipt.content: receipt for receipt in receipts(workspace, source)}
        arrived_again(workspace, arrivals, known, said)
        meanings = partial(meanings_of, workspace, contract, contracts, known_names, said, {})
        due = []
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
                said.day_of(arrival.modified).isoformat(),
                "refused",
                "",
                size=arrival.size,
            )
            known[arrival.content] = receipt
            due.append((arrival, receipt))
        try:
            refusals += take(con, workspace, contract, due, meanings, say, busy)
        finally:
            for left in workspace.work.iterdir():
                if left.is_file():
                    left.unlink()
    return refusals


def import_judge_ahead(workspace: Workspace, contracts: dict[str, Contract], files: dict[str, list[Path]]) -> None:
    """Importing Great Expectations takes seconds: if a file looks new, it begins while DuckDB reads."""
    seen = {receipt.mtime_ns for source in contracts for receipt in receipts(workspace, source)}
    with suppress(FileNotFoundError):
        if any(path.stat().st_mtime_ns not in seen for paths in files.values() for path in paths):
            threading.Thread(target=importlib.import_module, args=["etl.steps.judge"], daemon=True).start()


@dataclass(frozen=True)
class Readable:
    """A file that could be read, in our columns, and the receipt that it will have."""

    arrival: land.Arrival
    receipt: Receipt
    table: read.Table
    conformed: Conformed


def take(
    con: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    contract: Contract,
    due: list[tuple[land.Arrival, Receipt]],
    meanings_of: Callable[[], Meanings],
    say: Say,
    busy: Say,
) -> list[Refusal]:
    """Reads the files of one source side by side, judges those of the same headings together, and keeps each."""
    refusals: list[Refusal] = []
    if not due:
        return refusals

    @contextmanager
    def refusing(arrival: land.Arrival, receipt: Receipt) -> Iterator[None]:
        """What is wrong with a file is that file's affair: the others go on."""
        try:
            try:
                yield
            except land.StillBeingWritten:
                raise
            except (land.UnreadableExtract, RefusedExtract) as error:
                arrival.check_unchanged()
                kept = keep_refused(workspace, receipt, error)
                say(f"{arrival.name}: refused. {kept.sentence}")
        except land.StillBeingWritten as error:
            refusals.append(Refusal(arrival.name, now(), str(error), contract.source))
            say(str(error))
        finally:
            take_back_unvouched(workspace, receipt)

    try:
        meanings = meanings_of()
    except RefusedExtract as wanting:
        for arrival, receipt in due:
            with refusing(arrival, receipt):
                raise wanting
        return refusals

    def read_one(con: duckdb.DuckDBPyConnection, one: tuple[land.Arrival, Receipt]) -> Readable:
        arrival, receipt = one
        table = read.readable(arrival, contract, workspace.work)
        receipt = replace(receipt, key=meanings.key.fingerprint if meanings.key else "")
        out = workspace.work / f"{arrival.content[:16]}.parquet"
        return Readable(arrival, receipt, table, conform(con, arrival, table, contract, out, meanings))

    alike: dict[tuple, list[Readable]] = {}
    with side_by_side(con, workspace, read_one, due) as readers:
        for (arrival, receipt), reader in zip(due, readers, strict=True):
            busy(f"Reading {arrival.name}")
            with refusing(arrival, receipt):
                found = reader.result()
                alike.setdefault(tuple(sorted(found.conformed.headings.items())), []).append(found)
    for files in alike.values():
        busy(f"Checking {files[0].arrival.name}" + (f" and {len(files) - 1} more" if len(files) > 1 else ""))
        judge = importlib.import_module("etl.steps.judge")
        judgements = judge.judged(con, [(file.arrival.name, file.conformed) for file in files], contract)
        for file, judgement in zip(files, judgements, strict=True):
            with refusing(file.arrival, file.receipt):
                if isinstance(judgement, RefusedExtract):
                    raise judgement
                kept = keep(con, workspace, file.receipt, contract, file.arrival, file.table, file.conformed, judgement)
                say(f"{file.arrival.name}: {kept.sentence}")
    return refusals


def sort_by_source(workspace: Workspace, contracts: dict[str, Contract]) -> tuple[dict[str, list[Path]], list[Refusal]]:
    """Which files are whose, by their names; a file of nobody's, or of two sources', is refused."""
    files: dict[str, list[Path]] = {source: [] for source in contracts}
    refusals = []
    for path in land.inbox(workspace.inbox):
        name = str(path.relative_to(workspace.inbox))
        if path.is_symlink():  # whoever may write here shall not have us read what they may not
            refusals.append(
                Refusal(name, now(), f"{name} is a link to somewhere else; put the file itself into the inbox.")
            )
            continue
        if not is_text(name):
            name = printable(name)
            refusals.append(Refusal(name, now(), f"{name} is called by what is no text; give the file another name."))
            continue
        if "\\" in name and set(name) & set("*?["):  # DuckDB takes it for a pattern, however it is written
            refusals.append(
                Refusal(
                    name, now(), f"{name} has a backslash beside *, ? or [ in its name; give the file another name."
                )
            )
            continue
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
    graph = {name: names.references(contract, contracts) for name, contract in contracts.items()}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise BadContract(f"These sources refer to each other in a circle: {', '.join(error.args[1])}.") from None


def meanings_of(
    workspace: Workspace,
    contract: Contract,
    contracts: dict[str, Contract],
    known: dict[str, Names | None],
    said: Settings,
    met: dict[str, dict[str, int | None]],
) -> Meanings:
    """What this source's cells mean here. Raises RefusedExtract while a reference is wanting, and BadKey."""
    for column, names_of_it in known.items():
        if names_of_it is None:
            raise RefusedExtract(
                f"{contract.title} names things that {contracts[contract.refers[column]].title} must know, and no file of "
                "that has been accepted yet; send it first."
            )
    key = people.key(workspace) if any(column.person for column in contract.columns) else None
    return Meanings(key, {column: each for column, each in known.items() if each}, said.timezone, met)


def arrived_again(
    workspace: Workspace, arrivals: list[land.Arrival], known: dict[str, Receipt], said: Settings
) -> None:
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
        seen = said.day_of(arrival.modified).isoformat()
        known[receipt.content] = replace(
            receipt, arrived=now(), mtime_ns=arrival.mtime_ns, extracted_on=max(seen, receipt.extracted_on)
        )
        write_receipt(workspace, known[receipt.content])
