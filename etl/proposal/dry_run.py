"""Tries a proposal: takes the sample in as a build would, in a workspace of its own that is thrown away, and says what each
row becomes and what was found. People are told apart and not told."""

import datetime as dt
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import duckdb

from etl.build import load_contracts
from etl.config import settings
from etl.config.contracts import Contract
from etl.database import connect
from etl.intake.take_in import take_in
from etl.intake.unit_names import references
from etl.paths import Workspace
from etl.privacy import pseudonyms
from etl.proposal import folder
from etl.store.receipts import Receipt, read_receipts

SHOWN = 20  # rows, of those accepted and of those set aside
Record = dict[str, Any]


def attempt(path: Path, proposal: Record, workspace: Workspace) -> Record:
    """What became of the sample. Raises BadContract where the proposal itself cannot stand."""
    known = load_contracts(workspace)
    with tempfile.TemporaryDirectory(prefix="kinship-") as home:
        trial = Workspace(Path(home))
        trial.make()
        contract = folder.write(proposal, trial.expectations, known)
        around = _around(contract, known)
        for source in around:  # what is known of units; nobody stands in it
            if (held := workspace.store / source).is_dir() and not any(c.person for c in known[source].columns):
                shutil.copytree(held, trial.store / source)
        # The workspace's settings may name a server and a password; its key stays where it is, and a new one is made for the trial.
        trial.settings.write_text(f"timezone: {json.dumps(settings.read(workspace).timezone)}\n", encoding="utf-8")
        ending = path.suffix if path.suffix.isascii() and path.suffix[1:].isalnum() else ""
        shutil.copyfile(path, trial.inbox / f"{contract.file[0].replace('*', 'sample')}{ending}")
        con = connect(trial)
        try:
            refusals = take_in(con, trial, around | {contract.source: contract}, _quietly, _quietly)
            found = read_receipts(trial, contract.source)
            if not found:
                return {"outcome": "refused", "sentence": " ".join(refusal.sentence for refusal in refusals)}
            return _told(con, trial, contract, found[-1])
        finally:
            con.close()


def _quietly(_: str) -> None:
    pass


def _around(contract: Contract, known: dict[str, Contract]) -> dict[str, Contract]:
    """The sources that say what its units are called, and those that these need."""
    wanted, due = {}, references(contract, known | {contract.source: contract})
    while due:
        source = due.pop()
        if source not in wanted and source != contract.source:
            wanted[source] = known[source]
            due |= references(known[source], known)
    return wanted


def _told(con: duckdb.DuckDBPyConnection, trial: Workspace, contract: Contract, receipt: Receipt) -> Record:
    """The receipt, and the first rows of what it vouches for."""
    told = {
        "outcome": receipt.outcome,
        "sentence": receipt.sentence,
        "rows_read": receipt.rows_read,
        "rows_accepted": receipt.rows_accepted,
        "rows_quarantined": receipt.rows_quarantined,
        "rows_left_out": receipt.rows_left_out,
        "months": receipt.months,
        "set_aside": receipt.set_aside,
        "unknown_names": dict(sorted(receipt.unknown_names.items(), key=lambda item: -item[1])[:50]),
        "expectations": receipt.expectations,
        "columns": [column.name for column in contract.columns] + (["month"] if contract.month_of else []),
        "accepted": [],
        "rejected": [],
    }
    if receipt.outcome != "accepted":
        return told
    persons = {column.name for column in contract.columns if column.person}
    listed = ", ".join(told["columns"])
    rows = con.read_parquet(str(receipt.path(trial, "parquet"))).project(listed).limit(SHOWN).fetchall()
    told["accepted"] = [
        [
            pseudonyms.shown(cell) if name in persons else _plain(cell)
            for name, cell in zip(told["columns"], row, strict=True)
        ]
        for row in rows
    ]
    rejected = receipt.path(trial, "rejected.parquet")
    if rejected.exists():
        found = con.read_parquet(str(rejected)).order("line").limit(SHOWN).fetchall()
        told["rejected"] = [
            {
                "line": line,
                "why": "; ".join(f"{reason['heading']} {reason['reason']}".strip() for reason in reasons),
                "cells": json.loads(cells),
            }
            for line, reasons, cells in found
        ]
    return told


def _plain(cell: Any) -> Any:
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ", timespec="minutes")
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return cell
