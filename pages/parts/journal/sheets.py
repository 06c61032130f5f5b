"""Conversation sheets: at most three things that a unit tries, written as *we*, until a month of the next quarter."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from pages.parts.journal import store, wording
from pages.parts.journal.models import SheetRow, ThingRow, VersionRow
from pages.parts.journal.wording import Unacceptable

MOST, SIGNALS = 3, 3  # things on a sheet, and signals that each hopes to move


@dataclass(frozen=True)
class Thing:
    words: str
    help: str
    signals: tuple[str, ...]


@dataclass(frozen=True)
class Version:
    version: int
    written_at: dt.datetime  # UTC
    author: str
    happened: str  # begun, changed, gone_on, closed
    began: dt.date
    review: dt.date
    came_of_it: str | None
    words: str | None
    things: tuple[Thing, ...]


@dataclass(frozen=True)
class Sheet:
    """A sheet with all it has been, oldest first."""

    id: str
    unit: str
    number: int
    versions: tuple[Version, ...]

    @property
    def now(self) -> Version:
        return self.versions[-1]

    @property
    def open(self) -> bool:
        return self.now.happened != "closed"

    @property
    def signals(self) -> list[str]:
        return list(dict.fromkeys(signal for thing in self.now.things for signal in thing.signals))

    def due(self, today: dt.date) -> bool:
        return self.open and today >= self.now.review


def of(units: Iterable[str]) -> list[Sheet]:
    """The sheets of these units, newest first; of no units, none. Raises Unavailable."""
    asked = sa.select(SheetRow).where(SheetRow.unit.in_(list(units))).order_by(SheetRow.number.desc(), SheetRow.unit)
    with store.reading() as journal:
        return [_sheet(row) for row in journal.scalars(asked)] if journal else []


def begin(unit: str, things: Iterable[Thing], review: dt.date, author: str, today: dt.date) -> None:
    """A new sheet, from this month on. Raises Unacceptable, Unavailable, and Overtaken where the unit has one open."""
    kept, review = checked(things), _next(review, today)
    with store.writing() as journal:
        rows = journal.scalars(sa.select(SheetRow).where(SheetRow.unit == unit)).all()
        if any(_sheet(row).open for row in rows):
            raise store.Overtaken("This unit has an open sheet already: it is the one to change.")
        sheet = SheetRow(id=uuid.uuid4().hex, unit=unit, number=len(rows) + 1)
        journal.add(sheet)
        journal.flush()
        _write(journal, sheet.id, 1, "begun", today.replace(day=1), review, author, kept)


def change(
    unit: str,
    sheet: Sheet,
    things: Iterable[Thing],
    review: dt.date,
    author: str,
    today: dt.date,
    goes_on: bool = False,
) -> None:
    """The sheet anew, from the version the writer saw; `goes_on` says that its review was held.

    Raises Unacceptable, Unavailable, and Overtaken where somebody has changed or closed it since.
    """
    kept = checked(things)
    review = review if review == sheet.now.review and not goes_on else _next(review, today)
    with store.writing() as journal:
        newest = _newest(journal, unit, sheet)
        happened = "gone_on" if goes_on else "changed"
        _write(journal, sheet.id, newest.version + 1, happened, newest.began, review, author, kept)


def close(unit: str, sheet: Sheet, came_of_it: str | None, words: str, author: str) -> None:
    """The end of a sheet, and what came of it. Raises as change does."""
    came_of_it = wording.of(wording.CAME_OF_IT, came_of_it, "What came of it")
    said = wording.checked(words, "In a few words") if wording.tidy(words) else None
    with store.writing() as journal:
        newest = _newest(journal, unit, sheet)
        _write(
            journal, sheet.id, newest.version + 1, "closed", newest.began, newest.review, author, sheet.now.things,
            came_of_it, said,
        )  # fmt: skip


def checked(things: Iterable[Thing]) -> list[Thing]:
    """The things that have words, each of them whole. Raises Unacceptable."""
    given = [
        (i, thing) for i, thing in enumerate(things, 1) if wording.tidy(thing.words) or thing.help or thing.signals
    ]
    if not given:
        raise Unacceptable("Write at least one thing to try.")
    if len(given) > MOST:
        raise Unacceptable(f"A sheet holds at most {MOST} things.")
    kept = []
    for i, thing in given:
        words = wording.checked(thing.words, f"Thing {i}")
        chosen = wording.of(wording.HELPS, thing.help, f"Thing {i}, which help")
        if not 1 <= len(thing.signals) <= SIGNALS:
            raise Unacceptable(f"Thing {i}: choose the signals it hopes to move, {SIGNALS} at most.")
        kept.append(Thing(words, chosen, tuple(thing.signals)))
    return kept


def _next(review: dt.date | None, today: dt.date) -> dt.date:
    if review not in wording.next_quarter(today):
        raise Unacceptable("Look back in: choose a month of the next quarter.")
    return review


def _newest(journal: Session, unit: str, seen: Sheet) -> VersionRow:
    row = journal.get(SheetRow, seen.id)
    if row is None or row.unit != unit:
        raise store.Overtaken("This sheet is not one of this unit.")
    if row.versions[-1].version != seen.now.version:
        raise store.Overtaken(
            "Somebody has changed this sheet meanwhile: look at it above, and keep yours again if need be."
        )
    if row.versions[-1].happened == "closed":
        raise store.Overtaken("This sheet is closed; begin a new one.")
    return row.versions[-1]


def _write(
    journal: Session, sheet: str, version: int, happened: str, began: dt.date, review: dt.date, author: str,
    things: Iterable[Thing], came_of_it: str | None = None, words: str | None = None,
) -> None:  # fmt: skip
    journal.add(
        VersionRow(
            sheet=sheet, version=version, written_at=store.now(), author=author, happened=happened, began=began,
            review=review, came_of_it=came_of_it, words=words,
            things=[
                ThingRow(position=i, words=thing.words, help=thing.help, signals=list(thing.signals))
                for i, thing in enumerate(things, 1)
            ],
        )
    )  # fmt: skip


def _sheet(row: SheetRow) -> Sheet:
    return Sheet(row.id, row.unit, row.number, tuple(_version(each) for each in row.versions))


def _version(row: VersionRow) -> Version:
    things = tuple(Thing(each.words, each.help, tuple(each.signals)) for each in row.things)
    return Version(
        row.version, row.written_at, row.author, row.happened, row.began, row.review, row.came_of_it, row.words, things
    )
