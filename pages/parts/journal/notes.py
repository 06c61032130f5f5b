"""Notes to the analyst: that a number looks wrong, or that an event be drawn on a chart; and what was answered."""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from pages.parts.journal import store, wording
from pages.parts.journal.models import NoteRow, ReplyRow
from pages.parts.journal.wording import Unacceptable

LOOKS_WRONG, EVENT = "looks_wrong", "event"
STILL_OPEN = "looking"  # an answer that is none yet


@dataclass(frozen=True)
class Reply:
    number: int
    outcome: str
    words: str
    author: str
    written_at: dt.datetime  # UTC


@dataclass(frozen=True)
class Seen:
    """The number or chart that a note is about, as its reader saw it."""

    unit: str
    indicator: str
    month: dt.date
    release: str
    shown: str = ""


@dataclass(frozen=True)
class Note:
    id: str
    kind: str
    seen: Seen
    what: str
    words: str
    author: str
    written_at: dt.datetime  # UTC
    replies: tuple[Reply, ...]

    @property
    def open(self) -> bool:
        return not self.replies or self.replies[-1].outcome == STILL_OPEN


def of(units: Iterable[str]) -> list[Note]:
    """The notes about these units, newest first; of no units, none. Raises Unavailable."""
    asked = sa.select(NoteRow).where(NoteRow.unit.in_(list(units))).order_by(NoteRow.written_at.desc(), NoteRow.id)
    with store.reading() as journal:
        return [_note(row) for row in journal.scalars(asked)] if journal else []


def looks_wrong(seen: Seen, why: str | None, words: str, author: str) -> None:
    """Asks the analyst about a number; words are needed only where no reason fits. Raises Unacceptable, Unavailable."""
    why = wording.of(wording.LOOKS, why, "What looks wrong")
    said = wording.tidy(words)
    if said or why == "other":
        said = wording.checked(words, "In a few words")
    _write(LOOKS_WRONG, seen, why, said, author)


def propose(seen: Seen, kind: str | None, words: str, author: str) -> None:
    """Proposes an event in the month `seen.month`, to be drawn on the unit's charts. Raises Unacceptable, Unavailable."""
    kind = wording.of(wording.EVENTS, kind, "What kind")
    said = wording.checked(words, "What happened", wording.EVENT)
    if not said[0].isalnum():
        raise Unacceptable("What happened: begin with a letter or a number.")
    _write(EVENT, seen, kind, said, author)


@contextmanager
def answering(note: Note, outcome: str | None, words: str, author: str) -> Iterator[None]:
    """Writes an answer as soon as what is done inside has been done; if that goes wrong, nothing is written.

    Raises Unacceptable, Unavailable, and Overtaken where somebody has answered since `note` was read.
    """
    fitting = wording.FOR_EVENTS if note.kind == EVENT else wording.FOR_NUMBERS
    outcome = wording.of({key: wording.OUTCOMES[key] for key in fitting}, outcome, "Answer")
    said = wording.checked(words, "In a few words") if wording.tidy(words) else ""
    with store.writing() as journal:
        held = journal.scalars(sa.select(ReplyRow.number).where(ReplyRow.note == note.id)).all()
        if len(held) != len(note.replies):
            raise store.Overtaken("Somebody has answered this meanwhile: look at what they said.")
        journal.add(
            ReplyRow(
                note=note.id, number=len(held) + 1, outcome=outcome, words=said, author=author, written_at=store.now()
            )
        )
        journal.flush()
        yield


def _write(kind: str, seen: Seen, what: str, words: str, author: str) -> None:
    with store.writing() as journal:
        journal.add(
            NoteRow(
                id=uuid.uuid4().hex, kind=kind, unit=seen.unit, indicator=seen.indicator, month=seen.month.replace(day=1),
                release=seen.release, shown=seen.shown[:140], what=what, words=words, author=author,
                written_at=store.now(),
            )
        )  # fmt: skip


def _note(row: NoteRow) -> Note:
    seen = Seen(row.unit, row.indicator, row.month, row.release, row.shown)
    replies = tuple(Reply(r.number, r.outcome, r.words, r.author, r.written_at) for r in row.replies)
    return Note(row.id, row.kind, seen, row.what, row.words, row.author, row.written_at, replies)
