"""Where things are: the project's own folders, the workspace of one organisation, and how a file appears whole."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

PROJECT = Path(__file__).resolve().parent.parent
EXPECTATIONS = PROJECT / "expectations"
SQL = PROJECT / "sql"
NO_ROOM = re.compile(
    r"no space left|file too large|disk quota|out of disk|not enough disk"
    r"|max_temp_directory_size",  # DuckDB, when it sorts on the disk: the setting's default is what was free
    re.IGNORECASE,
)


class DiskFull(Exception):
    """There is no room left for a file; nothing half-written stays behind."""


@dataclass(frozen=True)
class Workspace:
    """The folder that holds one organisation's data; `KINSHIP_HOME` names it, `./workspace` is the default."""

    home: Path

    @classmethod
    def here(cls) -> "Workspace":
        return cls(Path(os.environ.get("KINSHIP_HOME") or "workspace").resolve())

    @property
    def inbox(self) -> Path:
        return self.home / "inbox"

    @property
    def expectations(self) -> Path:
        return self.home / "expectations"

    @property
    def store(self) -> Path:
        return self.home / "store"

    @property
    def work(self) -> Path:
        """Unfinished files; whatever a crash leaves here is thrown away by the next build."""
        return self.store / ".work"

    @property
    def protection(self) -> Path:
        """What was ever told or withheld of people, release by release."""
        return self.store / "protection"

    @property
    def withdrawn(self) -> Path:
        """Releases taken from the app, which somebody may have kept: the engine goes on reckoning with them."""
        return self.store / "withdrawn"

    @property
    def releases(self) -> Path:
        return self.home / "releases"

    @property
    def findings(self) -> Path:
        """Which rule each release breaks, as the last attack found."""
        return self.releases / "findings.json"

    def ever_published(self) -> list[Path]:
        """The file of every release there is, those withdrawn too, oldest first."""
        paths = {path.name: path for folder in (self.withdrawn, self.releases) for path in folder.glob("*.duckdb")}
        return sorted(paths.values(), key=lambda path: (path.stem[:10], len(path.stem), path.stem))

    @property
    def current(self) -> Path:
        return self.releases / "CURRENT"

    @property
    def synthetic(self) -> Path:
        """Stands in a workspace whose extracts are made up; every page then says so."""
        return self.home / "SYNTHETIC"

    @property
    def settings(self) -> Path:
        return self.home / "settings.yaml"

    @property
    def secret_key(self) -> Path:
        """What people's identifiers are hashed with; whoever has it can tell who is who."""
        return self.home / "secret.key"

    def make(self) -> None:
        with private():
            for folder in (self.inbox, self.work, self.releases):
                folder.mkdir(parents=True, exist_ok=True)
        self.store.chmod(0o700)


@contextmanager
def private() -> Iterator[None]:
    """What is made meanwhile is its owner's alone, whatever else the account is used to."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def appearing(path: Path, work: Path) -> Iterator[Path]:
    """Gives a name to write under in `work`; on leaving, the file is on the disk and stands at `path`, or nowhere.

    Raises DiskFull when there is no room.
    """
    unfinished = work / f"{path.name}.{os.getpid()}"
    try:
        with room_on_disk(path):
            yield unfinished
            with unfinished.open("rb+") as written:
                os.fsync(written.fileno())
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.replace(path)
            sync_folder(path.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """So that a file which has just come or gone by name is there, or gone, after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def room_on_disk(path: Path) -> Iterator[None]:
    """Turns the many ways of saying "no space left" into DiskFull."""
    try:
        yield
    except (OSError, duckdb.Error) as error:
        if NO_ROOM.search(str(error)):
            raise DiskFull(
                f"There is no room left on the disk for {path.name}; free some space and try again. Nothing was lost."
            ) from error
        raise


def write_json(path: Path, record: dict[str, Any], work: Path) -> None:
    with appearing(path, work) as unfinished:
        unfinished.write_text(json.dumps(record, indent=1, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
