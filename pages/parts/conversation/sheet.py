"""What a unit tries: its open sheet, what was seen before and since, the sheets before it, and those of the units below."""

import datetime as dt
from typing import Any

import streamlit as st

from pages.parts.conversation import before_and_since as since
from pages.parts.drawing import markup, readings, tables, vocabulary, words
from pages.parts.indicator import cards
from pages.parts.journal import session, wording
from pages.parts.journal.sheets import Sheet, Version
from pages.parts.shell import freshness, pages, states
from pages.parts.shell.filters import View

HAPPENED = {
    "begun": "Begun",
    "changed": "Changed",
    "gone_on": "Looked back, and goes on",
    "closed": "Looked back, and closed",
}
HERE = pages.of("trying")
SEEN = 6  # signals worth a conversation that are listed


def answer(sheet: Sheet | None, today: dt.date) -> str:
    """How many things, since when, and when to look back."""
    if sheet is None:
        return "**Nothing is being tried on purpose just now.**"
    things = words.count(len(sheet.now.things))
    many = "thing" if len(sheet.now.things) == 1 else "things"
    told = f"**{things} {many}, since {words.month(sheet.now.began)}.**"
    if sheet.due(today):
        return f"{told} It is time to look back: that was agreed for {words.month(sheet.now.review)}."
    return f"{told} We look back in {words.month(sheet.now.review)}."


def changed(view: View) -> list[dict[str, Any]]:
    """The unit's numbers that have changed in a way worth a conversation, headline indicators first."""
    rows = view.ask("now", indicators=list(view.indicators), of=[view.unit["unit"]], month=None)
    found = {row["indicator"]: row for row in rows}
    in_order = [*view.front, *(key for key in view.indicators if key not in view.front)]
    return [found[key] for key in in_order if cards.standing(found[key]) in vocabulary.WORTH_A_CONVERSATION]


def what_we_see(view: View, rows: list[dict[str, Any]]) -> None:
    """Where a conversation may start: the signals, and no cause."""
    if not rows:
        told = "Nothing has changed in a way that chance would not explain."
        markup.show("prose", markup.prose(told), under="What we see")
        return
    more = f"{words.count(len(rows) - SEEN)} more on the unit’s own page." if len(rows) > SEEN else ""
    markup.show(
        "signs",
        "<ul>",
        *(
            f"<li>{cards.sign(row)}<span><strong>{markup.text(view.indicators[row['indicator']]['title'])}.</strong> "
            f"{markup.text(readings.reading(row, view.unit['level']))}.</span></li>"
            for row in rows[:SEEN]
        ),
        "</ul>",
        markup.quiet(more),
        under="What we see",
    )


def open_sheet(view: View, sheet: Sheet) -> None:
    """The things to try, each with its help and the signals it hopes to move."""
    st.header("What we try", anchor=False)
    things(view, sheet.now)
    written = sheet.now
    st.caption(
        f":material/groups: {wording.WARNING} {HAPPENED[written.happened]} "
        f"{words.moment(written.written_at, freshness.clock())}, {session.by(written.author)}."
    )


def things(view: View, version: Version) -> None:
    for i, thing in enumerate(version.things, 1):
        with st.container(border=True, gap="xsmall", key=f"card_thing_{version.version}_{i}"):
            st.markdown(f"We will **{words.plain(thing.words)}**")
            st.badge(wording.HELPS.get(thing.help, thing.help), icon=":material/volunteer_activism:", color="violet")
            st.caption(f"We hope to move: {words.plain(_titles(view, thing.signals))}")


def before_and_since(view: View, sheet: Sheet, today: dt.date, looking_back: bool) -> None:
    """Each signal of the sheet; the charts come by themselves when the reader looks back, or it is time to."""
    st.header("Before, and since", anchor=False)
    charts = looking_back or st.toggle("With the charts", sheet.due(today), key=f"charts_{sheet.id}")
    with st.container(key="below_signals"):
        for indicator in sheet.signals:
            since.signal(view, indicator, sheet.now.began, charts)
    st.caption(
        "Average and limits run on from before: they begin afresh only where an event says why, which can be proposed below "
        "the large chart. What moved may have other causes than what we try."
    )


def earlier(view: View, sheets: list[Sheet]) -> None:
    """The closed sheets and what came of them, newest first; and every version there has been, for all of them."""
    closed = [sheet for sheet in sheets if not sheet.open]
    if closed:
        st.header("What we tried before", anchor=False)
    for sheet in closed:
        came = wording.CAME_OF_IT.get(sheet.now.came_of_it or "", "")
        months = f"{words.month(sheet.now.began)} to {words.month(sheet.now.written_at.date())}"
        with st.expander(f"{months}: {came}", icon=":material/history_edu:"):
            if sheet.now.words:
                st.markdown(f"“{words.plain(sheet.now.words)}”")
            for thing in sheet.now.things:
                st.markdown(f"We would **{words.plain(thing.words)}**  \n:gray[{wording.HELPS.get(thing.help, '')}]")
    if sheets:
        with st.expander("Every version there has been", icon=":material/history:"):
            told = "Every version of this unit’s sheets, newest first"
            tables.shown(history(view, sheets), told, _WIDE, row_height=40, key="versions")


_WIDE = {"What we try": st.column_config.TextColumn(width="large")}


def history(view: View, sheets: list[Sheet]) -> list[dict[str, Any]]:
    """A row a version, newest first."""
    return [
        {
            "Written": words.moment(version.written_at, freshness.clock()),
            "By": session.by(version.author),
            "What happened": HAPPENED.get(version.happened, version.happened),
            "What we try": " · ".join(thing.words for thing in version.things),
            "Look back": words.month(version.review),
            "What came of it": ". ".join(
                filter(None, (wording.CAME_OF_IT.get(version.came_of_it or ""), version.words))
            ),
        }
        for sheet in sheets
        for version in reversed(sheet.versions)
    ]


def below(view: View, today: dt.date) -> None:
    """The open sheets of the units that stand under this one, by name."""
    under = [
        key
        for key, unit in view.units.items()
        if not unit["together"] and any(a["unit"] == view.unit["unit"] for a in unit["above"])
    ]
    if not under:
        return
    found = {sheet.unit: sheet for sheet in session.sheets_of(under) or [] if sheet.open}
    st.header("In the units below", anchor=False)
    if not found:
        st.markdown(f"None of the {words.many(len(under), 'unit')} below has an open sheet.")
    with st.container(key="below_sheets"):
        for key in sorted(found, key=lambda unit: (view.units[unit]["title"].lower(), unit)):
            with st.container(gap=None):
                st.page_link(
                    HERE.path, label=words.plain(view.units[key]["title"]), help="", query_params={"unit": key}
                )
                st.caption(answer(found[key], today).replace("**", ""))


def pointer(view: View) -> None:
    """On the unit's own page: the way to its sheet."""
    link = markup.link(HERE, f"What are we trying in {view.unit['title']}?", view.address())
    markup.show("prose", f"<p>{link}</p>")


def nothing_yet() -> Any:
    """The box where there is no open sheet; what the caller writes inside it is the way out."""
    reason = "A sheet holds at most three things that we want to try together, and when we look back on them."
    return states.empty("spa", "Nothing is being tried on purpose just now", reason)


def _titles(view: View, signals: tuple[str, ...]) -> str:
    return words.listed([view.indicators[key]["title"].lower() if key in view.indicators else key for key in signals])
