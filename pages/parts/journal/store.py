"""Reads and writes the journal, which is made at the first use and must have this version's layout.

A page that only reads goes on without the journal; whoever writes is told in one sentence what is the matter.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from pages.parts.journal import connection, migrate, models
from pages.parts.journal.connection import Overtaken, Unavailable

__all__ = ["Overtaken", "Unavailable", "now", "reading", "writing"]


def now() -> dt.datetime:
    """UTC, without the words for it, as the tables keep moments."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


@contextmanager
def reading() -> Iterator[Session | None]:
    """What the journal holds; None where nobody has written in one yet. Raises Unavailable."""
    place = connection.where()
    with connection.plainly(writes=False):
        if isinstance(place, Path) and not connection.there(place):
            yield None
            return
        with connection.engine(place).connect() as con:
            if _checked(con) is None:
                yield None
                return
            with Session(con) as session:
                yield session


@contextmanager
def writing() -> Iterator[Session]:
    """One transaction: all of it is kept, or nothing is. Makes the journal at the first use.

    Raises Unavailable, and Overtaken where another's row already stands in the same place.
    """
    place = connection.where()
    with connection.plainly(writes=True):
        if isinstance(place, Path):
            migrate.sweep(place)
            if not connection.there(place):
                migrate.make_journal(place)
        with connection.engine(place).execution_options(writes=True).begin() as con:
            if _checked(con) is None:
                migrate.to_newest(con)
            with Session(con, join_transaction_mode="control_fully") as session, session.begin():
                yield session


def _checked(con: sa.Connection) -> str | None:
    held = connection.schema_of(con)
    if held is not None and held < models.SCHEMA:
        raise Unavailable(
            "The journal was made by an older version of Kinship; python -m etl journal upgrade brings it up to date."
        )
    if held is not None and held > models.SCHEMA:
        raise Unavailable("The journal was made by a newer version of Kinship than these pages.")
    return held
