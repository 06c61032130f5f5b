"""A workspace in which files are taken in without a verb around it: what is slow to import is imported once."""

import datetime as dt
import os
import resource
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from etl.config import contracts as contract_files
from etl.database import connect
from etl.intake import take_in
from etl.paths import Workspace
from etl.store import format
from etl.store.receipts import Receipt, read_receipts

BEDS = """
title: Beds
owner: x
file: beds*
published: true
each_file: {each_file}
key: [unit, month_end]
month_of: month_end
brings_teams: [{{level: team, column: unit}}, {{level: organisation, unit: ORG, title: Northmere}}]
columns:
  unit: {{headers: [Unit]}}
  month_end: {{headers: [Month], type: date, format: "%d/%m/%Y"}}
  beds: {{headers: [Beds], type: number, optional: true}}
"""
SHIFTS = """
title: Rota
owner: x
file: rota*
each_file: {each_file}
key: [shift]
month_of: starts
brings_teams: [{{level: team, column: ward}}, {{level: organisation, unit: ORG, title: Northmere}}]
columns:
  shift: {{headers: [Shift]}}
  ward: {{headers: [Ward]}}
  person: {{headers: [Staff Number], person: true, optional: true}}
  starts: {{headers: [Starts], type: timestamp, format: "%d/%m/%Y %H:%M"}}
  hours: {{headers: [Hours], type: number, optional: true}}
"""
TREE = """
title: Teams
owner: x
file: teams*
published: true
each_file: replaces_all
key: [unit, begins]
hierarchy: {unit: unit, title: title, level: level, parent: parent, from_month: begins, to_month: ends, successor: successor}
columns:
  unit: {headers: [Unit]}
  title: {headers: [Title], optional: true}
  level: {headers: [Level]}
  parent: {headers: [Parent], optional: true}
  begins: {headers: [From], type: date, format: "%d/%m/%Y"}
  ends: {headers: [To], type: date, format: "%d/%m/%Y", optional: true}
  successor: {headers: [Successor], optional: true, heading_optional: true}
"""


@dataclass
class Intake:
    """An inbox, what the sources are, and everything that taking in has said."""

    workspace: Workspace
    said: list[str] = field(default_factory=list)
    clock: int = 1_700_000_000

    def source(self, name: str, contract: str, suite: str = "expectations: []\n") -> None:
        folder = self.workspace.expectations / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "contract.yaml").write_text(contract, encoding="utf-8")
        (folder / "suite.yaml").write_text(suite, encoding="utf-8")

    def drop(self, name: str | bytes, content: str | bytes) -> Path:
        path = Path(os.fsdecode(os.path.join(os.fsencode(self.workspace.inbox), os.fsencode(name))))  # noqa: PTH118
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.clock += 60
        os.utime(path, (self.clock, self.clock))
        return path

    def take(self) -> list[take_in.Refusal]:
        """Takes in what is there; `said` is what was said."""
        self.said = []
        contracts = contract_files.load([self.workspace.expectations])
        con = connect(self.workspace)
        try:
            format.bring_up_to_date(self.workspace, self.said.append)
            return take_in.take_in(con, self.workspace, contracts, self.said.append, lambda _: None)
        finally:
            con.close()

    def receipts(self, source: str = "beds") -> dict[str, Receipt]:
        return {receipt.file: receipt for receipt in read_receipts(self.workspace, source)}

    def rows(self, receipt: Receipt) -> list[tuple]:
        with duckdb.connect() as con:
            return con.read_parquet(str(receipt.path(self.workspace, "parquet"))).fetchall()

    def assert_tidy(self) -> None:
        """Nothing unfinished stays, and nothing in the store is without a receipt that can be read."""
        assert list(self.workspace.work.iterdir()) == []
        for folder in (path for path in self.workspace.store.iterdir() if path.is_dir() and path.name != ".work"):
            vouched = {receipt.hash for receipt in read_receipts(self.workspace, folder.name)}
            assert {path.name.split(".")[0] for path in folder.iterdir()} == vouched


def intake_in(folder: Path) -> Intake:
    workspace = Workspace(folder)
    workspace.make()
    return Intake(workspace)


def beds(*rows: str, each_file: str = "") -> str:
    return "Unit,Month,Beds\n" + "".join(f"{row}\n" for row in rows)


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def little_memory(megabytes: int):
    """This process may use no more than so much in addition to what it has: beyond, Python and DuckDB have none left."""
    status = Path("/proc/self/statm").read_text(encoding="ascii").split()
    now = int(status[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (now + (megabytes << 20), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)
