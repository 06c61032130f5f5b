"""Between the pages and the journal: who may write, what is said when it works, and what when it does not."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.parts.access import access, audit
from pages.parts.drawing import words
from pages.parts.journal import notes, sheets, store, wording
from pages.parts.release import warehouse
from pages.parts.shell import states
from pages.parts.shell.filters import View

ROLES = {
    "demonstration": "a reader of the demonstration",
    "leader": "a leader",
    "executive": "an executive",
    "analyst": "an analyst",
}


class NotYours(Exception):
    """Whoever writes may not, here; the message is a sentence for them."""


CANNOT = (wording.Unacceptable, store.Unavailable, store.Overtaken, NotYours)


def today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def kept(deed: str, unit: str, write: Callable[..., Any], *what: Any, **more: Any) -> bool:
    """Write of a unit in the journal, in the role in which the reader may; where that cannot be, say why in the place of the
    writing."""
    return refused(deed, unit, write, *what, **more) is None


def refused(deed: str, unit: str, write: Callable[..., Any], *what: Any, **more: Any) -> Exception | None:
    """The same, for who must know why it could not be."""
    try:
        role = access.role_to(deed, unit)
        if role is None:
            raise NotYours("This is not yours to write. Nothing was kept.")
        write(*what, **more, author=role)
        audit.wrote(deed, unit, role)
    except CANNOT as reason:
        st.warning(words.plain(reason), icon=":material/edit_off:")
        return reason
    finally:
        notes_of.clear()
    return None


def done(said: str) -> None:
    """Draw the page anew, and say above it what was done."""
    st.session_state["done"] = said
    st.rerun()


def say_what_was_done() -> None:
    if said := st.session_state.pop("done", None):
        st.toast(said, icon=":material/check:")


def by(author: str) -> str:
    """The role that wrote, in words."""
    return ROLES.get(author, "a reader")


def notes_about(view: View, unit: str) -> tuple[notes.Note, ...]:
    """The notes about a unit, or none where the journal cannot be read: its pages go on without it."""
    return notes_of(str(warehouse.home().resolve()), (unit,))[0] if unit in view.units else ()


@st.cache_resource(
    ttl=20, max_entries=500, show_spinner=False
)  # asked for every card: never copied, for nobody changes them
def notes_of(home: str, units: tuple[str, ...]) -> tuple[tuple[notes.Note, ...], str | None]:
    """The notes about these units, and why there are none if they cannot be read; as they were up to 20 seconds ago."""
    try:
        return tuple(notes.of(units)), None
    except store.Unavailable as reason:
        return (), str(reason)


def sheets_of(units: list[str]) -> list[sheets.Sheet] | None:
    """The sheets of these units; None, and a box that says why, where the journal cannot be read."""
    try:
        return sheets.of(units)
    except store.Unavailable as reason:
        states.empty("link_off", words.plain(reason), "The figures on the other pages are unharmed.")
        return None
