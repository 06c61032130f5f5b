"""The layers of the large chart, back to front: limits, target, events, line, signs, gaps, names, and what a finger finds.

What is drawn stands apart from how: a layer names the dataset that it draws, and `datasets` fills them. So charts of two units
differ in their datasets alone, and a browser need not make the second anew.
"""

from collections.abc import Iterator
from typing import Any

import altair as alt

from pages.parts.drawing import icons, words

NARROW = 520  # px; where the whole has no more than this, lines are named by their number alone
APART = 16  # px between the names of lines, at least
CLOSE = 75  # days between events whose rings would touch
LOWER = 20.0  # px; so much lower hangs the later of two such
LOOKS = {  # sign → shape, size, fill and outline
    "concern_up": ("triangle-up", 105.0, icons.COLOURS["concern"], "transparent"),
    "concern_down": ("triangle-down", 105.0, icons.COLOURS["concern"], "transparent"),
    "improvement": ("diamond", 105.0, icons.COLOURS["improvement"], "transparent"),
    "change": ("square", 80.0, icons.COLOURS["change"], "transparent"),
    "common_cause": ("circle", 34.0, icons.SLATE, "transparent"),
    "not_judged": ("circle", 34.0, icons.SLATE, "transparent"),
    "not_settled": ("circle", 60.0, "transparent", icons.SLATE),
}
LIMITS = ("month", "segment", "mean", "lower", "upper")
PRIMES = ("month", "segment", "prime_lower", "prime_upper")
HINTS = ("title", "Value", "Reading", "Own average", "Target", "Settled")
Points = list[dict[str, Any]]


def datasets(points: Points, rings: Points, chosen: Points, names: Points) -> dict[str, Points]:
    """What each layer draws: `points` are the months, `rings` the numbered events, `chosen` the month to mark, if any, and
    `names` what `named` made."""
    shown = [point for point in points if point["value"] is not None]
    return {
        "limits": _only(LIMITS, [point for point in points if point["mean"] is not None]),
        "primes": _only(
            PRIMES, [point for point in points if None not in (point["prime_lower"], point["prime_upper"])]
        ),
        "target": _only(("month", "target"), [point for point in points if point["target"] is not None]),
        "line": _only(("month", "value", "stretch"), [point for point in shown if point["sign"] != "not_settled"]),
        "months": [
            dict(zip(("shape", "size", "fill", "outline"), LOOKS[point["sign"]], strict=True))
            | {name: point[name] for name in ("month", "value", *HINTS)}
            for point in shown
        ],
        "gaps": _only(("month", *HINTS), [point for point in points if point["value"] is None]),
        "events": _hung(rings),
        "chosen": chosen,
        "names": names,
    }


def _only(columns: tuple[str, ...], points: Points) -> Points:
    return [{column: point[column] for column in columns} for point in points]


def _hung(rings: Points) -> Points:
    """Of two events that would touch, the later hangs lower."""
    hung, drop, before = [], 0.0, None
    for ring in rings:
        drop = LOWER - drop if before is not None and ring["day"] - before < CLOSE else 0.0
        before = ring["day"]
        hung.append({"month": ring["month"], "number": ring["number"], "drop": drop})
    return hung


def named(points: Points, low: float, high: float, at: str, px: float) -> Points:
    """The span of the axis, without a name, and then the names of the lines that reach the newest month judged, in the month
    `at`; `px` is one in the unit of values."""
    span = [{"month": at, "value": level, "short": "", "name": ""} for level in (low, high)]
    judged = [p for p in points if p["segment"] is not None]
    if not judged:
        return span
    places = words.places(p["value"] for p in points)
    told = sorted(
        (judged[-1][field], f"{name} ", words.figure(judged[-1][field], decimals))
        for field, name, decimals in (
            ("lower", "lower limit", places), ("mean", "own average", places), ("upper", "upper limit", places),
            ("target", "target", words.places([judged[-1]["target"]])),
        )
        if judged[-1][field] is not None
    )  # fmt: skip
    levels = apart([level for level, *_ in told], APART * px)
    return span + [
        {"month": at, "value": level, "short": number, "name": name + number}
        for level, (_, name, number) in zip(levels, told, strict=True)
    ]


def apart(levels: list[float], least: float) -> list[float]:
    """Sorted levels, pushed from each other until neighbours are that far apart, or as good as."""
    placed = list(levels)
    for _ in range(40):
        for i in range(len(placed) - 1):
            push = max(least - (placed[i + 1] - placed[i]), 0) / 2
            placed[i], placed[i + 1] = placed[i] - push, placed[i + 1] + push
    return placed


# ---- how they are drawn ----------------------------------------------------------------------------------------------


def together(drawn: list[alt.Chart], **of_all: Any) -> dict[str, Any]:
    """The finished specification of these layers; `of_all` is said of the chart as a whole. Altair's own `layer` copies each
    of them many times over, which takes longer than all the rest."""
    whole = (
        alt.LayerChart(layer=[])
        .properties(**of_all)
        .configure_view(stroke=None)
        .configure_mark(aria=False)
        .to_dict(validate=False)
    )
    whole["layer"] = [layer.to_dict(validate=False, context={"top_level": False}) for layer in drawn]
    return whole


def all_of(x: alt.X, y: alt.Y, primes: bool) -> list[alt.Chart]:
    """Every layer, back to front; limits of another kind only where they are asked for."""
    hints = [alt.Tooltip(f"{hint}:N") for hint in HINTS]
    return [
        *_limits(x), *(_primes(x) if primes else ()), *_target(x), *_chosen(x), *_events(x),
        *_months(x, y), *_gaps(x, hints), *_names(x, y), _touch(x, y, hints),
    ]  # fmt: skip


def _of(dataset: str) -> alt.Chart:
    return alt.Chart(alt.NamedData(dataset))


def _limits(x: alt.X) -> Iterator[alt.Chart]:
    """The range that chance explains and the own average, a group for each segment: all break at a re-base."""
    base = _of("limits").encode(x=x, detail=alt.Detail("segment:N"))
    yield base.mark_area(color=icons.CHANCE, opacity=0.14).encode(y=alt.Y("lower:Q"), y2=alt.Y2("upper"))
    for edge in ("lower", "upper"):
        yield base.mark_line(color=icons.CHANCE, strokeWidth=1, strokeDash=[3, 3]).encode(y=alt.Y(f"{edge}:Q"))
    yield base.mark_line(color=icons.SLATE, strokeWidth=1.25).encode(y=alt.Y("mean:Q"))


def _primes(x: alt.X) -> Iterator[alt.Chart]:
    """p′ or u′ limits, dotted, beside the others."""
    for edge in ("prime_lower", "prime_upper"):
        dotted = _of("primes").mark_line(color=icons.SLATE, strokeWidth=1.5, strokeDash=[1, 3])
        yield dotted.encode(x=x, y=alt.Y(f"{edge}:Q"), detail=alt.Detail("segment:N"))


def _target(x: alt.X) -> Iterator[alt.Chart]:
    """What was agreed, from its own month on; a step where something else was."""
    line = _of("target").mark_line(color=icons.PLUM, strokeWidth=1.5, strokeDash=[8, 3, 2, 3], interpolate="step-after")
    yield line.encode(x=x, y=alt.Y("target:Q"))


def _chosen(x: alt.X) -> Iterator[alt.Chart]:
    yield _of("chosen").mark_rule(color=icons.PLUM, strokeWidth=1, strokeDash=[1, 3]).encode(x=x)
    name = _of("chosen").mark_text(align="left", dx=5, dy=-2, fontSize=12, color="currentColor")
    yield name.encode(x=x, y=alt.YValue(0), text=alt.Text("what:N"))


def _events(x: alt.X) -> Iterator[alt.Chart]:
    """A hairline and a numbered ring for each."""
    hung = {"yOffset": alt.ExprRef("datum.drop")}
    rule = _of("events").mark_rule(color=icons.SLATE, strokeWidth=1, opacity=0.7, **hung)
    yield rule.encode(x=x, y=alt.YValue(8), y2=alt.Y2Value("height"))
    ring = _of("events").mark_point(
        shape="circle", size=230, filled=False, color=icons.SLATE, strokeWidth=1.2, opacity=1, **hung
    )
    yield ring.encode(x=x, y=alt.YValue(0))
    number = _of("events").mark_text(fontSize=11, fontWeight="bold", color="currentColor", **hung)
    yield number.encode(x=x, y=alt.YValue(0), text=alt.Text("number:N"))


def _months(x: alt.X, y: alt.Y) -> Iterator[alt.Chart]:
    """The line, and on it a sign for each month: shape and colour by verdict; not settled is hollow."""
    line = _of("line").mark_line(color=icons.SLATE, strokeWidth=2)
    yield line.encode(x=x, y=y, detail=alt.Detail("stretch:N"))
    sign = _of("months").mark_point(strokeWidth=1.6, opacity=1)
    yield sign.encode(
        x=x, y=y,
        shape=alt.Shape("shape:N", scale=None), size=alt.Size("size:Q", scale=None),
        fill=alt.Fill("fill:N", scale=None), stroke=alt.Stroke("outline:N", scale=None),
    )  # fmt: skip


def _gaps(x: alt.X, hints: list[alt.Tooltip]) -> Iterator[alt.Chart]:
    stroke = _of("gaps").mark_text(text="╱", dy=-6, fontSize=11, color="currentColor", opacity=0.6)
    yield stroke.encode(x=x, y=alt.YValue("height"), tooltip=hints)


def _names(x: alt.X, y: alt.Y) -> Iterator[alt.Chart]:
    label = _of("names").mark_text(align="left", dx=4, fontSize=12, color="currentColor", opacity=0.85)
    fitting = f"containerSize()[0] < {NARROW} ? datum.short : datum.name"
    yield label.transform_calculate(label=fitting).encode(x=x, y=y, text=alt.Text("label:N"))


def _touch(x: alt.X, y: alt.Y, hints: list[alt.Tooltip]) -> alt.Chart:
    """Invisible and large, so that a finger finds the month."""
    return _of("months").mark_point(filled=True, size=420, opacity=0, aria=True).encode(x=x, y=y, tooltip=hints)
