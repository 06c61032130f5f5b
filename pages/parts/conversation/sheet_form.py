"""Writing on a sheet: begin one, change it, look back on it. What is being written stays if it cannot be kept yet."""

from functools import partial
from typing import Any

import streamlit as st

from pages.parts.access import access
from pages.parts.drawing import words
from pages.parts.journal import session, sheets, store, wording
from pages.parts.journal.sheets import Sheet, Thing
from pages.parts.shell.filters import View

DEED = "write sheets"
WRITING = "writing_on"  # in the session: the unit, what is being done there, and the sheet as the writer first saw it


def may_write(view: View) -> bool:
    """Staff read their team's sheet; who leads it, or stands above, writes it. Units shown together are no team."""
    return not view.unit["together"] and access.role_to(DEED, view.unit["unit"]) is not None


def start(view: View, box: Any) -> None:
    """In the box of a unit that tries nothing."""
    if not may_write(view):
        return
    box.button(
        "Begin a sheet", key="begin", icon=":material/edit:", type="primary", on_click=_set, args=(view, "begin", None)
    )


def choices(view: View, sheet: Sheet) -> None:
    """Under an open sheet: change it, or look back on it."""
    if not may_write(view):
        return
    with st.container(horizontal=True, gap="small", key="sheet_choices"):
        st.button("Change it", key="change", icon=":material/edit:", on_click=_set, args=(view, "change", sheet))
        st.button("Look back", key="review", icon=":material/history_edu:", on_click=_set, args=(view, "review", sheet))


def doing(view: View) -> tuple[str | None, Sheet | None]:
    """What the reader is about in this unit (begin, change, review; None for nothing), and the sheet it began from."""
    unit, what, seen = st.session_state.get(WRITING, (None, None, None))
    return (what, seen) if unit == view.unit["unit"] and may_write(view) else (None, None)


def things(view: View, seen: Sheet | None, newest: Sheet | None, changed: list[dict[str, Any]]) -> None:
    """The form for a new sheet or for the one `seen`; `newest` is how it stands now, `changed` the signals offered first."""
    st.header("Change the sheet" if seen else "A new sheet", anchor=False)
    held = list(seen.now.things) if seen else []
    held += [Thing("", "", ())] * (sheets.MOST - len(held))
    of = f"{view.unit['unit']}_{seen.id if seen else 'new'}"
    with st.form(f"sheet_{of}", width=860, border=False):
        given = [_thing(view, i, thing, changed, of) for i, thing in enumerate(held, 1)]
        review = _month(seen, of)
        st.caption(f":material/groups: {wording.WARNING}")
        with st.container(horizontal=True):
            sent = st.form_submit_button("Keep the sheet", type="primary")
            left = st.form_submit_button("Leave it as it was")
    if left:
        _leave(view)
    if sent:
        write = partial(sheets.change, view.unit["unit"], seen) if seen else partial(sheets.begin, view.unit["unit"])
        reason = session.refused(DEED, view.unit["unit"], write, given, review, today=session.today())
        if not reason:
            _done(view, f"Kept. We look back in {words.month(review)}.")
        _next_time(view, "change", seen, newest, reason)


def _thing(view: View, i: int, thing: Thing, changed: list[dict[str, Any]], of: str) -> Thing:
    first = [row["indicator"] for row in changed]
    signals = [*first, *(key for key in view.indicators if key not in first)]
    signals += [key for key in thing.signals if key not in signals]

    def named(key: str) -> str:
        title = view.indicators[key]["title"] if key in view.indicators else key
        return f"{title} (has changed)" if key in first else title

    with st.container(border=True, gap="small", key=f"thing_{of}_{i}"):
        said = st.text_input(
            f"{i}. We will …", thing.words, max_chars=wording.WORDS, key=f"words_{of}_{i}",
            placeholder="keep team time on Thursdays, on short days too" if i == 1 else "",
        )  # fmt: skip
        grid = st.grid(columns=2, min_column_width=280)
        helps = list(wording.HELPS)
        chosen = grid.cell().selectbox(
            f"{i}. Which help it is", helps, index=helps.index(thing.help) if thing.help in helps else None,
            format_func=wording.HELPS.get, placeholder="Choose one of the five", key=f"help_{of}_{i}",
        )  # fmt: skip
        hoped = grid.cell().multiselect(
            f"{i}. Signals we hope to move", signals, list(thing.signals), format_func=named, key=f"signals_{of}_{i}",
            max_selections=sheets.SIGNALS, placeholder="Up to three", wrap=True,
        )  # fmt: skip
    return Thing(said, chosen or "", tuple(hoped))


def _month(sheet: Sheet | None, of: str) -> Any:
    months = list(wording.next_quarter(session.today()))
    held = sheet.now.review if sheet else months[1]
    months = months if held in months else [held, *months]
    return st.selectbox(
        "We look back in", months, index=months.index(held), format_func=words.month, key=f"month_{of}", width=260,
        help="A month of the next quarter: long enough for a change to show, short enough to remember why.",
    )  # fmt: skip


def look_back(view: View, seen: Sheet, newest: Sheet) -> None:
    """The form for a review: close the sheet with what came of it, or let it go on."""
    st.header("Look back", anchor=False)
    with st.form(f"look_back_{seen.id}", width=860):
        came = st.radio("What came of it", wording.CAME_OF_IT, index=None, format_func=wording.CAME_OF_IT.get)
        said = st.text_input("In a few words, if it needs any", max_chars=wording.WORDS)
        months = wording.next_quarter(session.today())
        review = st.selectbox(
            "If it goes on, we look back again in", months, index=1, format_func=words.month, width=260
        )
        st.caption(f":material/groups: {wording.WARNING}")
        with st.container(horizontal=True):
            ends = st.form_submit_button("Close the sheet", type="primary")
            goes_on = st.form_submit_button("It goes on as it is")
            left = st.form_submit_button("Not yet")
    if left:
        _leave(view)
    unit = view.unit["unit"]
    reason = None
    if ends and not (reason := session.refused(DEED, unit, sheets.close, unit, seen, came, said)):
        _done(view, "Closed. It stays below, with what came of it.")
    asked = (unit, seen, seen.now.things, review)
    if goes_on and not (
        reason := session.refused(DEED, unit, sheets.change, *asked, today=session.today(), goes_on=True)
    ):
        _done(view, f"It goes on. We look back again in {words.month(review)}.")
    _next_time(view, "review", seen, newest, reason)


def _set(view: View, what: str | None, seen: Sheet | None = None) -> None:
    st.session_state[WRITING] = (view.unit["unit"], what, seen)


def _next_time(view: View, what: str, seen: Sheet | None, newest: Sheet | None, reason: Exception | None) -> None:
    """Who was overtaken has now been told, and sees the sheet as it stands: the next attempt may replace it."""
    if isinstance(reason, store.Overtaken) and seen and newest and newest.id == seen.id:
        _set(view, what, newest)


def _done(view: View, said: str) -> None:
    _set(view, None)
    session.done(said)


def _leave(view: View) -> None:
    _set(view, None)
    st.rerun()
