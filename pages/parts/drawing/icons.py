"""The shapes and colours that every drawing shares: variation and assurance icons, small three-year charts.

One set of colours serves the light and the dark theme. Shape says it first: the drawings read in grey.
"""

import datetime as dt
import itertools
from typing import Any

from pages.parts.drawing import vocabulary

CONCERN, IMPROVEMENT, CHANCE, SLATE, PLUM = "#C9610F", "#2F83C4", "#8A847B", "#7A828A", "#A65E8A"
COLOURS = {
    "concern": CONCERN, "improvement": IMPROVEMENT, "change": SLATE,
    "common_cause": CHANCE, "not_judged": CHANCE,
}  # fmt: skip


def _svg(width: float, height: float, body: str) -> str:
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{body}</svg>'


def _triangle(x: float, y: float, half: float, up: bool) -> str:
    tip, foot = (y - half, y + half) if up else (y + half, y - half)
    return f"M{x:.1f} {tip:.1f} L{x + half:.1f} {foot:.1f} H{x - half:.1f} Z"


def _diamond(x: float, y: float, half: float) -> str:
    return f"M{x:.1f} {y - half:.1f} L{x + half:.1f} {y:.1f} L{x:.1f} {y + half:.1f} L{x - half:.1f} {y:.1f} Z"


def variation(verdict: str, moved: str | None) -> str:
    """A step ending in a sign: concern a triangle, improvement a diamond, change a square; chance a zigzag."""
    colour = COLOURS.get(verdict, CHANCE)
    if verdict == "common_cause":
        body = (
            f'<g fill="none" stroke="{colour}" stroke-linecap="round" stroke-linejoin="round">'
            '<path stroke-width="1.2" stroke-dasharray="2 2" d="M2 7.5 H22 M2 16.5 H22"/>'
            '<path stroke-width="1.8" d="M3 12.6 L7 10.4 L11 13.6 L15 10.6 L19 13 L21 12"/></g>'
        )
        return _svg(24, 24, body)
    if verdict not in vocabulary.UNUSUAL:
        return _svg(24, 24, "".join(f'<circle cx="{x}" cy="12" r="1.7" fill="{colour}"/>' for x in (6, 12, 18)))
    up = moved != "down"
    step, y = ("M1.5 19 H7 L11.5 11", 11) if up else ("M1.5 5 H7 L11.5 13", 13)
    line = f'fill="none" stroke="{colour}" stroke-width="2"'
    body = f'<path d="{step}" {line} stroke-linecap="round" stroke-linejoin="round"/>'
    if verdict == "change":
        body += f'<rect x="13.5" y="{y - 4}" width="8" height="8" {line}/>'
    else:
        shape = _triangle(17.5, y, 6, up) if verdict == "concern" else _diamond(17.5, y, 6)
        body += f'<path d="{shape}" fill="{colour}"/>'
    return _svg(24, 24, body)


def strain(verdict: str | None) -> str:
    """Strain a triangle, easing a diamond, filled where it is clear and hollow where it is likely; steady a bar; not clear a
    broken wave; nothing to be said three dots."""
    how, _, what = (verdict or "").partition("_")
    if what in ("strain", "easing"):
        colour = CONCERN if what == "strain" else IMPROVEMENT
        path = _triangle(12, 12, 8.5, True) if what == "strain" else _diamond(12, 12, 9)
        fill = colour if how == "clear" else "none"
        return _svg(
            24, 24, f'<path d="{path}" fill="{fill}" stroke="{colour}" stroke-width="2" stroke-linejoin="round"/>'
        )
    line = f'fill="none" stroke="{CHANCE}" stroke-width="2.4" stroke-linecap="round"'
    if verdict == "steady":
        return _svg(24, 24, f'<path d="M4 12 H20" {line}/>')
    if verdict == "not_clear":
        return _svg(24, 24, f'<path d="M3 13 q4.5 -6 9 0 t9 0" {line} stroke-dasharray="4.5 4"/>')
    return variation("not_judged", None)


def assurance(target: str) -> str:
    """A bar (the range that chance explains) against a dash-dot line (the target); above it is better."""
    bar = {"pass": (3, 18), "fail": (15, 6)}.get(target, (9, 12.5))
    filled = IMPROVEMENT if target == "pass" else "none"
    edge = {"pass": IMPROVEMENT, "fail": CONCERN}.get(target, CHANCE)
    return _svg(
        24, 24,
        f'<rect x="4" y="{bar[0]}" width="16" height="7" rx="3.5" fill="{filled}" stroke="{edge}" '
        'stroke-width="1.8"/>'
        f'<path d="M1 {bar[1]} H23" stroke="{edge}" stroke-width="1.6" stroke-dasharray="6 2 1.5 2"/>',
    )  # fmt: skip


def spark(points: list[dict[str, Any]], width: int = 300, height: int = 64) -> str:
    """Three years, small: range, own average, line, signs; hollow if not settled, broken if not shown."""
    shown = [p for p in points if p["value"] is not None]
    levels = [p[name] for p in points for name in ("value", "lower", "upper") if p[name] is not None]
    if not shown:
        return _svg(width, height, "")
    low, high, edge = min(levels), max(levels), 8
    first, last = (p["month"].year * 12 + p["month"].month for p in (points[0], points[-1]))
    across = (width - 2 * edge) / max(last - first, 1)
    down = (height - 2 * edge) / ((high - low) or 1)

    def x(p: dict[str, Any]) -> float:
        return edge + (p["month"].year * 12 + p["month"].month - first) * across

    def y(level: float) -> float:
        return height / 2 if high == low else edge + (high - level) * down

    return _svg(width, height, "".join((*_ranges(points, x, y), *_line(points, x, y), *_signs(shown, x, y))))


def strip(points: list[dict[str, Any]], months: int = 12) -> str:
    """The signs of the last months in a row, as on the charts; chance a dot, not shown a stroke, not there nothing."""
    newest = max((p["month"] for p in points), default=None)
    last = newest.year * 12 + newest.month if newest else 0
    held = {p["month"].year * 12 + p["month"].month: p for p in points}
    return _strip([held.get(last - months + 1 + place) for place in range(months)])


QUIET = {"value": 0, "settled": True, "verdict": "common_cause", "moved": None}
CONCERNED = QUIET | {"verdict": "concern", "moved": "up"}
STANDING = {
    "new": [QUIET, QUIET, QUIET, CONCERNED],
    "persisting": [CONCERNED] * 4,
    "lifted": [CONCERNED, CONCERNED, QUIET, QUIET],
}


def standing_strip(standing: str) -> str:
    """Four months in small, beside the name of a box."""
    return _strip(STANDING[standing])


def _strip(points: list[dict[str, Any] | None]) -> str:
    apart, width = 12.5, 12.5 * len(points)
    body = f'<path d="M0 16.5 H{width:g}" stroke="{CHANCE}" stroke-width="1"/>'
    for place, p in enumerate(points):
        at = apart * (place + 0.5)
        if p and p["value"] is None:
            body += f'<path d="M{at - 2:.1f} 11.5 L{at + 2:.1f} 4.5" stroke="{CHANCE}" stroke-width="1.2"/>'
        elif p:
            body += _sign(p, at, 8, 1.2) or f'<circle cx="{at:.1f}" cy="8" r="1.9" fill="{CHANCE}"/>'
    return _svg(width, 18, body)


def _ranges(points, x, y):
    limited = [p for p in points if p["mean"] is not None]
    start = 0
    for i, p in enumerate(limited):
        if i + 1 < len(limited) and limited[i + 1]["segment"] == p["segment"]:
            continue
        left, right = x(limited[start]) - 3, x(p) + 3
        high, low = y(p["upper"]), y(p["lower"])
        yield (
            f'<rect x="{left:.1f}" y="{high:.1f}" width="{right - left:.1f}" height="{low - high:.1f}" '
            f'fill="{CHANCE}" opacity=".15"/>'
            f'<path d="M{left:.1f} {y(p["mean"]):.1f} H{right:.1f}" stroke="{SLATE}" stroke-width="1"/>'
        )
        start = i + 1


def step(months: list[dt.date]) -> int:
    """How many months lie between a figure and the next where none is missing: 1, or 3 where it is renewed by quarter."""
    numbers = [month.year * 12 + month.month for month in months]
    return min((later - number for number, later in itertools.pairwise(numbers)), default=1)


def _line(points, x, y):
    path, joined, previous, segment = "", False, None, None
    apart = step([p["month"] for p in points])
    for p in points:
        drawn = p["value"] is not None and p["settled"]
        number = p["month"].year * 12 + p["month"].month
        if drawn:
            joined = joined and number - previous == apart and p["segment"] == segment
            path += f"{'L' if joined else 'M'}{x(p):.1f} {y(p['value']):.1f} "
        joined, previous, segment = drawn, number, p["segment"]
    if path:
        line = f'fill="none" stroke="{SLATE}" stroke-width="1.6" stroke-linejoin="round"'
        yield f'<path d="{path.strip()}" {line}/>'


def _signs(shown, x, y):
    return (_sign(p, x(p), y(p["value"])) for p in shown)


def _sign(p: dict[str, Any], x: float, y: float, size: float = 1) -> str:
    """Concern a triangle, improvement a diamond, change a square, not settled a ring; nothing for what chance explains."""
    if not p["settled"]:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="none" stroke="{SLATE}" stroke-width="1.6"/>'
    match p["verdict"]:
        case "concern":
            return f'<path d="{_triangle(x, y, 3.6 * size, p["moved"] != "down")}" fill="{CONCERN}"/>'
        case "improvement":
            return f'<path d="{_diamond(x, y, 3.8 * size)}" fill="{IMPROVEMENT}"/>'
        case "change":
            half = 3 * size
            return f'<rect x="{x - half:.1f}" y="{y - half:.1f}" width="{2 * half:g}" height="{2 * half:g}" fill="{SLATE}"/>'
    return ""
