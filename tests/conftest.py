"""What every test may use: an empty workspace, a way to run the engine's verbs in it, and extracts to drop into it."""

import csv
import io
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
from hypothesis import settings
from typer.testing import CliRunner

from etl.__main__ import app
from etl.paths import Workspace

# The same examples every time, so that a run is red for what was changed; `--hypothesis-profile=default` looks further.
settings.register_profile("kinship", derandomize=True)
settings.register_profile("nightly", max_examples=5_000, deadline=None)  # hours: other examples every time
settings.load_profile("kinship")

PROJECT = Path(__file__).resolve().parent.parent
REAL_DATA = PROJECT.parent / "shared" / "data"

SICKNESS = [
    *("DATE", "NHSE_REGION_CODE", "NHSE_REGION_NAME", "ICS_CODE", "ICS_NAME", "ORG_CODE", "ORG_NAME", "STAFF_GROUP"),
    *("FTE_DAYS_LOST", "FTE_DAYS_AVAILABLE"),
]
HOURS = [
    f"{time} {kind} {what} Hrs"
    for time in ("Day", "Night")
    for kind in ("Reg", "Unreg")
    for what in ("Planned", "Actual")
]
STAFFING = ["Name", *HOURS, "Patient Count At Midnight", "Missing Census Count", "Division", "Month"]


def table(headings: Iterable[str], rows: Iterable[Iterable], delimiter: str = ",") -> str:
    """A CSV as text."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows([list(headings), *map(list, rows)])
    return text.getvalue()


def sickness_row(organisation="ABC", lost=50, available=1000, date="31/01/2023", group="All staff groups") -> list:
    return [date, "R1", "Region one", "Q1", "System one", organisation, f"{organisation} Trust", group, lost, available]


def staffing_row(
    unit="Larch Ward", month="01/01/2023", hours=(100, 90, 50, 45, 80, 80, 40, 38), patients=300, division="Adult"
) -> list:
    return [unit, *hours, patients, 0, division, month]


def sickness(*rows: list) -> str:
    return table(SICKNESS, rows)


def staffing(*rows: list) -> str:
    return table(STAFFING, rows)


@dataclass
class Verb:
    """What a verb did: its exit code and everything it said."""

    code: int
    said: str


@dataclass
class Engine:
    """The engine in a workspace of its own."""

    home: Path
    workspace: Workspace
    _clock: int = field(default=1_700_000_000)

    def drop(self, name: str, content: str | bytes) -> Path:
        """Puts an extract into the inbox, written later than the one before."""
        path = self.workspace.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        self._clock += 60
        os.utime(path, (self._clock, self._clock))
        return path

    def run(self, *verb: str) -> Verb:
        """Runs a verb; whatever happens, a person must never see a traceback."""
        before = os.umask(0o022)
        os.umask(before)
        try:
            result = CliRunner().invoke(app, list(verb), env={"KINSHIP_HOME": str(self.home)})
        finally:
            os.umask(before)  # a verb makes everything private, and would for every test after it
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Verb(result.exit_code, result.output)

    def ask(self, sql: str, *parameters) -> list[tuple]:
        """Asks the current release."""
        release = self.workspace.current.read_text(encoding="utf-8").strip()
        with duckdb.connect(str(self.workspace.releases / f"{release}.duckdb"), read_only=True) as con:
            return con.execute(sql, parameters).fetchall()

    def value(self, indicator: str, unit: str, month: str) -> tuple:
        """(value, shown) of one cell."""
        found = self.ask(
            "SELECT value, shown FROM mart.value WHERE indicator = ? AND unit = ? AND month = ?", indicator, unit, month
        )
        return found[0] if found else (None, "no row")

    def file(self, name: str) -> dict:
        """The row of meta.file about a file."""
        columns = "outcome, sentence, rows_read, rows_accepted, rows_quarantined, rows_left_out, replaced, set_aside"
        found = self.ask(f"SELECT {columns} FROM meta.file WHERE file = ?", name)
        assert len(found) == 1, f"{len(found)} rows about {name}"
        return dict(zip(columns.split(", "), found[0], strict=True))


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    workspace = Workspace(tmp_path / "workspace")
    workspace.make()
    return Engine(workspace.home, workspace)


@pytest.fixture
def source(engine: Engine) -> Callable[..., Path]:
    """Adds a source of the workspace's own."""

    def add(name: str, contract: str, suite: str = "expectations: []\n") -> Path:
        folder = engine.workspace.expectations / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "contract.yaml").write_text(contract, encoding="utf-8")
        (folder / "suite.yaml").write_text(suite, encoding="utf-8")
        return folder

    return add
