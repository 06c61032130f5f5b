"""What a reader may say of a number: that it looks wrong, or what happened that would explain it."""

from collections.abc import Iterable
from typing import Any

import streamlit as st

from pages.parts.access import audit
from pages.parts.drawing import markup, readings, words
from pages.parts.journal import notes, session, wording
from pages.parts.shell import pages
from pages.parts.shell.filters import View

DEED = "ask"
UNIT = pages.of("team")
ASKS = "doubt"  # in the address: the number whose questions are to be opened


def links(view: View, rows: list[dict[str, Any]]) -> list[str]:
    """For each card of the view's unit, in HTML: one quiet link; what was asked before, and its answer, are behind it, for those
    who may not ask too."""
    found = session.notes_about(view, view.unit["unit"])
    return [_link(view, row, _of(found, row)) if _open_to(view, row, found) else "" for row in rows]


def _link(view: View, row: dict[str, Any], asked: list[notes.Note]) -> str:
    there = view.address() | {ASKS: row["indicator"]}
    return f'<span class="doubt">{markup.link(UNIT, _label(asked), there, view.indicators[row["indicator"]]["title"])}</span>'


def opened(view: View, rows: dict[str, dict[str, Any]]) -> None:
    """Opens the questions of the number that such a link has asked for, once."""
    row = rows.get(st.query_params.pop(ASKS, ""))
    if row and _open_to(view, row, session.notes_about(view, row["unit"])):
        _ask(view, row)


def beside(view: View, row: dict[str, Any]) -> None:
    """Under a chart: the same as a button."""
    found = session.notes_about(view, row["unit"])
    if _open_to(view, row, found):
        said = f":gray[{_label(_of(found, row))}]"
        if st.button(said, key=f"doubt_{row['indicator']}", type="tertiary", icon=":material/flag:"):
            _ask(view, row)


def _open_to(view: View, row: dict[str, Any], found: Iterable[notes.Note]) -> bool:
    """Whether there is a number to ask about, and the reader may ask or read what was asked."""
    there = row["shown"] not in ("protected", "not_collected") and row["month"]
    return bool(there and (view.may_ask or _of(found, row)))


def offer(view: View, row: dict[str, Any]) -> None:
    """Under a chart: both, side by side, and the events proposed for it that wait for an answer."""
    waiting = [note for note in session.notes_about(view, row["unit"]) if note.kind == notes.EVENT and note.open]
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="doubts"):
        beside(view, row)
        if view.may_ask and st.button("Say what happened", key="happened", type="tertiary", icon=":material/event:"):
            _propose(view, row)
    for note in waiting:
        said = f"{words.month(note.seen.month)}: {words.plain(note.words)}"
        st.caption(f":material/schedule: Proposed as an event, and waiting for the analyst: {said}")


@st.dialog("Does this number look wrong?", icon=":material/flag:")
def _ask(view: View, row: dict[str, Any]) -> None:
    _theirs_even_now()
    question(view, row)


@st.dialog("What happened?", icon=":material/event:")
def _propose(view: View, row: dict[str, Any]) -> None:
    _theirs_even_now()
    event(view, row)


def _theirs_even_now() -> None:
    """A dialog runs without app.py: where access has changed since it was opened, the whole is drawn anew."""
    if not audit.still_theirs():
        st.rerun()


def question(view: View, row: dict[str, Any]) -> None:
    """The number, what was asked of it before and answered, and the form to ask."""
    indicator, shown = view.indicators[row["indicator"]], _shown(view, row)
    st.markdown(f"**{words.plain(indicator['title'])}, {words.plain(view.unit['title'])}**  \n{words.plain(shown)}")
    for note in _of(session.notes_about(view, row["unit"]), row):
        thread(note)
    if not view.may_ask:
        return
    with st.form("doubt", border=False):
        why = st.selectbox(
            "What looks wrong", wording.LOOKS, index=None, format_func=wording.LOOKS.get, placeholder="Choose one"
        )
        said = st.text_input("In a few words, if it needs any", max_chars=wording.WORDS)
        st.caption(f":material/groups: {wording.WARNING}")
        sent = st.form_submit_button("Tell the analyst", type="primary")
    if sent and session.kept(DEED, row["unit"], notes.looks_wrong, _seen(view, row, shown), why, said):
        session.done("The analyst is told, and answers here.")


def event(view: View, row: dict[str, Any]) -> None:
    """The form to propose an event for the chart of a number."""
    months = [month["month"] for month in view.ask("months")][:60]
    st.markdown(
        f"An event is drawn on the charts of {words.plain(view.unit['title'])} and of the units below it, once an analyst "
        "has accepted it. It does not begin limits afresh."
    )
    with st.form("event", border=False):
        month = st.selectbox("From which month", months, format_func=words.month)
        kind = st.selectbox(
            "What kind", wording.EVENTS, index=None, format_func=wording.EVENTS.get, placeholder="Choose one"
        )
        said = st.text_input(
            "What happened",
            max_chars=wording.EVENT,
            placeholder="Moved to the new building",
            help="As it is to stand below the chart.",
        )
        st.caption(f":material/groups: {wording.WARNING}")
        sent = st.form_submit_button("Propose it", type="primary")
    seen = notes.Seen(row["unit"], row["indicator"], month, view.release.id)
    if sent and session.kept(DEED, row["unit"], notes.propose, seen, kind, said):
        session.done("Proposed; it is drawn once an analyst has accepted it.")


def thread(note: notes.Note) -> None:
    """What was said, and what was answered."""
    kinds = wording.EVENTS if note.kind == notes.EVENT else wording.LOOKS
    told = ": ".join(filter(None, (kinds.get(note.what, note.what), words.plain(note.words))))
    st.markdown(
        f":gray[:material/chat:] {told}  \n:small[:gray[{words.day(note.written_at.date())}, {session.by(note.author)}]]"
    )
    for reply in note.replies:
        said = ". ".join(filter(None, (wording.OUTCOMES.get(reply.outcome, reply.outcome), words.plain(reply.words))))
        st.markdown(
            f":gray[:material/reply:] **{said}**  \n:small[:gray[{words.day(reply.written_at.date())}, {session.by(reply.author)}]]"
        )


def _of(found: Iterable[notes.Note], row: dict[str, Any]) -> list[notes.Note]:
    """Of the notes about a unit those that ask of one number."""
    return [note for note in found if note.kind == notes.LOOKS_WRONG and note.seen.indicator == row["indicator"]]


def _label(asked: list[notes.Note]) -> str:
    """Of the newest question: whether there is one, and whether it was answered."""
    if not asked:
        return "Looks wrong?"
    newest = asked[0]
    when = words.short_day(newest.replies[-1].written_at.date() if newest.replies else newest.written_at.date())
    if newest.open:
        return f"{'Being looked into since' if newest.replies else 'Asked'} {when}"
    return f"Answered {when}"


def _shown(view: View, row: dict[str, Any]) -> str:
    if row["shown"] != "yes":
        return f"{readings.absence(row)}."
    places = words.places([row["value"], *(point["value"] for point in row["points"])])
    return f"{words.month(row['month'])}: {words.quantity(row['value'], view.indicators[row['indicator']]['unit'], places)}"


def _seen(view: View, row: dict[str, Any], shown: str) -> notes.Seen:
    return notes.Seen(row["unit"], row["indicator"], row["month"], view.release.id, shown)
