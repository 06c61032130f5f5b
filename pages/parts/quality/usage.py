"""Who has looked at what, in counts by month and role: of one unit for whoever may read it, of every page for analysts."""

import datetime as dt
from typing import Any

import streamlit as st

from pages.parts.access import access, audit
from pages.parts.drawing import expander, tables, words
from pages.parts.journal import session
from pages.parts.shell import pages, states
from pages.parts.shell.filters import View

ROLES = {"leader": "Leaders", "executive": "Executives", "analyst": "Analysts", "staff": "Staff"}
STAFF = 11  # people of staff who looked in a month, before it is told how often
STEP = 5  # and to which it is rounded then
FEW = f"fewer than {STAFF} people"  # nobody is fewer, too
WHY = (
    f"Whole months only. Of staff it is told how often, to the nearest {STEP}, once {STAFF} or more of them have looked in a month: "
    "nobody is to be seen watching. Files are those that leaders, executives and analysts took from here."
)
NONE = "No sign-in is set up, so nobody is known, and nothing is written down of who looks at what."


def at_unit(view: View) -> None:
    """At the foot of a unit's page: how often its pages were looked at. It is read when the box is opened."""
    with expander.box("Who has looked at this?", "visibility", "looked_at") as box:
        if not box.open:
            return
        if not access.sign_in_is_set_up():
            st.markdown(NONE)
            return
        unit = view.unit["unit"]
        found = audit.months(session.today())
        rows = [_row(month, {role: month.of_units.get((unit, role)) for role in ROLES}) for month in found]
        if rows:
            tables.shown(rows, f"How often pages of {view.unit['title']} were looked at, by month and role", _counts())
        else:
            _not_yet(session.today())
        _missing(found)
        st.caption(
            f"Views of the pages of {words.plain(view.unit['title'])}, by the role in which somebody looked; pages of the units "
            f"above, which may list it, are not counted. {WHY}"
        )


def at_pages() -> None:
    """For analysts: the same of every page, whatever the unit."""
    st.header("What has been looked at", anchor=False)
    if not access.sign_in_is_set_up():
        st.markdown(NONE)
        return
    found = audit.months(session.today())
    rows = [
        {"Page": page} | _row(month, {role: of_pages.get((page, role)) for role in ROLES})
        for month in found
        for of_pages in [_by_title_now(month)]
        for page in sorted({page for page, _ in of_pages})
    ]
    if rows:
        told = "How often each page was looked at, by month and role"
        tables.shown(rows, told, _counts(), height=min(38 + 35 * len(rows), 420))
    else:
        _not_yet(session.today())
    _missing(found)
    st.caption(WHY)


def _by_title_now(month: audit.Month) -> dict[tuple[str, str], audit.Looked]:
    """(page, role) → counts, in which a page that has been renamed is one page, under what it is called now."""
    counts: dict[tuple[str, str], audit.Looked] = {}
    for (page, role), looked in month.of_pages.items():
        key = pages.title_now(page), role
        counts[key] = counts.get(key, audit.Looked()) + looked
    return counts


def outage() -> None:
    """At the top of the analysts' page, while views are not being written down."""
    if audit.outage():
        reason = "Pages go on without it. Whoever looks after Kinship finds the reason in the log."
        states.empty("visibility_off", "The record of who looks at what cannot be written just now", reason)


def _row(month: audit.Month, of: dict[str, audit.Looked | None]) -> dict[str, Any]:
    told = {"Month": words.short_month(month.month)}
    told |= {name: _told(role, of[role] or audit.Looked()) for role, name in ROLES.items()}
    return told | {"Files taken": sum(looked.files for role, looked in of.items() if looked and role != "staff")}


def _counts() -> dict[str, Any]:
    counts = (*(name for role, name in ROLES.items() if role != "staff"), "Files taken")
    return dict.fromkeys(counts, st.column_config.NumberColumn(format="localized", width="small"))


def _told(role: str, looked: audit.Looked) -> int | str:
    if role != "staff":
        return looked.views
    if len(looked.people) < STAFF:
        return FEW
    return f"about {STEP * round(looked.views / STEP):,}"


def _missing(found: list[audit.Month]) -> None:
    now = session.today().replace(day=1)
    gaps = [words.month(month) for month in (*[now] * audit.gap_in(now), *(each.month for each in found if each.gap))]
    if gaps:
        st.markdown(
            f":orange[:material/report:] **The record has a gap in {words.listed(gaps)}**: there may have been more views."
        )


def _not_yet(today: dt.date) -> None:
    st.markdown(f"Nothing to tell yet: whole months are told, and {words.month(today)} has not ended.")
