"""The layers of the large chart, back to front: limits, target, events, line, signs, gaps, names, and what a finger finds."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import altair as alt

from pages.parts import marks, words

NARROW = 520  # px; where the whole has no more than this, lines are named by their number alone
APART = 16  # px between the names of lines, at least
CLOSE = 75  # days between events whose rings would touch
SHAPES = {
    "concern_up": "triangle-up",
    "concern_down": "triangle-down",
    "improvement": "diamond",
    "change": "square",
}
Points = list[dict[str, Any]]


def _data(rows: Points) -> alt.Chart:
    """A chart of these rows: as text for now, since Altair copies and checks rows at every turn."""
    return alt.Chart(alt.InlineData(values=json.dumps(rows)))


def together(drawn: Iterable[alt.Chart], **of_all: Any) -> dict[str, Any]:
    """The finished specification of these layers, whose rows are rows again; `of_all` is said of the chart as a whole.
    Altair's own `layer` copies each of them many times over, which takes longer than all the rest."""
    whole = alt.LayerChart(layer=[]).properties(**of_all).configure_view(stroke=None).to_dict(validate=False)
    whole["layer"] = [layer.to_dict(validate=False, context={"top_level": False}) for layer in drawn]
    for layer in whole["layer"]:
        layer["data"]["values"] = json.loads(layer["data"]["values"])
    return whole


def limits(points: Points, x: alt.X) -> Iterator[alt.Chart]:
    """The range that chance explains and the own average, a group for each segment: all break at a re-base."""
    limited = [p for p in points if p["mean"] is not None]
    if not limited:
        return
    base = _data(limited).encode(x=x, detail=alt.Detail("segment:N"))
    yield base.mark_area(color=marks.CHANCE, opacity=0.14).encode(y=alt.Y("lower:Q"), y2=alt.Y2("upper"))
    for edge in ("lower", "upper"):
        yield base.mark_line(color=marks.CHANCE, strokeWidth=1, strokeDash=[3, 3]).encode(y=alt.Y(f"{edge}:Q"))
    yield base.mark_line(color=marks.SLATE, strokeWidth=1.25).encode(y=alt.Y("mean:Q"))


def prime(points: Points, x: alt.X) -> Iterator[alt.Chart]:
    """p′ or u′ limits, dotted, beside the others."""
    for edge in ("prime_lower", "prime_upper"):
        if limited := [p for p in points if p[edge] is not None]:
            dotted = _data(limited).mark_line(color=marks.SLATE, strokeWidth=1.5, strokeDash=[1, 3])
            yield dotted.encode(x=x, y=alt.Y(f"{edge}:Q"), detail=alt.Detail("segment:N"))


def target(points: Points, x: alt.X) -> Iterator[alt.Chart]:
    """What was agreed, from its own month on; a step where something else was."""
    if agreed := [p for p in points if p["target"] is not None]:
        line = _data(agreed).mark_line(
            color=marks.PLUM, strokeWidth=1.5, strokeDash=[8, 3, 2, 3], interpolate="step-after"
        )
        yield line.encode(x=x, y=alt.Y("target:Q"))


def line(points: Points, x: alt.X, y: alt.Y) -> Iterator[alt.Chart]:
    drawn = [p for p in points if p["value"] is not None and p["sign"] != "not_settled"]
    if drawn:
        yield _data(drawn).mark_line(color=marks.SLATE, strokeWidth=2).encode(x=x, y=y, detail=alt.Detail("stretch:N"))


def signs(points: Points, x: alt.X, y: alt.Y) -> Iterator[alt.Chart]:
    """Shape and colour by verdict; not settled is hollow."""
    shown = [p for p in points if p["value"] is not None]
    for sign, shape in SHAPES.items():
        if signed := [p for p in shown if p["sign"] == sign]:
            colour, size = marks.COLOURS[sign.partition("_")[0]], 80 if sign == "change" else 105
            point = _data(signed).mark_point(shape=shape, filled=True, size=size, color=colour, opacity=1)
            yield point.encode(x=x, y=y)
    if quiet := [p for p in shown if p["sign"] in ("common_cause", "not_judged")]:
        point = _data(quiet).mark_point(shape="circle", filled=True, size=34, color=marks.SLATE, opacity=1)
        yield point.encode(x=x, y=y)
    if hollow := [p for p in shown if p["sign"] == "not_settled"]:
        point = _data(hollow).mark_point(shape="circle", filled=False, size=60, color=marks.SLATE, strokeWidth=1.6)
        yield point.encode(x=x, y=y)


def gaps(points: Points, x: alt.X) -> Iterator[alt.Chart]:
    if missing := [p for p in points if p["value"] is None]:
        stroke = _data(missing).mark_text(text="╱", dy=-6, fontSize=11, color="currentColor", opacity=0.6)
        yield stroke.encode(x=x, y=alt.YValue("height"), tooltip=_tooltip(points))


def chosen(month: str | None, name: str, x: alt.X) -> Iterator[alt.Chart]:
    if month:
        at = _data([{"month": month, "what": name}])
        yield at.mark_rule(color=marks.PLUM, strokeWidth=1, strokeDash=[1, 3]).encode(x=x)
        name_at = at.mark_text(align="left", dx=5, dy=-2, fontSize=12, color="currentColor")
        yield name_at.encode(x=x, y=alt.YValue(0), text=alt.Text("what:N"))


def events(numbered: Points, x: alt.X) -> Iterator[alt.Chart]:
    """A hairline and a numbered ring for each; of two that would touch, the later hangs lower."""
    rows: dict[int, Points] = {0: [], 1: []}
    low, before = 0, None
    for event in numbered:
        low = 1 - low if before is not None and event["day"] - before < CLOSE else 0
        before = event["day"]
        rows[low].append(event)
    for low, placed in rows.items():
        if placed:
            at, height = _data(placed).encode(x=x), 20 * low
            rule = at.mark_rule(color=marks.SLATE, strokeWidth=1, opacity=0.7)
            yield rule.encode(y=alt.YValue(height + 8), y2=alt.Y2Value("height"))
            ring = at.mark_point(shape="circle", size=230, filled=False, color=marks.SLATE, strokeWidth=1.2)
            yield ring.encode(y=alt.YValue(height))
            number = at.mark_text(fontSize=11, fontWeight="bold", color="currentColor")
            yield number.encode(y=alt.YValue(height), text=alt.Text("number:N"))


def names(points: Points, x: alt.X, y: alt.Y, at: str, px: float) -> Iterator[alt.Chart]:
    """The names of the lines that reach the newest month judged, in the month `at`; `px` is one in the unit of values."""
    judged = [p for p in points if p["segment"] is not None]
    if not judged:
        return
    places = words.places(p["value"] for p in points)
    named = sorted(
        (judged[-1][field], f"{name} ", words.figure(judged[-1][field], decimals))
        for field, name, decimals in (
            ("lower", "lower limit", places), ("mean", "own average", places), ("upper", "upper limit", places),
            ("target", "target", words.places([judged[-1]["target"]])),
        )
        if judged[-1][field] is not None
    )  # fmt: skip
    levels = apart([level for level, *_ in named], APART * px)
    rows = [
        {"month": at, "value": level, "short": number, "name": name + number}
        for level, (_, name, number) in zip(levels, named, strict=True)
    ]
    if rows:
        label = _data(rows).mark_text(align="left", dx=4, fontSize=12, color="currentColor", opacity=0.85)
        fitting = f"containerSize()[0] < {NARROW} ? datum.short : datum.name"
        yield label.transform_calculate(label=fitting).encode(x=x, y=y, text=alt.Text("label:N"))


def apart(levels: list[float], least: float) -> list[float]:
    """Sorted levels, pushed from each other until neighbours are that far apart, or as good as."""
    placed = list(levels)
    for _ in range(40):
        for i in range(len(placed) - 1):
            push = max(least - (placed[i + 1] - placed[i]), 0) / 2
            placed[i], placed[i + 1] = placed[i] - push, placed[i + 1] + push
    return placed


def touch(points: Points, x: alt.X, y: alt.Y) -> alt.Chart:
    """Invisible and large, so that a finger finds the month."""
    shown = [p for p in points if p["value"] is not None]
    return _data(shown).mark_point(filled=True, size=420, opacity=0).encode(x=x, y=y, tooltip=_tooltip(points))


def _tooltip(points: Points) -> list[alt.Tooltip]:
    fields = ["title", "Value", "Reading", "Own average", "Target", "Settled"]
    if all(p["target"] is None for p in points):
        fields.remove("Target")
    return [alt.Tooltip(f"{field}:N") for field in fields]
