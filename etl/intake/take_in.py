"""The first half of a build, from the inbox to the store: land, conform, judge, keep; each file once, and each accounted for."""

import importlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import duckdb

from etl.config import settings
from etl.config.contracts import BadContract, Contract, unit_column
from etl.config.settings import Settings
from etl.errors import is_about_a_file
from etl.intake import land, unit_names
from etl.intake.cell_sql import Meanings, Names
from etl.intake.file_group import Refusal, Say, take, unexpected
from etl.intake.keep import tidy
from etl.intake.replacement import divided, replacements
from etl.paths import Workspace
from etl.privacy import pseudonyms
from etl.store.receipts import (
    Receipt,
    RefusedExtract,
    judged_with,
    now,
    read_receipts,
    unreadable_arrival,
    unreadable_receipts,
    write_receipt,
)

FILES_AT_ONCE = 32  # that are read and judged before they are kept: more cost memory, fewer cost time


def take_in(
    con: duckdb.DuckDBPyConnection, workspace: Workspace, contracts: dict[str, Contract], say: Say, busy: Say
) -> list[Refusal]:
    """Lands, conforms, judges and keeps every file of the inbox that is new or judged by other rules than before.

    Raises BadSettings, BadKey where the store's people were hashed with another key, and DiskFull or OutOfMemory,
    which are no file's affair; whatever else is raised about one file refuses that file.
    """
    said = settings.read(workspace)
    accepted = (
        receipt for source in contracts for receipt in read_receipts(workspace, source) if receipt.outcome == "accepted"
    )
    pseudonyms.expect_key(workspace, (receipt.key for receipt in accepted))
    sorted_files, refusals = sort_by_source(workspace, contracts)
    for refusal in refusals:
        say(f"{refusal.file}: refused. {refusal.sentence}")
    for folder in land.look_into(workspace.inbox)[1]:
        name = land.shown_name(folder, workspace.inbox)
        if name not in {refusal.file for refusal in refusals}:
            say(f"{name} is an empty folder.")
    import_judge_ahead(workspace, contracts, sorted_files)
    contents: set[str] = set()
    for source in references_first(contracts):
        known_names = unit_names.names_known(con, workspace, contracts[source], contracts)
        rules = judged_with(contracts[source], unit_names.fingerprint(known_names), said.timezone)
        meanings = partial(meanings_of, workspace, contracts[source], contracts, known_names, said, {})
        refusals += take_source(
            con, workspace, contracts, source, sorted_files[source], rules, contents, meanings, said, say, busy
        )
    return refusals


def take_source(
    con: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    contracts: dict[str, Contract],
    source: str,
    paths: list[Path],
    rules: str,
    contents: set[str],
    meanings: Callable[[], Meanings],
    said: Settings,
    say: Say,
    busy: Say,
) -> list[Refusal]:
    """The files of one source, by groups, each of which is kept before the next is read. Adds to `contents` what was met."""
    contract, refusals = contracts[source], []
    # A file of the same name, size and time as when it was judged by these rules is not read again.
    as_judged = {
        (receipt.file, receipt.mtime_ns, receipt.size): receipt.content
        for receipt in read_receipts(workspace, source)
        if receipt.judged_with == rules
    }
    unknown = []
    for path in paths:
        with suppress(FileNotFoundError):
            if content := as_judged.get(land.name_and_stamp(path, workspace.inbox)):
                contents.add(content)
            else:
                unknown.append(path)
    arrivals = arrived(workspace, source, unknown, refusals, say)
    contents |= {arrival.content for arrival in arrivals}
    before = tidy(workspace, source, contents, rules)
    known = {receipt.content: receipt for receipt in before}
    arrived_again(workspace, arrivals, known, said)
    latest, due = max((receipt.arrived for receipt in known.values()), default=""), []
    for arrival in arrivals:
        earlier = known.get(arrival.content)
        if earlier and earlier.judged_with == rules:
            continue
        day = said.day_of(arrival.modified).isoformat()
        receipt = Receipt(
            source,
            arrival.name,
            arrival.content,
            rules,
            earlier.arrived if earlier else "",
            arrival.mtime_ns,
            day,
            "refused",
            "",
            size=arrival.size,
        )
        if not earlier:
            came = unreadable_arrival(receipt.path(workspace, "receipt.json")) or (latest := now(latest))
            receipt = replace(receipt, arrived=came)
        known[arrival.content] = receipt
        due.append((arrival, receipt))
    outdone: dict[str, list[Receipt]] = {}
    for receipt in before:
        outdone.setdefault(receipt.content, []).append(receipt)
    kept: set[str] = set()
    for first in range(0, len(due), FILES_AT_ONCE):
        group = due[first : first + FILES_AT_ONCE]
        try:
            refusals += take(
                con, workspace, contracts, contract, group, meanings, outdone, kept, said.today(), say, busy
            )
        finally:
            for left in workspace.work.iterdir():
                if left.is_file():
                    left.unlink()
    tell_replaced(con, workspace, contracts, source, kept, say)
    for path in unreadable_receipts(workspace, source):
        name = f"store/{source}/{path.name}"
        sentence = (
            f"{name} is cut short or odd, so it vouches for nothing, and its file is not in the inbox any more. Send that again, "
            "or put the receipt back from a backup; then this one may be deleted."
        )
        refusals.append(Refusal(name, now(), sentence, source))
        say(sentence)
    return refusals


def arrived(
    workspace: Workspace, source: str, paths: list[Path], refusals: list[Refusal], say: Say
) -> list[land.Arrival]:
    """Reads each file once, to know it by its content; what cannot be read is added to the refusals."""
    arrivals = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        landed = [pool.submit(land.arrive, path, workspace.inbox) for path in paths]
    for path, arrival in zip(paths, landed, strict=True):
        try:
            arrivals.append(arrival.result())
        except FileNotFoundError:
            continue
        except Exception as error:
            name, sentence = land.shown_name(path, workspace.inbox), str(error)
            if not isinstance(error, land.StillBeingWritten):
                if not is_about_a_file(error):
                    raise
                sentence = unexpected(workspace, name, error)
            refusals.append(Refusal(name, now(), sentence, source))
            say(sentence)
    return arrivals


def tell_replaced(
    con: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    contracts: dict[str, Contract],
    source: str,
    kept: set[str],
    say: Say,
) -> None:
    """Says what the files just `kept` (by hash) replaced, and notes of those that seem to divide a month with one another."""
    if not kept:
        return
    contract, unit = contracts[source], unit_column(contracts[source], contracts)
    for replacement in replacements(contract, read_receipts(workspace, source)):
        if replacement.by.hash not in kept:
            continue
        say(str(replacement))
        if replacement.months and replacement.of.hash in kept:
            sentence = divided(con, workspace, contract, replacement, unit)
            if sentence and not replacement.by.shares_months:
                say(f"{replacement.by.file}: {sentence}")
                both = f"{replacement.by.sentence} {sentence}"
                write_receipt(workspace, replace(replacement.by, sentence=both, shares_months=sentence))


def import_judge_ahead(workspace: Workspace, contracts: dict[str, Contract], files: dict[str, list[Path]]) -> None:
    """Importing Great Expectations takes seconds: if a file looks new, it begins while DuckDB reads."""
    seen = {receipt.mtime_ns for source in contracts for receipt in read_receipts(workspace, source)}
    with suppress(FileNotFoundError):
        if any(path.stat().st_mtime_ns not in seen for paths in files.values() for path in paths):
            threading.Thread(
                target=importlib.import_module, args=["etl.intake.expectations.judge"], daemon=True
            ).start()


def sort_by_source(workspace: Workspace, contracts: dict[str, Contract]) -> tuple[dict[str, list[Path]], list[Refusal]]:
    """Which files are whose, by their names; a file of nobody's, or of two sources', is refused."""
    files: dict[str, list[Path]] = {source: [] for source in contracts}
    arrived, empty, others = land.look_into(workspace.inbox)
    refusals = [Refusal(name, now(), sentence) for name, sentence in others.items()]
    for folder in empty:
        if any(contract.expects(folder.name) for contract in contracts.values()):
            name = land.shown_name(folder, workspace.inbox)
            sentence = f"{name} is an empty folder and not a file; put the file itself into the inbox."
            refusals.append(Refusal(name, now(), sentence))
    for path in arrived:
        name = land.shown_name(path, workspace.inbox)
        sources = [source for source, contract in contracts.items() if contract.expects(str(path))]
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
    graph = {name: unit_names.references(contract, contracts) for name, contract in contracts.items()}
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
    key = pseudonyms.key(workspace) if any(column.person for column in contract.columns) else None
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
    latest = max((receipt.arrived for receipt in known.values()), default="")
    again = [
        receipt
        for receipt in known.values()
        if receipt.content in newest and newest[receipt.content].mtime_ns > receipt.mtime_ns
    ]
    for receipt in sorted(again, key=lambda receipt: receipt.arrived):
        arrival = newest[receipt.content]
        seen = said.day_of(arrival.modified).isoformat()
        latest = now(latest)
        known[receipt.content] = replace(
            receipt, arrived=latest, mtime_ns=arrival.mtime_ns, extracted_on=max(seen, receipt.extracted_on)
        )
        write_receipt(workspace, known[receipt.content])
