"""The large chart: one number by month against its own average and limits (an XmR chart), ready to draw."""

import datetime as dt
import itertools
from functools import lru_cache
from typing import Any

import altair as alt
import pyarrow as pa
import streamlit as st
from altair.utils import schemapi

from pages.parts.drawing import icons, markup, readings, words
from pages.parts.indicator import xmr_layers
from pages.parts.release import warehouse
from pages.parts.shell.filters import View

HEIGHT = 340
PLOT = 290  # of which so much is left to the plot, more or less, once the axis has its place
LABELS = 112  # px kept free at the right for the names of the lines;
NUMBERS = 44  # on a narrow screen, for their numbers alone
MONTHS_DRAWN = 60


@st.cache_data(max_entries=500, show_spinner=False)
def xmr(
    release: warehouse.Release,
    scope: tuple[str, ...],
    indicator: str,
    unit: str,
    chosen: dt.date | None,
    beside: str | None = None,
    marked: str | None = None,
) -> dict[str, Any]:
    """The finished Vega-Lite specification for one indicator of one unit; `chosen` is a month to mark, with its own name or
    the words `marked`; `beside` names limits of another kind (p_prime, u_prime) to draw beside these."""
    rows = warehouse.ask(release, "series", scope, indicator=indicator, unit=unit)[-MONTHS_DRAWN:]
    level = next(row["level"] for row in warehouse.ask(release, "units", scope) if row["unit"] == unit)
    indicators = warehouse.ask(release, "indicators", scope)
    measure = next(row["unit"] for row in indicators if row["indicator"] == indicator)
    events = warehouse.ask(release, "events", scope, unit=unit)
    points = _points(rows, level, measure)
    if not beside:
        points = [point | {"prime_lower": None, "prime_upper": None} for point in points]
    low, high = _span(points)
    first, last = points[0]["month"], points[-1]["month"]
    rings = [
        {"month": _stamp(month), "number": str(i + 1), "day": month.toordinal()}
        for i, month in enumerate(_happened(rows, events))
    ]
    at = [{"month": _stamp(chosen), "what": marked or words.month(chosen)}] if chosen else []
    names = xmr_layers.named(points, low, high, _stamp(last, 12), (high - low) / PLOT)
    drawn = _drawn(_stamp(first, -12), _stamp(last, 12), tuple(_ticks(rows)), measure, bool(beside))
    return drawn | {"datasets": xmr_layers.datasets(points, rings, at, names)}


@lru_cache(maxsize=200)
def _drawn(first: str, last: str, ticks: tuple[str, ...], measure: str, primes: bool) -> dict[str, Any]:
    """The specification without its datasets: the same for every unit with figures of the same months."""
    # Altair would check each part against Vega-Lite's schema as it is made, which takes longer than all the rest; a test does.
    with alt.data_transformers.enable(consolidate_datasets=False), schemapi.debug_mode(False):
        room = (
            f"{{left: 4, top: 14, bottom: 4, right: containerSize()[0] < {xmr_layers.NARROW} ? {NUMBERS} : {LABELS}}}"
        )
        every = xmr_layers.all_of(_across(first, last, ticks), _up(measure), primes)
        return xmr_layers.together(every, height=HEIGHT, padding=alt.ExprRef(room))


def show(spec: dict[str, Any], title: str, told: str, below: str, key: str) -> None:
    """Draws what `xmr` made, with the words `below` it; `told` is the chart for those who do not see it. It stands beside the
    chart, whose own text a browser takes for a part of the drawing: with another one it would make all of it anew."""
    tables = {name: pa.Table.from_pylist(rows) for name, rows in spec["datasets"].items()}
    st.vega_lite_chart(spec | {"datasets": tables}, alt=f"{title}, month by month. In words below.", key=key)
    markup.show("quiet", markup.unseen(told), markup.prose(below))


def key(rows: list[dict[str, Any]], events: list[dict[str, Any]], profile: str, beside: str | None = None) -> str:
    """The words below the chart: what happened, and what the signs on it mean, those that are there."""
    rows = rows[-MONTHS_DRAWN:]
    verdicts = {row["verdict"] for row in rows if row["settled"] and row["shown"] == "yes"}
    told = _told(rows, events)
    if "concern" in verdicts:
        told.append("▲▼ concern")
    if "improvement" in verdicts:
        told.append("◆ improvement")
    if "change" in verdicts:
        told.append("■ change, neither better nor worse")
    if "common_cause" in verdicts:
        told.append("● what chance explains")
    if any(not row["settled"] for row in rows):
        told.append("○ not settled, not judged")
    if any(row["shown"] != "yes" for row in rows):
        told.append("╱ not shown or no data")
    if any(row["mean"] is not None for row in rows):
        told.append("grey band: the range that chance explains")
    if beside:
        told.append(f"dotted: {readings.PRIMES[beside]} limits, which know how small each month’s numbers are")
    if any(row["target"] is not None for row in rows):
        told.append("dash-dot line: the target")
    if any(row["segment"] is not None for row in rows):
        told.append(readings.method(profile))
    if fixed := next((row["fixed_after"] for row in rows if row["fixed_after"]), None):
        told.append(f"limits fixed after {fixed} months")
    return " · ".join(told)


def _happened(rows: list[dict[str, Any]], events: list[dict[str, Any]]) -> dict[dt.date, list[dict[str, Any]]]:
    """The events of each month drawn in which there were any, in order; the first is number 1."""
    months: dict[dt.date, list[dict[str, Any]]] = {}
    for event in events:
        if rows[0]["month"] <= event["month"] <= rows[-1]["month"]:
            months.setdefault(event["month"], []).append(event)
    return months


def _rebased(rows: list[dict[str, Any]]) -> list[tuple[dt.date, dt.date]]:
    """Where limits begin afresh: the last month of a segment and the first of the next."""
    judged = [row for row in rows if row["segment"] is not None]
    return [(a["month"], b["month"]) for a, b in itertools.pairwise(judged) if a["segment"] != b["segment"]]


def _told(rows: list[dict[str, Any]], events: list[dict[str, Any]]) -> list[str]:
    """Each numbered event in words, and where it was if that is a unit above; each re-base, if need be without one."""
    told, left = [], _rebased(rows)
    for i, (month, found) in enumerate(_happened(rows, events).items()):
        said = [words.plain(e["what"]) + ("" if e["own"] else f" ({words.plain(e['title'])})") for e in found]
        if here := [(before, start) for before, start in left if before < month <= start]:
            said.append("average and limits begin afresh")
            left = [pair for pair in left if pair not in here]
        told.append(f"{_ring(i)} {words.month(month)}: {'; '.join(said)}")
    return told + [f"Average and limits begin afresh in {words.month(start)}" for _, start in left]


def in_words(view: View, rows: list[dict[str, Any]], said: str) -> str:
    """The chart for those who do not see it."""
    shown = [row["value"] for row in rows[-MONTHS_DRAWN:] if row["value"] is not None]
    if not shown:
        return "No values to draw."
    first, last = (words.month(row["month"]) for row in (rows[-MONTHS_DRAWN:][0], rows[-1]))
    places = words.places(shown)
    high = words.quantity(max(shown), view.indicator["unit"], places)
    agreed = [row["target"] for row in rows if row["target"] is not None][-1:]
    target = f" Target {words.figure(agreed[0], words.places(agreed))}." if agreed else ""
    return (
        f"{view.indicator['title']}, {view.unit['title']}, month by month from {first} to {last}, "
        f"between {words.figure(min(shown), places)} and {high}. {said}.{target}"
    )


def _points(rows: list[dict[str, Any]], level: str, measure: str) -> list[dict[str, Any]]:
    """Rows as the chart wants them: the unbroken stretch of line and the segment of each month, and its words."""
    places = words.places(row["value"] for row in rows)
    points, stretch, segment, previous = [], 0, None, None
    apart = icons.step([row["month"] for row in rows])

    def told(value: float | None, otherwise: str, decimals: int = places) -> str:
        return otherwise if value is None else words.quantity(value, measure, decimals)

    for row in rows:
        rebased = None not in (segment, row["segment"]) and segment != row["segment"]
        segment = segment if row["segment"] is None else row["segment"]
        drawn = row["value"] is not None and row["settled"]
        if rebased or not drawn or (previous and _months_between(previous, row["month"]) > apart):
            stretch += 1
        verdict = row["verdict"] if row["settled"] else "not_settled"
        points.append(
            {
                "month": _stamp(row["month"]), "value": row["value"], "stretch": str(stretch),
                "segment": None if row["segment"] is None else str(row["segment"]),
                "mean": row["mean"], "lower": row["lower"], "upper": row["upper"], "target": row["target"],
                "prime_lower": row["prime_lower"], "prime_upper": row["prime_upper"],
                "sign": f"concern_{row['moved']}" if verdict == "concern" else verdict,
                "title": words.month(row["month"]),
                "Value": told(row["value"], "none"),
                "Reading": readings.reading(row, level),
                "Own average": told(row["mean"], "none yet"),
                "Target": told(row["target"], "none", words.places([row["target"]])),
                "Settled": "yes" if row["settled"] else "not yet",
            }
        )  # fmt: skip
        previous = row["month"]
    return points


def _months_between(first: dt.date, last: dt.date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def _across(first: str, last: str, ticks: tuple[str, ...]) -> alt.X:
    """Months, quarter by quarter, the year under January."""
    year = "utcmonth(datum.value) == 0 || datum.index == 0 ? utcFormat(datum.value, '%Y') : ''"
    return alt.X(
        "month:T",
        title=None,
        scale=alt.Scale(type="utc", domain=[first, last], nice=False),
        axis=alt.Axis(
            values=list(ticks),
            labelExpr=f"[utcFormat(datum.value, '%b'), {year}]",
            labelOverlap=True,
            labelPadding=8,
            labelColor="currentColor",
            labelOpacity=0.75,
            grid=False,
            domain=False,
            ticks=False,
        ),
    )


def _up(measure: str) -> alt.Y:
    """Values, about five round ticks; not forced to zero. The span is that of the first two names."""
    return alt.Y(
        "value:Q",
        title=None,
        scale=alt.Scale(domain=[alt.ExprRef(f"data('names')[{i}].value") for i in (0, 1)], nice=False, zero=False),
        axis=alt.Axis(
            tickCount=5,
            labelExpr=f"datum.label + '{words.NBSP}%'" if measure == "%" else "datum.label",
            labelColor="currentColor",
            labelOpacity=0.75,
            gridOpacity=0.35,
            domain=False,
            ticks=False,
        ),
    )


def _stamp(month: dt.date | str, days: int = 0) -> str:
    start = dt.date.fromisoformat(month[:10]) if isinstance(month, str) else month
    return f"{start + dt.timedelta(days=days)}T00:00:00Z"


def _span(points: list[dict[str, Any]]) -> tuple[float, float]:
    """The span of the axis: all that is drawn, and a little more."""
    lines = ("value", "lower", "upper", "target", "prime_lower", "prime_upper")
    held = [p[name] for p in points for name in lines if p[name] is not None] or [0.0, 1.0]
    low, high = min(held), max(held)
    if high == low:
        low, high = low - (abs(low) or 1) * 0.05, high + (abs(high) or 1) * 0.05
    return low - (high - low) * 0.06, high + (high - low) * 0.08


def _ticks(rows: list[dict[str, Any]]) -> list[str]:
    months = (1, 4, 7, 10) if len(rows) <= 48 else (1, 7)
    return [_stamp(row["month"]) for row in rows if row["month"].month in months]


def _ring(i: int) -> str:
    return chr(0x2460 + i) if i < 20 else f"({i + 1})"
