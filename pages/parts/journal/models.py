"""The journal's tables. Each row is written once; what holds now is the newest of a thread.

Moments are UTC. A change here needs a migration beside it (`migrations/versions`), and SCHEMA its number.
"""

import datetime as dt

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

SCHEMA = "0002"  # the newest migration: the layout that these tables have
WORDS = 140  # letters, at most, that anybody may write in one place


class Base(DeclarativeBase):
    pass


class SheetRow(Base):
    """A conversation sheet of a unit; `number` counts the unit's sheets, so that two cannot be begun at once."""

    __tablename__ = "sheet"
    __table_args__ = (UniqueConstraint("unit", "number", name="sheet_of_unit"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    unit: Mapped[str] = mapped_column(String(200), index=True)
    number: Mapped[int]
    versions: Mapped[list["VersionRow"]] = relationship(order_by="VersionRow.version", lazy="selectin")


class VersionRow(Base):
    """A sheet as it stood from one moment on; two people who change the same version cannot both be right."""

    __tablename__ = "sheet_version"

    sheet: Mapped[str] = mapped_column(ForeignKey("sheet.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    written_at: Mapped[dt.datetime]
    author: Mapped[str] = mapped_column(String(40))  # a role
    happened: Mapped[str] = mapped_column(String(20))  # begun, changed, gone_on, closed
    began: Mapped[dt.date]  # first day of the month
    review: Mapped[dt.date]  # first day of the month
    came_of_it: Mapped[str | None] = mapped_column(String(20))
    words: Mapped[str | None] = mapped_column(String(WORDS))
    things: Mapped[list["ThingRow"]] = relationship(order_by="ThingRow.position", lazy="selectin")


class ThingRow(Base):
    """One of the things to try: what, by which of the five helps, and which indicators it hopes to move."""

    __tablename__ = "thing"
    __table_args__ = (
        ForeignKeyConstraint(["sheet", "version"], ["sheet_version.sheet", "sheet_version.version"]),
        CheckConstraint("position BETWEEN 1 AND 3", name="three_things"),
    )

    sheet: Mapped[str] = mapped_column(String(32), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    words: Mapped[str] = mapped_column(String(WORDS))
    help: Mapped[str] = mapped_column(String(40))
    signals: Mapped[list[str]] = mapped_column(JSON)


class NoteRow(Base):
    """What a reader asks of the analyst: that a number looks wrong, or that an event be drawn."""

    __tablename__ = "note"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))  # looks_wrong, event
    unit: Mapped[str] = mapped_column(String(200), index=True)
    indicator: Mapped[str] = mapped_column(String(100))  # on whose card or chart it was written
    month: Mapped[dt.date]  # of the number, or of the event
    release: Mapped[str] = mapped_column(String(40))  # in which the reader saw it
    shown: Mapped[str] = mapped_column(String(WORDS))  # the number as it was shown
    what: Mapped[str] = mapped_column(String(40))  # why it looks wrong, or what kind of event
    words: Mapped[str] = mapped_column(String(WORDS))
    author: Mapped[str] = mapped_column(String(40))  # a role
    written_at: Mapped[dt.datetime]
    replies: Mapped[list["ReplyRow"]] = relationship(order_by="ReplyRow.number", lazy="selectin")


class ReplyRow(Base):
    """What the analyst answered; `number` counts the answers, so that two cannot answer past each other."""

    __tablename__ = "reply"

    note: Mapped[str] = mapped_column(ForeignKey("note.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    outcome: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(String(WORDS))
    author: Mapped[str] = mapped_column(String(40))  # a role
    written_at: Mapped[dt.datetime]
