"""Takes in a group of one source's files: reads them side by side, judges those of the same headings together, keeps each."""

import datetime as dt
import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import duckdb

from etl.config.contracts import Contract
from etl.database import side_by_side
from etl.errors import is_about_a_file, note
from etl.intake import land, read
from etl.intake.acceptance import expect_acceptable
from etl.intake.cell_sql import Meanings
from etl.intake.conform import Conformed, conform
from etl.intake.keep import forget_other_judgements, keep, keep_refused, take_back_unvouched
from etl.paths import Workspace
from etl.store.receipts import Receipt, RefusedExtract, Result, now

Say = Callable[[str], None]  # how a build tells what it did, and what it is busy with


@dataclass(frozen=True)
class Refusal:
    """A file that was refused in this build and left no receipt: no source expects it, or it is still being written."""

    file: str
    arrived: str
    sentence: str
    source: str | None = None


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
    contracts: dict[str, Contract],
    contract: Contract,
    due: list[tuple[land.Arrival, Receipt]],
    meanings_of: Callable[[], Meanings],
    outdone: dict[str, list[Receipt]],
    kept: set[str],
    today: dt.date,
    say: Say,
    busy: Say,
) -> list[Refusal]:
    """Reads a group of one source's files side by side, judges those of the same headings together, and keeps each: its hash
    is added to `kept`. `outdone`: by content, the receipts that a file had until now."""
    refusals: list[Refusal] = []

    @contextmanager
    def refusing(arrival: land.Arrival, receipt: Receipt) -> Iterator[None]:
        """What is wrong with a file is that file's affair: the others go on."""
        try:
            try:
                yield
            except land.StillBeingWritten:
                raise
            except Exception as error:
                if not is_about_a_file(error):
                    raise
                arrival.check_unchanged()
                if not isinstance(error, land.UnreadableExtract | RefusedExtract):
                    error = RefusedExtract(unexpected(workspace, arrival.name, error))
                refused = keep_refused(workspace, receipt, error)
                forget_other_judgements(workspace, refused, outdone.get(receipt.content, ()))
                say(f"{arrival.name}: refused. {refused.sentence}")
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
        for file, judgement in judgements(con, files, contract):
            with refusing(file.arrival, file.receipt):
                if isinstance(judgement, Exception):
                    raise judgement
                name, table, conformed = file.arrival.name, file.table, file.conformed
                expect_acceptable(con, workspace, name, contracts, contract, table, conformed, judgement, today)
                accepted = keep(con, workspace, file.receipt, contract, file.arrival, table, conformed, judgement)
                forget_other_judgements(workspace, accepted, outdone.get(accepted.content, ()))
                kept.add(accepted.hash)
                say(f"{name}: {accepted.sentence}")
    return refusals


def judgements(
    con: duckdb.DuckDBPyConnection, files: list[Readable], contract: Contract
) -> Iterator[tuple[Readable, list[Result] | Exception]]:
    """Each file with what was checked of it, or why it must not be used. They are judged together; where that meets what
    nobody expected, those that are left are judged one by one, so that only the file at fault is refused."""
    judge, done = importlib.import_module("etl.intake.expectations.judge"), 0
    try:
        for judgement in judge.judged(con, [(file.arrival.name, file.conformed) for file in files], contract):
            yield files[done], judgement
            done += 1
    except Exception as error:
        if not is_about_a_file(error):
            raise
        if len(files) == 1:
            yield files[0], error
            return
        for file in files[done:]:
            yield from judgements(con, [file], contract)


def unexpected(workspace: Workspace, name: str, error: Exception) -> str:
    """The sentence for a file with which something happened that nobody expected; what it was goes into the log."""
    log = note(workspace, error, f"reading {name}")
    details = f"; the details are in {log.name}" if log else ""
    return f"{name} cannot be read: Kinship met something in it that it did not expect{details}. Export it again."
