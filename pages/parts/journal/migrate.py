"""Brings the journal's tables up to date with Alembic: by `python -m etl journal upgrade`, and when the app is started."""

import os
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from pages.parts.journal import connection, models

MIGRATIONS = Path(__file__).with_name("migrations")
_making = threading.Lock()  # of this process: its hidden name is the process's
LOCK = 5_464_746  # of PostgreSQL, so that two who start at once do not both migrate


def configured(con: sa.Connection | None = None) -> Config:
    """Alembic's own settings; no .ini file is needed."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = con
    return config


def to_newest(con: sa.Connection, schema: str = "head") -> None:
    """Runs the migrations that are missing, within the transaction of `con`: all of them, or none."""
    if con.dialect.name == "postgresql":
        con.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    command.upgrade(configured(con), schema)


def state() -> str:
    """Where the journal is and how it stands, in a sentence. Raises Unavailable."""
    place = connection.where()
    if isinstance(place, Path) and not connection.there(place):
        return f"There is no journal yet; the first who writes makes {place.name} in the workspace."
    with connection.plainly(writes=False), connection.engine(place).connect() as con:
        held = connection.schema_of(con)
    name = place.name if isinstance(place, Path) else f"the database {place.database} on {place.host or 'this machine'}"
    if held is None:
        return f"The journal is to be in {name}; nobody has written in it yet."
    if held == models.SCHEMA:
        return f"The journal is in {name}, with layout {held}: up to date."
    kind = "older" if held < models.SCHEMA else "newer"
    return f"The journal is in {name}, with layout {held}, {kind} than this version's {models.SCHEMA}."


def upgrade() -> str:
    """Brings an older journal up to date, and says so; of a SQLite file a copy is left beside it. Raises Unavailable."""
    place = connection.where()
    if isinstance(place, Path) and not connection.there(place):
        return "There is no journal yet, so there is nothing to bring up to date."
    with connection.plainly(writes=True), connection.engine(place).execution_options(writes=True).begin() as con:
        held = connection.schema_of(con)
        if held is not None and held > models.SCHEMA:
            raise connection.Unavailable("The journal was made by a newer version of Kinship; nothing was changed.")
        if held == models.SCHEMA:
            return f"The journal is up to date, with layout {held}."
        kept = _copied(place, held) if isinstance(place, Path) and held else ""
        to_newest(con)
    return f"The journal was brought from layout {held or 'none'} to {models.SCHEMA}.{kept}"


def make_journal(path: Path) -> None:
    """A new journal, which appears with its tables or not at all; there already is as good."""
    with _making, _unfinished(path) as new:
        connection.make_file(new)
        with connection.engine(new).execution_options(writes=True).begin() as con:
            to_newest(con)
        with suppress(FileExistsError):
            os.link(new, path)
    connection.remember(path)


def _copied(path: Path, held: str) -> str:
    copy = path.with_name(f"{path.stem}.{held}{path.suffix}")
    with _unfinished(copy) as new:
        connection.make_file(new)
        with (
            closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(new)) as kept,
        ):
            old.backup(kept)
        new.replace(copy)
    return f" As it was before, it is in {copy.name}."


def sweep(path: Path) -> None:
    """Throws away what was left beside this file by one who was cut off while writing it."""
    for left in path.parent.glob(f".{path.name}.*"):
        number = re.fullmatch(r"\.(\d+)(-journal)?", left.suffix)
        if number and not Path(f"/proc/{number[1]}").exists():
            left.unlink(missing_ok=True)


@contextmanager
def _unfinished(path: Path) -> Iterator[Path]:
    """A hidden name beside a file that is being written."""
    sweep(path)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    try:
        yield new
    finally:
        new.unlink(missing_ok=True)
