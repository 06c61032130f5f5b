"""The large chart: one number by month against its own average and limits (an XmR chart), ready to draw."""

import datetime as dt
import math
from typing import Any

import altair as alt
import streamlit as st

from pages.parts import marks, warehouse, words
from pages.parts.filters import View

HEIGHT = 340
PLOT = 290  # of which so much is left to the plot, more or less, once the axis has its place
LABELS = 112  # px kept free at the right for the names of the lines;
NARROW = 520  # where the whole has no more than this,
NUMBERS = 44  # for their numbers alone
SHAPES = {
    "concern_up": "triangle-up",
    "concern_down": "triangle-down",
    "improvement": "diamond",
    "change": "square",
}
MONTHS_DRAWN = 60


@st.cache_data(max_entries=500, show_spinner=False)
def xmr(
    release: warehouse.Release, scope: tuple[str, ...], indicator: str, unit: str, chosen: dt.date | None
) -> dict[str, Any]:
    """The finished Vega-Lite specification for one indicator of one unit; `chosen` is a month to mark."""
    rows = warehouse.ask(release, "series", scope, indicator=indicator, unit=unit)[-MONTHS_DRAWN:]
    level = next(row["level"] for row in warehouse.ask(release, "units", scope) if row["unit"] == unit)
    indicators = warehouse.ask(release, "indicators", scope)
    measure = next(row["unit"] for row in indicators if row["indicator"] == indicator)
    events = warehouse.ask(release, "events", scope, unit=unit)
    points = _points(rows, level, measure)
    low, high, ticks = _scale(points)
    first, last = points[0]["month"], points[-1]["month"]
    x, y = _across(rows, first, last), _up(low, high, ticks, measure)
    layers = [
        *_limits(points, x), *_chosen(chosen, x), *_events(events, first, last, x), *_line(points, x, y),
        *_signs(points, x, y), *_gaps(points, x), *_names(points, x, y, low, high), _touch(points, x, y),
    ]  # fmt: skip
    room = f"{{left: 4, top: 14, bottom: 4, right: containerSize()[0] < {NARROW} ? {NUMBERS} : {LABELS}}}"
    chart = alt.layer(*layers).properties(height=HEIGHT, padding=alt.ExprRef(room))
    with alt.data_transformers.enable(consolidate_datasets=False):
        return chart.configure_view(stroke=None).to_dict()


def key(rows: list[dict[str, Any]], events: list[dict[str, Any]]) -> str:
    """The words below the chart: what happened, and what the signs on it mean, those that are there."""
    rows = rows[-MONTHS_DRAWN:]
    verdicts = {row["verdict"] for row in rows if row["settled"] and row["shown"] == "yes"}
    told = [f"{_ring(i)} {words.month(e['month'])}: {words.plain(e['what'])}" for i, e in enumerate(events)]
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
        told.append("grey band: the range that chance explains (XmR)")
    return " · ".join(told)


def in_words(view: View, rows: list[dict[str, Any]], said: str) -> str:
    """The chart for those who do not see it."""
    shown = [row["value"] for row in rows[-MONTHS_DRAWN:] if row["value"] is not None]
    if not shown:
        return "No values to draw."
    first, last = (words.month(row["month"]) for row in (rows[-MONTHS_DRAWN:][0], rows[-1]))
    places = words.places(shown)
    high = words.quantity(max(shown), view.indicator["unit"], places)
    return (
        f"{view.indicator['title']}, {view.unit['title']}, month by month from {first} to {last}, "
        f"between {words.figure(min(shown), places)} and {high}. {said}."
    )


def _points(rows: list[dict[str, Any]], level: str, measure: str) -> list[dict[str, Any]]:
    """Rows as the chart wants them: the stretch of line and group of limits of each month, and its words."""
    places = words.places(row["value"] for row in rows)
    points, stretch, group, previous, before = [], 0, 0, None, None

    def told(value: float | None, otherwise: str) -> str:
        return otherwise if value is None else words.quantity(value, measure, places)

    for row in rows:
        if row["mean"] is not None:
            limits = (row["mean"], row["lower"], row["upper"])
            rebased = before is not None and limits != before
            group, stretch, before = group + rebased, stretch + rebased, limits
        drawn = row["value"] is not None and row["settled"]
        if not drawn or (previous and _months_between(previous, row["month"]) > 1):
            stretch += 1
        verdict = row["verdict"] if row["settled"] else "not_settled"
        points.append(
            {
                "month": _stamp(row["month"]), "value": row["value"], "stretch": stretch, "group": group,
                "mean": row["mean"], "lower": row["lower"], "upper": row["upper"],
                "sign": f"concern_{row['moved']}" if verdict == "concern" else verdict,
                "title": words.month(row["month"]),
                "Value": told(row["value"], "none"),
                "Reading": words.reading(row, level),
                "Own average": told(row["mean"], "none yet"),
                "Settled": "yes" if row["settled"] else "not yet",
            }
        )  # fmt: skip
        previous = row["month"]
    return points


def _months_between(first: dt.date, last: dt.date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def _across(rows: list[dict[str, Any]], first: str, last: str) -> alt.X:
    """Months, quarter by quarter, the year under January."""
    year = "utcmonth(datum.value) == 0 || datum.index == 0 ? utcFormat(datum.value, '%Y') : ''"
    return alt.X(
        "month:T",
        title=None,
        scale=alt.Scale(type="utc", domain=[_stamp(first, -12), _stamp(last, 12)], nice=False),
        axis=alt.Axis(
            values=_ticks(rows),
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


def _up(low: float, high: float, ticks: list[float], measure: str) -> alt.Y:
    return alt.Y(
        "value:Q",
        title=None,
        scale=alt.Scale(domain=[low, high], nice=False, zero=False),
        axis=alt.Axis(
            values=ticks,
            format=f",.{words.places(ticks)}f",
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


def _scale(points: list[dict[str, Any]]) -> tuple[float, float, list[float]]:
    """The span of the axis and about five round ticks; not forced to nought."""
    held = [p[name] for p in points for name in ("value", "lower", "upper") if p[name] is not None] or [0, 1]
    low, high = min(held), max(held)
    if high == low:
        low, high = low - (abs(low) or 1) * 0.05, high + (abs(high) or 1) * 0.05
    span = high - low
    raw = span / 5
    size = 10 ** math.floor(math.log10(raw))
    step = next(m * size for m in (1, 2, 2.5, 5, 10) if m * size >= raw * 0.999)
    low, high = low - span * 0.06, high + span * 0.08
    steps = range(math.ceil(low / step), math.floor(high / step) + 1)
    return low, high, [round(i * step, 10) for i in steps]


def _ticks(rows: list[dict[str, Any]]) -> list[str]:
    months = (1, 4, 7, 10) if len(rows) <= 48 else (1, 7)
    return [_stamp(row["month"]) for row in rows if row["month"].month in months]


def _data(rows: list[dict[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=rows))


def _limits(points, x):
    limited = [p for p in points if p["mean"] is not None]
    if not limited:
        return
    base = _data(limited).encode(x=x, detail="group:N")
    yield base.mark_area(color=marks.CHANCE, opacity=0.14).encode(y="lower:Q", y2="upper:Q")
    for edge in ("lower", "upper"):
        yield base.mark_line(color=marks.CHANCE, strokeWidth=1, strokeDash=[3, 3]).encode(y=f"{edge}:Q")
    yield base.mark_line(color=marks.SLATE, strokeWidth=1.25).encode(y="mean:Q")


def _line(points, x, y):
    drawn = [p for p in points if p["value"] is not None and p["sign"] != "not_settled"]
    if drawn:
        yield _data(drawn).mark_line(color=marks.SLATE, strokeWidth=2).encode(x=x, y=y, detail="stretch:N")


def _signs(points, x, y):
    shown = [p for p in points if p["value"] is not None]
    for sign, shape in SHAPES.items():
        if signed := [p for p in shown if p["sign"] == sign]:
            colour = marks.COLOURS[sign.partition("_")[0]]
            size = 80 if sign == "change" else 105
            yield (
                _data(signed).mark_point(shape=shape, filled=True, size=size, color=colour, opacity=1).encode(x=x, y=y)
            )
    if quiet := [p for p in shown if p["sign"] in ("common_cause", "not_judged")]:
        yield (
            _data(quiet).mark_point(shape="circle", filled=True, size=34, color=marks.SLATE, opacity=1).encode(x=x, y=y)
        )
    if hollow := [p for p in shown if p["sign"] == "not_settled"]:
        yield (
            _data(hollow)
            .mark_point(shape="circle", filled=False, size=60, color=marks.SLATE, strokeWidth=1.6)
            .encode(x=x, y=y)
        )


def _gaps(points, x):
    if gaps := [p for p in points if p["value"] is None]:
        yield (
            _data(gaps)
            .mark_text(text="╱", dy=-6, fontSize=11, color="currentColor", opacity=0.6)
            .encode(x=x, y=alt.value("height"), tooltip=_tooltip())
        )


def _chosen(chosen, x):
    if chosen:
        at = _data([{"month": _stamp(chosen), "what": words.month(chosen)}])
        yield at.mark_rule(color=marks.PLUM, strokeWidth=1, strokeDash=[1, 3]).encode(x=x)
        yield at.mark_text(align="left", dx=5, dy=-2, fontSize=12, color="currentColor").encode(
            x=x, y=alt.value(0), text="what:N"
        )


def _events(events, first, last, x):
    placed = [
        {"month": _stamp(e["month"]), "number": str(i + 1)}
        for i, e in enumerate(events)
        if first <= _stamp(e["month"]) <= last
    ]
    if placed:
        at = _data(placed).encode(x=x)
        yield at.mark_rule(color=marks.SLATE, strokeWidth=1, opacity=0.7).encode(y=alt.value(8), y2=alt.value("height"))
        yield at.mark_point(shape="circle", size=230, filled=False, color=marks.SLATE, strokeWidth=1.2).encode(
            y=alt.value(0)
        )
        yield at.mark_text(fontSize=11, fontWeight="bold", color="currentColor").encode(y=alt.value(0), text="number:N")


def _names(points, x, y, low, high):
    """The names of the lines at the right, pushed at least 16 px apart."""
    limited = [p for p in points if p["mean"] is not None]
    if not limited:
        return
    newest = limited[-1]
    places = words.places([*(p["value"] for p in points)])
    per_px = (high - low) / PLOT
    named = sorted(
        (newest[field], words.figure(newest[field], places), name)
        for field, name in (("lower", "lower limit"), ("mean", "own average"), ("upper", "upper limit"))
    )
    at = [level for level, *_ in named]
    at[0] = min(at[0], at[1] - 16 * per_px)
    at[2] = max(at[2], at[1] + 16 * per_px)
    rows = [
        {
            "month": _stamp(points[-1]["month"], 12),
            "value": level,
            "short": number,
            "name": f"{name} {number}",
        }
        for level, (_, number, name) in zip(at, named, strict=True)
    ]
    label = _data(rows).mark_text(align="left", dx=4, fontSize=12, color="currentColor", opacity=0.85)
    fitting = f"containerSize()[0] < {NARROW} ? datum.short : datum.name"
    yield label.transform_calculate(label=fitting).encode(x=x, y=y, text="label:N")


def _tooltip() -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{field}:N") for field in ("title", "Value", "Reading", "Own average", "Settled")]


def _touch(points, x, y):
    """Invisible and large, so that a finger finds the month."""
    shown = [p for p in points if p["value"] is not None]
    return _data(shown).mark_point(filled=True, size=420, opacity=0).encode(x=x, y=y, tooltip=_tooltip())


def _ring(i: int) -> str:
    return chr(0x2460 + i) if i < 20 else f"({i + 1})"
