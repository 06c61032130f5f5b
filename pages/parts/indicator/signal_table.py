"""The icon table: indicators × units, each with its signs, its reading in words, its latest value and three years in small.

Never in the order of a value, which would be a league table. Streamlit cannot keep a single column from being sorted, but
where columns can be selected none is sorted: so the table lets a column be selected, and its order is chosen above it.
"""

import base64
import re
from collections import Counter
from typing import Any

import streamlit as st

from pages.parts.drawing import icons, readings, tables, vocabulary, words
from pages.parts.indicator import cards
from pages.parts.shell.filters import View

ORDERS = {"unit": "By unit", "verdict": "By verdict"}
STANDING = tuple(vocabulary.SIGNALS)
A_PAGE = 24  # rows of the table, before it is cut into pages
WIDTHS = {"Unit": 165, "Indicator": 165, "Variation": 68, "Reading": 225, "Assurance": 80, "Target": 150, "Latest": 74}
SPARK = (200, 64)


def units(view: View) -> list[dict[str, Any]]:
    """The chosen unit and those directly below it, each with a name that no other of them has."""
    months = [row["settled_to"].replace(day=1) for row in view.indicators.values() if row["settled_to"]]
    month = view.month or max(months, default=None)
    below = view.ask("units_below", unit=view.unit["unit"], month=month) if month else []
    found = [view.unit, *below]
    seen = Counter(unit["title"] for unit in found)
    return [{**u, "name": f"{u['title']} ({u['unit']})" if seen[u["title"]] > 1 else u["title"]} for u in found]


def wanted(view: View) -> list[str]:
    """The indicators that the reader asks for: the headline indicators, or all there are."""
    more = len(view.indicators) - len(view.front)
    if more and st.toggle(
        f"With the {words.many(more, 'number')} beside the headline indicators", key="all", bind="query-params"
    ):
        return list(view.indicators)
    return view.front


def rows(view: View, of: list[dict[str, Any]], indicators: list[str]) -> list[dict[str, Any]]:
    """A row a unit and indicator, by unit; indicators that none of the units has are left out."""
    asked = {"indicators": indicators, "of": [unit["unit"] for unit in of], "month": view.month}
    found = {(row["unit"], row["indicator"]): row for row in view.ask("now", **asked)}
    collected = {indicator for (_, indicator), row in found.items() if row["shown"] != "not_collected"}
    return [
        {**found[unit["unit"], key], "of": unit, "about": about}
        for unit in of
        for key in indicators
        for about in [view.indicators[key]]
        if key in collected and (not unit["together"] or found[unit["unit"], key]["shown"] != "not_collected")
    ]


def ordered(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows in the order that the reader chooses, and finds again on coming back."""
    st.session_state.setdefault("order", st.session_state.get("last_order", "unit"))
    order = st.selectbox("Order", list(ORDERS), format_func=ORDERS.get, key="order", width=200)
    st.session_state["last_order"] = order
    return found if order == "unit" else sorted(found, key=lambda row: STANDING.index(cards.standing(row)))


def table(view: View, found: list[dict[str, Any]]) -> dict[str, Any] | None:
    """One page of the table; the row that the reader selects on it, if any."""
    page = cards.paged(found, f"{view.unit['unit']}_{st.session_state['order']}", A_PAGE)
    told = _without_empty([_row(row) for row in page], found)
    column, image = st.column_config.TextColumn, st.column_config.ImageColumn
    config = {name: column(width=width) for name, width in WIDTHS.items()}
    config |= {name: image(width=WIDTHS[name]) for name in ("Variation", "Assurance")}
    config |= {"Latest": column(width=WIDTHS["Latest"], alignment="right"), "Three years": image(width=140)}
    picked = tables.shown(
        told,
        f"Every number of {view.unit['title']} and of the units directly below it, with its signs",
        config,
        row_height=48,
        height="content",
        on_select="rerun",
        selection_mode=["single-row", "single-column"],
        key="signals",
    ).selection.rows
    return page[picked[0]] if picked else None


def chooser(view: View, found: list[dict[str, Any]]) -> None:
    """The way to a chart for those who cannot point at a row."""
    names = {i: f"{row['about']['title']}, {row['of']['name']}" for i, row in enumerate(found)}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="opening"):
        chosen = st.selectbox("Chart to open", names, format_func=names.get, width=420, filter_mode="contains")
        st.page_link(
            cards.LARGE.path, label=f"Open {words.plain(names[chosen])}", help="", icon=":material/arrow_forward:",
            icon_position="right", query_params=address(view, found[chosen]),
        )  # fmt: skip


def address(view: View, row: dict[str, Any]) -> dict[str, str]:
    return view.address(unit=row["unit"], indicator=row["indicator"])


def file(view: View, found: list[dict[str, Any]]) -> None:
    """The table as it is shown, all its pages, with words for signs."""
    told = [
        {
            "Unit": row["of"]["name"],
            "Unit code": row["unit"],
            "Indicator": row["about"]["title"],
            "Variation": readings.sign(cards.judged(row)),
            "Reading": readings.reading(row, row["of"]["level"]),
            "Target": row["target"],
            "Assurance": readings.target(row["assurance"]) if row["assurance"] else None,
            "Latest": row["value"],
            "Measure": row["about"]["unit"],
            "Month": row["month"],
        }
        for row in found
    ]
    notes = [f"All signals, {view.unit['title']}", f"Release {view.release.id}", words.PURPOSE]
    tables.as_file("Data (CSV)", told, f"signals, {view.unit['unit']}, {view.release.id}", notes)


def _without_empty(told: list[dict[str, Any]], found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows without columns that say nothing: the unit where there is but one, targets where there are none."""
    left_out = set() if len({row["unit"] for row in found}) > 1 else {"Unit"}
    left_out |= set() if any(row["target"] is not None for row in found) else {"Target", "Assurance"}
    return [{name: cell for name, cell in row.items() if name not in left_out} for row in told]


def _row(row: dict[str, Any]) -> dict[str, Any]:
    sign, about, target = cards.judged(row), row["about"], row["assurance"]
    shown = row["shown"] == "yes"
    return {
        "Unit": row["of"]["name"],
        "Indicator": about["title"],
        "Variation": _image(icons.variation(sign["verdict"], sign["moved"]), readings.sign(sign)),
        "Reading": readings.in_short(row),
        "Assurance": _image(icons.assurance(target), readings.target(target)) if target else None,
        "Target": readings.met(row),
        "Latest": _latest(row) if shown else None,
        "Three years": _image(icons.spark(row["points"], *SPARK), "Three years in small")
        if row["last_shown"]
        else None,
    }


def _image(svg: str, name: str) -> str:
    """The drawing as an address. What a screen reader reads of such a cell is the address: so it begins with a name."""
    spoken = re.sub(r"\W+", "-", name)
    return f"data:image/svg+xml;name={spoken};base64,{base64.b64encode(svg.encode()).decode()}"


def _latest(row: dict[str, Any]) -> str:
    """The number, with its unit where that is short: the others stand in the file, and one click away."""
    measure, decimals = row["about"]["unit"], cards.decimals(row)
    return words.measured(row, measure, decimals) if len(measure) < 3 else words.reach(row, decimals)
