"""Which team has rows of which month, where sources contradict each other, and how fresh each of them is."""

import datetime as dt
from itertools import pairwise
from typing import Any

import streamlit as st

from pages.parts.drawing import expander, tables, words
from pages.parts.indicator import cards
from pages.parts.shell import freshness, states
from pages.parts.shell.filters import View, unit_labels

KEY = "● there · ◉ less than half of its usual rows · ○ not settled yet · ✕ no rows · 11/12 so many of the units below · – not expected"
A_PAGE = 25
FEW = "fewer than 11"
EVERY = "Every team, one by one"


# ---- freshness -------------------------------------------------------------------------------------------------------


def fresh(rows: list[dict[str, Any]], as_of: dt.date) -> None:
    """When each source last came, how far it goes, and when its next month can settle."""
    st.header("How fresh each source is", anchor=False)
    told = [
        {
            "Source": row["title"],
            "Whose": row["owner"],
            "Last file": words.short_day(_there(row["arrived"])),
            "Holds to": words.short_month(row["to_month"]) if row["to_month"] else "–",
            "Settled to": words.short_day(row["settled_to"]),
            "What comes next": _next(row, as_of),
        }
        for row in rows
        if row["files"]
    ]
    if not told:
        states.empty("inbox", "Nothing has arrived yet", "Extracts are dropped in workspace/inbox.")
        return
    config = {"What comes next": st.column_config.TextColumn(width=400)}
    tables.shown(told, "Each source: its last file, how far it goes, and what comes next", config, height="content")
    silent = [words.plain(row["title"]) for row in rows if not row["files"]]
    if silent:
        st.caption(f"Not collected: {words.listed(silent)}.")


def _there(moment: dt.datetime | None) -> dt.date | None:
    return moment.replace(tzinfo=dt.UTC).astimezone(freshness.clock()).date() if moment else None


def _next(row: dict[str, Any], as_of: dt.date) -> str:
    if not row["settled_to"]:
        return "It has no months" if not row["to_month"] else "None of its months is settled yet"
    begins = row["settled_to"] + dt.timedelta(days=1)
    ends = (begins + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    due = ends + dt.timedelta(days=row["complete_after_days"])
    if due <= as_of:
        return f"{words.month(begins)} has been due since {words.short_day(due)}"
    return f"{words.month(begins)} settles with a file from {words.short_day(due)} on"


# ---- coverage --------------------------------------------------------------------------------------------------------


def shown(view: View) -> None:
    """A year of one source: a row a unit, a column a month."""
    st.header("Coverage by team and month", anchor=False)
    covered = {row["source"]: row for row in view.ask("covered")}
    if not covered:
        states.empty("event_busy", "No source here says something of every team and month", "Missing is not zero.")
        return
    labels = _with_units_below(view)
    grid = st.grid(columns=4, min_column_width=200, key="coverage_filters")
    with grid.cell():
        source = chosen("Source", "source", {key: row["title"] for key, row in covered.items()})
    with grid.cell(column_span=2):
        unit = chosen("Units below", "under", labels)
    with grid.cell():
        every = chosen("Show", "show", {"below": "The units directly below", "every": EVERY}) == "every"
    rows = view.ask("coverage", source=source, unit=unit, every=every)
    if not rows:
        states.empty("event_busy", "No unit here ever had rows of this source", "Missing is not zero.")
        return
    settled = covered[source]["settled_to"]
    st.markdown(_in_short(rows, settled))
    page = cards.paged(rows, f"coverage_{source}_{unit}_{every}", A_PAGE)
    months = [point["month"] for point in rows[0]["points"]]
    config = {
        f"{words.SHORT[m.month - 1]} {m:%y}": st.column_config.TextColumn(width=58, alignment="center") for m in months
    }
    config |= {
        "Unit": st.column_config.TextColumn(width=190, pinned=True),
        "In words": st.column_config.TextColumn(width=330),
    }
    title = f"{covered[source]['title']}, month by month, below {view.units[unit]['title']}"
    tables.shown([_row(row, settled) for row in page], title, config, height="content")
    st.caption(KEY)
    tables.as_file("Coverage (CSV)", [_row(row, settled) for row in rows], f"coverage, {source}, {unit}")
    st.caption(
        "Told of sources that have rows of every team in every month. Where files add what happened, such as an absence, a month "
        "without a row may be a month in which nothing did."
    )


def _with_units_below(view: View) -> dict[str, str]:
    """The units that others stand under; first the highest whose teams stand in several branches."""
    branches: dict[str, set[str]] = {}
    for row in view.units.values():
        way = [*(unit["unit"] for unit in row["above"]), row["unit"]]
        for above, below in pairwise(way):
            branches.setdefault(above, set()).update({below} if row["level"] == "team" else ())
    labels = unit_labels({key: row for key, row in view.units.items() if key in branches} or view.units)
    first = next((key for key in labels if len(branches.get(key, ())) > 1), next(iter(labels)))
    return {first: labels[first]} | labels


def chosen(label: str, key: str, labels: dict[str, str]) -> str:
    """A choice that is kept in the address by its id."""
    asked = st.query_params.get(key)
    first = next(iter(labels))
    st.session_state[f"choice_{key}"] = asked if asked in labels else first

    def write() -> None:
        chosen = st.session_state[f"choice_{key}"]
        if chosen == first:
            st.query_params.pop(key, None)
        else:
            st.query_params[key] = chosen

    return st.selectbox(
        label, list(labels), format_func=labels.get, key=f"choice_{key}", on_change=write, filter_mode="contains"
    )


def _in_short(rows: list[dict[str, Any]], settled: dt.date | None) -> str:
    whole = sum(not _gaps(row, settled) for row in rows)
    if whole == len(rows):
        return f"**Nothing is missing** in the settled months of {words.many(len(rows), 'unit')}."
    return f"**{words.many(len(rows) - whole, 'unit has', 'units have')} a gap** in the settled months; {whole:,} have none."


def _row(row: dict[str, Any], settled: dt.date | None) -> dict[str, str]:
    told = {"Unit": row["title"]}
    told |= {f"{words.SHORT[p['month'].month - 1]} {p['month']:%y}": _sign(p, settled) for p in row["points"]}
    return told | {"In words": _in_words(row, settled)}


def _sign(point: dict[str, Any], settled: dt.date | None) -> str:
    if not point["expected"]:
        return "–"
    if settled is None or point["month"] > settled:
        return "○"
    if point["here"] < point["expected"]:
        return "✕" if not point["here"] else f"{point['here']}/{point['expected']}"
    return "◉" if point["few"] else "●"


def _gaps(row: dict[str, Any], settled: dt.date | None) -> list[dict[str, Any]]:
    return [point for point in row["points"] if _sign(point, settled) not in ("–", "○", "●")]


def _in_words(row: dict[str, Any], settled: dt.date | None) -> str:
    gaps = _gaps(row, settled)
    if not gaps:
        return "Complete where settled"
    told = []
    for name, signs in (("No rows", "✕"), ("Few rows", "◉")):
        months = [words.short_month(point["month"]) for point in gaps if _sign(point, settled) == signs]
        told += [f"{name} in {_some(months)}"] if months else []
    part = [words.short_month(point["month"]) for point in gaps if "/" in _sign(point, settled)]
    told += [f"not all units in {_some(part)}"] if part else []
    return words.sentence("; ".join(told))


def _some(months: list[str]) -> str:
    return words.listed(months) if len(months) <= 3 else f"{', '.join(months[:3])} and {len(months) - 3} more"


# ---- agreement -------------------------------------------------------------------------------------------------------


def agreement(rows: list[dict[str, Any]]) -> None:
    """Where two sources contradict each other: people of the whole organisation by month, never few and never one."""
    st.header("Do the sources agree?", anchor=False)
    if not rows:
        states.empty("compare_arrows", "No two sources can be held against each other yet", "Both must cover a month.")
        return
    kinds = {row["kind"]: row for row in reversed(rows)}
    for kind, row in kinds.items():
        newest = max((other for other in rows if other["kind"] == kind), key=lambda other: other["month"])
        st.markdown(
            f"**{words.sentence(_people(newest))}** {words.plain(row['what'])} in {words.month(newest['month'])}.  \n"
            f":small[:gray[{words.plain(row['why'])}]]"
        )
    months = sorted({row["month"] for row in rows}, reverse=True)[:13]
    found = {(row["kind"], row["month"]): row for row in rows}
    told = [
        {"Month": words.short_month(month)}
        | {words.sentence(row["what"]): _cell(found.get((kind, month))) for kind, row in kinds.items()}
        for month in months
    ]
    with expander.box("Month by month", "table", "agreement") as box:
        if box.open:
            tables.shown(told, "Where sources contradict each other, month by month")
    st.caption(
        "People of the whole organisation, to the nearest 5. Fewer than 11 are not told, nor whether there are any."
    )


def _people(row: dict[str, Any]) -> str:
    return FEW + " people" if row["people"] is None else f"about {row['people']:,} people"


def _cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return "not covered"
    return FEW if row["people"] is None else f"{row['people']:,} of {row['looked_at']:,}"
