"""What readers ask of the analyst: numbers that look wrong to them, and events they propose; with the means to answer."""

import csv
import io
from typing import Any

import streamlit as st

from pages.parts.access import access
from pages.parts.drawing import tables, words
from pages.parts.indicator import cards, questions
from pages.parts.journal import notes, session, wording
from pages.parts.release import warehouse
from pages.parts.shell import pages, states
from pages.parts.shell.filters import View

HERE = pages.of("asked")
DEED = "answer"
SHOWN = {"Open": True, "Answered": False}
REBASES = {"": "No, they run on", "one": "Yes, for this number", "all": "Yes, for every number of the unit"}
A_PAGE = 12


class InboxShut(wording.Unacceptable):
    """The file could not be put into the inbox; the message is a sentence for the analyst."""


def held(view: View) -> tuple[notes.Note, ...] | None:
    """The notes about every unit the viewer sees; None, and a box that says why, where the journal cannot be read."""
    found, reason = session.notes_of(str(warehouse.home().resolve()), tuple(view.units))
    if reason:
        states.empty("link_off", words.plain(reason), "The figures on the other pages are unharmed.")
        return None
    return found


def needs(found: tuple[notes.Note, ...] | None) -> str:
    """What needs somebody, in bold, first."""
    waiting = [note for note in found or () if note.open]
    if found is None:
        return "**What readers ask cannot be read just now.**"
    if not waiting:
        return "**Nothing needs you.** Whatever readers have asked is answered."
    wrong = sum(note.kind == notes.LOOKS_WRONG for note in waiting)
    told = [words.many(wrong, "number looks wrong", "numbers look wrong") + " to a reader"] if wrong else []
    told += (
        [words.many(len(waiting) - wrong, "event is proposed", "events are proposed")] if wrong < len(waiting) else []
    )
    return f"**This needs you:** {words.listed(told)}."


def pointer(view: View) -> None:
    """On another page: the way here, while something waits."""
    found, _ = session.notes_of(str(warehouse.home().resolve()), tuple(view.units))
    if waiting := sum(note.open for note in found):
        label = f"{words.many(waiting, 'question', 'questions')} of readers to answer"
        st.page_link(HERE.path, label=label, help="", icon=":material/flag:")


def chosen(found: tuple[notes.Note, ...]) -> list[notes.Note]:
    """Those that the reader wants to see, a page at a time."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom", key="over"):
        show = st.selectbox("Show", list(SHOWN), key="status", bind="query-params", width=200)
        drawn = [note for note in found if note.replies and note.replies[-1].outcome == "accepted"]
        if drawn:
            tables.as_file("Events accepted (CSV)", [row(note) for note in drawn], "events accepted")
    fitting = [note for note in found if note.open == SHOWN[show]]
    if not fitting:
        line = "Nothing waits for an answer" if SHOWN[show] else "Nothing has been answered yet"
        states.empty("mark_chat_read", line, "Readers ask from a number’s card, and propose events below a chart.")
    return cards.paged(fitting, show, A_PAGE)


def note(view: View, each: notes.Note) -> None:
    """One note: what it is about, what was said, the way to the chart, and the answer."""
    unit, indicator = view.units[each.seen.unit], view.indicators.get(each.seen.indicator)
    event = each.kind == notes.EVENT
    with st.container(border=True, gap="small", key=f"note_{each.id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if event:
                st.badge("Event proposed", icon=":material/event:", color="violet")
            else:
                st.badge("Looks wrong", icon=":material/flag:", color="orange")
            about = "" if event or not indicator else f"{indicator['title']}, "
            st.markdown(f"**{words.plain(about + unit['title'])}**", width="content")
        seen = f"{words.month(each.seen.month)} on" if event else each.seen.shown
        st.caption(f"{words.plain(seen)} · seen in release {words.plain(each.seen.release)}")
        questions.thread(each)
        if indicator:
            there = {"unit": unit["unit"], "indicator": each.seen.indicator}
            st.page_link(
                cards.LARGE.path, label=f"Open {words.plain(indicator['title'].lower())} large", help="",
                icon=":material/arrow_forward:", icon_position="right", query_params=there,
            )  # fmt: skip
        _answer(each)


def _answer(each: notes.Note) -> None:
    if not each.open or not access.role_to(DEED, each.seen.unit):
        return
    event = each.kind == notes.EVENT
    outcomes = wording.FOR_EVENTS if event else wording.FOR_NUMBERS
    with st.form(f"answer_{each.id}", border=False):
        grid = st.grid(columns=4, min_column_width=180)
        outcome = grid.cell().selectbox(
            "Answer",
            outcomes,
            index=None,
            format_func=wording.OUTCOMES.get,
            placeholder="Choose one",
            key=f"outcome_{each.id}",
        )
        rebase = ""
        if event:
            rebase = grid.cell().selectbox(
                "Begin average and limits afresh", REBASES, format_func=REBASES.get, key=f"rebase_{each.id}",
                help="Only where what is counted, or the work itself, is no longer the same thing. The event says why.",
            )  # fmt: skip
        said = grid.cell(column_span=2).text_input(
            "In a few words, if it needs any", max_chars=wording.WORDS, key=f"said_{each.id}"
        )
        with st.container(horizontal=True):
            sent = st.form_submit_button("Answer", type="primary")
    if event:
        tables.as_file("This event (CSV)", [row(each)], f"event {each.id[:8]}")
    if sent and session.kept(DEED, each.seen.unit, _write, each, outcome, said, rebase):
        drawn = (
            "It is drawn from the next build on." if outcome == "accepted" else "The reader sees it where they asked."
        )
        session.done(f"Answered. {drawn}")


def _write(each: notes.Note, outcome: str | None, said: str, rebase: str, author: str) -> None:
    """The answer, and with an event accepted its row in the inbox: both, or neither."""
    with notes.answering(each, outcome, said, author):
        if outcome == "accepted":
            into_inbox(each, {"one": each.seen.indicator}.get(rebase, rebase))


def row(each: notes.Note, rebase: str = "") -> dict[str, Any]:
    """An event as the engine's source of events reads it."""
    return {
        "Unit": each.seen.unit, "Month": f"{each.seen.month:%d/%m/%Y}", "Kind": each.what, "What happened": each.words,
        "Re-base": rebase,
    }  # fmt: skip


def into_inbox(each: notes.Note, rebase: str) -> None:
    """One extract of one row, under a name that stays the same if it must be written again. Raises InboxShut."""
    text = io.StringIO()
    sheet = csv.DictWriter(text, list(row(each)), lineterminator="\n")
    sheet.writeheader()
    sheet.writerow(row(each, rebase))
    inbox = warehouse.home() / "inbox"
    hidden = inbox / f".{each.id}"  # which is no extract until it has its name
    try:
        hidden.touch(mode=0o600)
        hidden.write_text(text.getvalue(), encoding="utf-8")
        hidden.replace(inbox / f"written_events_{each.id}.csv")
    except OSError:
        raise InboxShut(
            "The inbox cannot be written to from here: take the event as a file, add its row to your events, and answer "
            "that it is listed by hand."
        ) from None
