"""Connects to where the journal is: SQLite in the workspace, or the PostgreSQL database that settings.yaml names.

Beneath `store` and `migrate`. Whatever goes wrong is one of two errors, in a sentence for the reader.
"""

import functools
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
import yaml
from alembic.util import CommandError

from pages.parts.release import warehouse

READS, WRITES = 1_000, 5_000  # ms that reading and writing wait for another's lock
DAMAGED = "The journal’s file is damaged: put a copy of it back."
_met: set[Path] = set()  # files that this process has opened: one that is missing now is lost, not new


class Unavailable(Exception):
    """The journal cannot be read or written now; the message is a sentence for the reader."""


class Overtaken(Exception):
    """Somebody else has written in the same place meanwhile; the message is a sentence for the reader."""


def where() -> sa.URL | Path:
    """The SQLite file, or the URL of the PostgreSQL database. Raises Unavailable where settings.yaml says neither."""
    path = warehouse.home() / "settings.yaml"
    try:
        record = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        record = None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
        raise Unavailable("The file settings.yaml, which says where the journal is, cannot be read.") from None
    said = record.get("journal") if isinstance(record, dict) else None
    if not said:
        return (warehouse.home() / "journal.db").resolve()
    try:
        url = sa.make_url(said) if isinstance(said, str) else None
    except sa.exc.ArgumentError:
        url = None
    if url is None or url.get_backend_name() != "postgresql":
        raise Unavailable(
            "In settings.yaml, journal is not the URL of a PostgreSQL database, such as postgresql://kinship@db.example/kinship."
        )
    return url.set(drivername="postgresql+psycopg")


def engine(place: sa.URL | Path) -> sa.Engine:
    """Raises Unavailable where PostgreSQL's driver is not installed."""
    try:
        return _engine(place)
    except ModuleNotFoundError:
        raise Unavailable(
            "The journal is in PostgreSQL, and its driver is not installed: "
            "pip install -r requirements-postgresql.txt does it."
        ) from None


def schema_of(con: sa.Connection) -> str | None:
    """The number of the journal's layout; None where there are no tables yet."""
    named = sa.inspect(con).has_table("alembic_version")
    if con.dialect.name == "sqlite":
        _expect_all_of_it(con)
    if not named:
        return None
    return con.execute(sa.select(sa.column("version_num")).select_from(sa.table("alembic_version"))).scalar()


def _expect_all_of_it(con: sa.Connection) -> None:
    """SQLite reads what is missing of its last page as zeros. `con` has read something, so nobody writes meanwhile."""
    path = con.exec_driver_sql("PRAGMA database_list").one()[2]
    pages, size = (con.exec_driver_sql(f"PRAGMA {what}").scalar_one() for what in ("page_count", "page_size"))
    if Path(path).stat().st_size < pages * size:
        raise Unavailable(DAMAGED)


def make_file(path: Path) -> None:
    """An empty file that nobody else on this machine can read; there already is as good."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return
    _met.add(path)


def there(path: Path) -> bool:
    """Whether the file is there. Raises Unavailable for one that was there before, or has nothing in it any more (a new one appears
    with its tables): to begin anew would hide the loss."""
    if path.exists():
        if path.is_file() and path.stat().st_size == 0:
            raise Unavailable(
                "The journal’s file is empty, so what stood in it is lost: put a copy of journal.db back, or delete it for a new one."
            )
        _met.add(path)
        return True
    if path in _met:
        raise Unavailable(
            "The journal has gone from the workspace: put journal.db back, or start Kinship again for a new one."
        )
    return False


def remember(path: Path) -> None:
    """From now on a file that is missing here is lost, not new."""
    _met.add(path)


@functools.lru_cache(maxsize=4)
def _engine(place: sa.URL | Path) -> sa.Engine:
    if not isinstance(place, Path):
        return sa.create_engine(place, pool_pre_ping=True, hide_parameters=True, connect_args={"connect_timeout": 3})
    opened = f"{place.as_uri()}?mode=rw"  # never makes a file: that is make_file's, with its mode
    made = sa.create_engine(
        "sqlite://",
        hide_parameters=True,  # what somebody wrote is not for the log
        creator=lambda: sqlite3.connect(opened, uri=True, isolation_level=None),
        poolclass=sa.pool.NullPool,  # so that a file put in the place of another is seen
    )

    @sa.event.listens_for(made, "begin")
    def begin(con: sa.Connection) -> None:
        # Python's driver would begin only at the first row written, when two may already have read the same.
        writes = con.get_execution_options().get("writes")
        con.exec_driver_sql(f"PRAGMA busy_timeout = {WRITES if writes else READS}")
        con.exec_driver_sql("PRAGMA foreign_keys = ON")
        con.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return made


@contextmanager
def plainly(writes: bool) -> Iterator[None]:
    """Whatever goes wrong becomes a sentence; its cause goes to the log."""
    try:
        yield
    except sa.exc.IntegrityError as error:
        logging.getLogger("kinship").info("Overtaken in the journal: %s", error.orig)
        raise Overtaken(
            "Somebody else was quicker: look at what stands there now, and write again if need be."
        ) from None
    except (sa.exc.SQLAlchemyError, CommandError, sqlite3.Error, OSError) as error:
        logging.getLogger("kinship").warning("The journal is out of reach", exc_info=True)
        raise Unavailable(f"{_cause(str(error))} {'Nothing was written.' if writes else ''}".strip()) from None


def _cause(said: str) -> str:
    if "locked" in said:
        return "The journal is busy with somebody else’s writing: try again in a moment."
    if "readonly" in said or "Permission" in said or "permission" in said:
        return "The journal may not be written to from here."
    if "full" in said or "No space" in said:
        return "There is no room on the disk for the journal."
    if "not a database" in said or "malformed" in said:
        return DAMAGED
    return "The journal does not answer."
