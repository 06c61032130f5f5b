"""One number on a card or in a row: its value, its sign, three years in small, and the reading in words."""

import datetime as dt
import html
import math
from typing import Any

import streamlit as st

from pages.parts import doubts, folded, marks, states, words
from pages.parts.filters import View

LARGE = "pages/executives/indicator.py"
UNIT = "pages/leaders/team.py"
NOT_ONE = f"For none of these units. {words.PROTECTED}"
A_PAGE = 15  # units in a list, before it is cut into pages
GROUPS = {
    "What is holding up": ("improvement",),
    "Where there is change worth a conversation": ("concern", "change"),
    "Within the usual range": ("common_cause",),
    "Shown, not judged": ("not_judged",),
    "No number here": ("absent",),
}


def standing(row: dict[str, Any]) -> str:
    """Where a number stands: its verdict, `not_judged` if none holds, `absent` if it is not shown."""
    if row["shown"] != "yes":
        return "absent"
    return row["verdict"] if row["settled"] else "not_judged"


def newest(rows: list[dict[str, Any]]) -> dt.date | None:
    return max((row["month"] for row in rows if row["month"]), default=None)


def decimals(row: dict[str, Any]) -> int:
    return words.places([row["value"], *(p["value"] for p in row["points"])])


def definition(indicator: dict[str, Any]) -> str:
    """What a number means, for the tooltip beside its name."""
    return f"{words.plain(indicator['definition'])}\n\n{words.plain(indicator['caveats'])}"


def judged(row: dict[str, Any]) -> dict[str, Any]:
    """The row with the verdict that its sign shows: what is not shown or not settled is not judged."""
    return row if row["shown"] == "yes" and row["settled"] else {**row, "verdict": "not_judged"}


def icon(row: dict[str, Any], width: int = 26) -> None:
    shown = judged(row)
    st.image(marks.variation(shown["verdict"], shown["moved"]), width=width, alt=words.sign(shown))


def number(row: dict[str, Any], unit: str) -> None:
    """The figure in serif, its unit in small."""
    value = html.escape(words.figure(row["value"], decimals(row)))
    st.html(f'<p class="figure">{value}<span>{words.NBSP}{html.escape(unit)}</span></p>')


def small_chart(row: dict[str, Any], title: str, unit: str) -> None:
    drawn = [p["value"] for p in row["points"] if p["value"] is not None]
    if not drawn:
        return
    low, high = (words.figure(of(drawn), decimals(row)) for of in (min, max))
    first, last = (words.month(row["points"][i]["month"]) for i in (0, -1))
    top = words.quantity(max(drawn), unit, decimals(row))
    said = f"{title}, {first} to {last}: between {low} and {top}"
    st.image(
        marks.spark(row["points"]),
        width="stretch",
        alt=said if high != low else f"{title}: {high} throughout",
    )


def aside(row: dict[str, Any], unit: str, level: str) -> str:
    """The line under a number: the reading, and what it is measured against."""
    average = f"; own average {words.quantity(row['mean'], unit, decimals(row))}" if row["mean"] is not None else ""
    return f"{words.plain(words.reading(row, level))}{average if row['settled'] else ''}."


def instead(view: View, row: dict[str, Any], others: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Where a number is protected, the nearest that can be shown: that of the small units together, or of the unit above.
    `others` are the same indicator's rows of those, nearest first."""
    if row["shown"] != "protected":
        return None
    return next((other for other in others if other["shown"] == "yes" and other["unit"] in view.units), None)


def card(view: View, row: dict[str, Any], others: list[dict[str, Any]]) -> None:
    """One indicator of the chosen unit; `others` are the rows that may stand for it (`instead`)."""
    indicator = view.indicators[row["indicator"]]
    with st.container(border=True, height="stretch", gap="xsmall", key=f"card_{row['indicator']}"):
        with st.container(horizontal=True, wrap=False, horizontal_alignment="distribute", gap="small"):
            told = "\n\n".join(filter(None, (definition(indicator), words.sure(row, view.profile()))))
            st.markdown(f"**{words.plain(indicator['title'])}**", help=told, width="content")
            icon(row)
        if row["shown"] == "yes":
            number(row, indicator["unit"])
            st.caption(" · ".join(filter(None, (words.month(row["month"]), words.between(row, indicator["unit"])))))
        else:
            st.markdown(f"*{words.absence(row)}.*")
            if row["last_shown"] and row["shown"] == "no_data":
                st.caption(f"Last shown for {words.month(row['last_shown'])}.")
        small_chart(row, indicator["title"], indicator["unit"])
        if row["shown"] == "yes":
            st.caption(aside(row, indicator["unit"], view.unit["level"]))
        elif other := instead(view, row, others):
            over = view.units[other["unit"]]
            said = words.quantity(other["value"], indicator["unit"], decimals(other))
            st.page_link(
                UNIT, label=f"{words.plain(over['title'])}: {words.plain(said)}", help="",
                icon=f":material/{'group_work' if over['together'] else 'arrow_upward'}:",
                query_params=view.address(unit=over["unit"]),
            )  # fmt: skip
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="xsmall"
        ):
            if row["last_shown"]:
                st.page_link(
                    LARGE, label=f"Open {words.plain(indicator['title'].lower())} large", help="",
                    icon=":material/arrow_forward:", icon_position="right", width="content",
                    query_params=view.address(indicator=row["indicator"]),
                )  # fmt: skip
            doubts.beside(view, row)


def further(view: View, rows: list[dict[str, Any]], others: dict[str, list[dict[str, Any]]]) -> None:
    """The numbers beside the front set, family by family, folded away and not drawn until they are asked for."""
    if not rows:
        return
    changed = sum(standing(row) in ("improvement", "concern", "change") for row in rows)
    said = f", {words.count(changed).lower()} with a change worth a look" if changed else ""
    label = f"{words.many(len(rows), 'more number')}{said}"
    with folded.box(label, "grid_view", "more_numbers") as box:
        for family, name in words.FAMILIES.items():
            members = [row for row in rows if view.indicators[row["indicator"]]["family"] == family]
            if members and box.open:
                st.subheader(name, anchor=False)
                with st.grid(columns=3, min_column_width=270):
                    for row in members:
                        card(view, row, others.get(row["indicator"], []))


def line(view: View, row: dict[str, Any], unit: dict[str, Any]) -> None:
    """The chosen indicator for one of many units: sign, name that opens its page, number, chart, reading."""
    measure, there = view.indicator["unit"], view.address(unit=unit["unit"])
    with st.container(horizontal=True, wrap=False, gap="small", key=f"sign_{unit['unit']}"):
        icon(row, 28)
        with st.container(width="stretch"):
            name, chart, said = st.columns([4.2, 3, 4.6], vertical_alignment="center")
            with name.container(gap=None):
                st.page_link(LARGE, label=words.plain(unit["title"]), help="", query_params=there)
                if row["shown"] == "yes":
                    st.markdown(f"**{words.plain(words.quantity(row['value'], measure, decimals(row)))}**")
                else:
                    st.caption(f"*{words.absence(row).removesuffix('. Missing is not zero')}.*")
            with chart:
                small_chart(row, unit["title"], measure)
            if row["shown"] == "yes":
                said.caption(aside(row, measure, unit["level"]))
            elif row["last_shown"]:
                said.caption(f"Last shown for {words.month(row['last_shown'])}.")


def lines(view: View, rows: list[dict[str, Any]], units: list[dict[str, Any]]) -> None:
    """A line for each unit, in the order given; one box where nothing is collected for any of them."""
    for absent, line_of_words in (("not_collected", "Not collected for these units"), ("protected", NOT_ONE)):
        if all(row["shown"] == absent and not row["last_shown"] for row in rows):
            states.empty("block", line_of_words, "The figure above is as deep as this number goes.")
            return
    found = {row["unit"]: row for row in rows}
    with st.container(key="below"):
        for unit in units:
            line(view, found[unit["unit"]], unit)


def paged(rows: list[dict[str, Any]], of: str, a_page: int = A_PAGE) -> list[dict[str, Any]]:
    """One page of a long list, with the means to turn it."""
    pages = math.ceil(len(rows) / a_page)
    if pages <= 1:
        return rows
    with st.container(key="paging"):
        page = st.pagination(pages, key=f"page_{of}")
    return rows[(page - 1) * a_page : page * a_page]


def links(view: View, units: list[dict[str, Any]], page: str) -> None:
    """The way further down."""
    if not units:
        return
    with (
        st.expander(
            words.many(len(units), "unit directly below", "units directly below"),
            icon=":material/account_tree:",
        ),
        st.grid(columns=3, min_column_width=270, gap=None),
    ):
        for unit in units:
            there = view.address(unit=unit["unit"])
            st.page_link(page, label=words.plain(unit["title"]), help="", query_params=there)
