"""Draws the virtuous circle: seven dials in a ring, with Ballatt's words on the arrows between; and as a column for a phone.

The nodes and their order are John Ballatt's; the drawing is our own. Colours come from the theme by themselves
(`currentColor`), so that one drawing serves light, dark and print.
"""

import html
import math
import textwrap
from typing import Any

from pages.parts.drawing import words

VERBS = ("promotes", "directs", "enables", "builds", "generates", "produces")  # from each node to the next
RETURN = "and the whole reinforces the conditions for kinship and kindness"
WIDTH, HEIGHT, RING, DIAL, CENTRE = 900, 838, 284, 70, (450, 448)
OPEN_AT, OPEN_SPAN = 130, 280  # degrees, clockwise from the right: the track of a dial leaves its foot open
ROW = 146  # of the column
NAME = 26  # letters of a line of the unit's name, in the middle
HEAD = "M6 0 L-6 -5.5 L-6 5.5 Z"
Node = dict[str, Any]


def drawing(nodes: list[Node], unit: str, wave: str, told: str) -> str:
    """Both drawings as one piece of HTML; which is seen, the width of the screen decides. `nodes` in Ballatt's order."""
    label = html.escape(told, quote=True)
    return (
        f'<div class="ring ring-wide">{_svg(WIDTH, HEIGHT, label, _ring(nodes, unit, wave))}</div>'
        f'<div class="ring ring-narrow">{_svg(340, ROW * len(nodes) + 40, label, _column(nodes))}</div>'
    )


def _svg(width: int, height: int, label: str, body: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="100%" role="img" '
        f'aria-label="{label}">{body}</svg>'
    )


# ---- the ring --------------------------------------------------------------------------------------------------------


def _ring(nodes: list[Node], unit: str, wave: str) -> str:
    step = 360 / max(len(nodes), 1)
    body = []
    for place, node in enumerate(nodes):
        x, y = _at(CENTRE, RING, -90 + place * step)
        body.append(_dial(node, x, y, DIAL))
    for place, verb in enumerate(VERBS):
        body.append(_arrow(-90 + place * step, step, verb))
    last = -90 + (len(nodes) - 1) * step
    body.append(_arc(RING, last + 18, last + step - 19.5, "return"))
    body.append(_whole())
    x, y = CENTRE
    lines = textwrap.wrap(unit, NAME, max_lines=2, placeholder="…")  # an empty line would end the drawing
    middle = [
        *(
            f'<text class="serif" x="{x}" y="{y - 22 - 30 * above}" font-size="26" font-weight="600">{html.escape(line)}</text>'
            for above, line in zip(range(len(lines) - 1, -1, -1), lines, strict=True)
        ),
        f'<text x="{x}" y="{y + 8}" font-size="18" font-weight="600">{html.escape(wave)}</text>',
        f'<text class="quiet" x="{x}" y="{y + 34}" font-size="16">points of 10, with the range</text>',
        f'<text class="quiet" x="{x}" y="{y + 55}" font-size="16">the true figure may lie in</text>',
    ]
    return "".join([*body, *middle])


def _at(centre: tuple[float, float], radius: float, degrees: float) -> tuple[float, float]:
    turn = math.radians(degrees)
    return centre[0] + radius * math.cos(turn), centre[1] + radius * math.sin(turn)


def _path(centre: tuple[float, float], radius: float, first: float, last: float) -> str:
    x, y = _at(centre, radius, first)
    end_x, end_y = _at(centre, radius, last)
    large = int(abs(last - first) > 180)
    return f"M{x:.1f} {y:.1f} A{radius:.1f} {radius:.1f} 0 {large} 1 {end_x:.1f} {end_y:.1f}"


def _arc(radius: float, first: float, last: float, kind: str) -> str:
    """An arrow along a circle about the centre."""
    x, y = _at(CENTRE, radius, last)
    head = f'<path class="{kind}-head" d="{HEAD}" transform="translate({x:.1f} {y:.1f}) rotate({last + 90:.1f})"/>'
    return f'<path class="{kind}" d="{_path(CENTRE, radius, first, last)}"/>{head}'


def _arrow(from_: float, step: float, verb: str) -> str:
    """An arrow along the ring with its verb outside it, upright wherever it stands."""
    middle = from_ + step / 2
    below = math.sin(math.radians(middle)) > 0.2
    x, y = _at(CENTRE, RING + (24 if below else 13), middle)
    turn = middle + 90 - (180 if below else 0)
    said = f'<text class="serif verb" font-size="19" transform="translate({x:.1f} {y:.1f}) rotate({turn:.1f})">{verb}</text>'
    return _arc(RING, from_ + 18, from_ + step - 19.5, "link") + said


def _whole() -> str:
    """The outer arc from the last node over the first to the second: the whole reinforces the conditions."""
    radius, first, last = RING + 118, -152, -47
    words_on = _path(CENTRE, radius + 10, first - 4, last + 4)
    return (
        f"{_arc(radius, first, last, 'return')}"
        f'<path id="ring-whole" d="{words_on}" fill="none"/>'
        f'<text class="serif whole" font-size="19"><textPath href="#ring-whole" startOffset="50%">{RETURN}</textPath></text>'
    )


# ---- a dial ----------------------------------------------------------------------------------------------------------


def _dial(node: Node, x: float, y: float, radius: float) -> str:
    if node["shown"] != "yes":
        return (
            f'<circle class="absent" cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>'
            f"{_name(node, x, y - 14)}"
            f'<text class="quiet" x="{x:.1f}" y="{y + 14:.1f}" font-size="14">{_absence(node)[0]}</text>'
            f'<text class="quiet" x="{x:.1f}" y="{y + 32:.1f}" font-size="14">{_absence(node)[1]}</text>'
        )
    called = _called(node)
    rise = 8 if called else 0
    inside = [
        _name(node, x, y - 24 - rise),
        f'<text class="serif" x="{x:.1f}" y="{y + 14 - rise:.1f}" font-size="31" font-weight="600">{words.figure(node["value"], 1)}</text>',
        f'<text class="quiet" x="{x:.1f}" y="{y + 34 - rise:.1f}" font-size="14.5">{_range(node)}</text>',
    ]
    if called:
        sign, kind = called
        inside.append(
            f'<text class="{kind}" x="{x:.1f}" y="{y + 47:.1f}" font-size="15" font-weight="600">{sign}</text>'
        )
    return _track(node, (x, y), radius) + "".join(inside)


def _track(node: Node, centre: tuple[float, float], radius: float) -> str:
    def turn(points: float) -> float:
        return OPEN_AT + OPEN_SPAN * points / 10

    body = f'<path class="track" d="{_path(centre, radius, OPEN_AT, OPEN_AT + OPEN_SPAN)}"/>'
    if node["low"] is not None and node["high"] > node["low"]:
        body += f'<path class="range" d="{_path(centre, radius, turn(node["low"]), turn(node["high"]))}"/>'
    if node["value_before"] is not None:
        inner, outer = (_at(centre, radius + off, turn(node["value_before"])) for off in (9, 17))
        body += f'<path class="before" d="M{inner[0]:.1f} {inner[1]:.1f} L{outer[0]:.1f} {outer[1]:.1f}"/>'
    x, y = _at(centre, radius, turn(node["value"]))
    few = " few" if node["few"] else ""
    return f'{body}<circle class="score{few}" cx="{x:.1f}" cy="{y:.1f}" r="6.5"/>'


def _name(node: Node, x: float, y: float) -> str:
    first, _, second = node["title"].partition(" ")
    if len(node["title"]) < 14 or not second:
        return f'<text x="{x:.1f}" y="{y:.1f}" font-size="16" font-weight="600">{html.escape(node["title"])}</text>'
    return (
        f'<text x="{x:.1f}" y="{y - 12:.1f}" font-size="16" font-weight="600">{html.escape(first)}</text>'
        f'<text x="{x:.1f}" y="{y + 5:.1f}" font-size="16" font-weight="600">{html.escape(second)}</text>'
    )


def _range(node: Node) -> str:
    if node["low"] is None:
        return "range not known"
    return f"{words.figure(node['low'], 1)} to {words.figure(node['high'], 1)}"


def _called(node: Node) -> tuple[str, str] | None:
    """The sign of a change that is named, and whose colour it has."""
    by = words.figure(abs(node["moved"]), 1) if node["moved"] is not None else ""
    return {"up": (f"◆ up {by}", "better"), "down": (f"▼ down {by}", "worse")}.get(node["called"] or "")


def _absence(node: Node) -> tuple[str, str]:
    return ("Not shown, to", "protect people") if node["shown"] == "protected" else ("Not asked", "in this wave")


# ---- the column of a phone -------------------------------------------------------------------------------------------


def _column(nodes: list[Node]) -> str:
    body = []
    for place, node in enumerate(nodes):
        y = 56 + place * ROW
        if node["shown"] == "yes":
            called = _called(node)
            body.append(_track(node, (58, y), 44))
            body.append(
                f'<text class="serif" x="58" y="{y + 9}" font-size="25" font-weight="600">{words.figure(node["value"], 1)}</text>'
            )
            said = [(_range(node), "quiet")] + ([(called[0], called[1])] if called else [])
        else:
            body.append(f'<circle class="absent" cx="58" cy="{y}" r="44"/>')
            said = [(" ".join(_absence(node)), "quiet")]
        body.append(
            f'<text class="start" x="122" y="{y - 8}" font-size="18" font-weight="600">{html.escape(node["title"])}</text>'
        )
        for line, (text, kind) in enumerate(said):
            body.append(f'<text class="start {kind}" x="122" y="{y + 15 + 21 * line}" font-size="16">{text}</text>')
        if place < len(VERBS):
            body.append(f'<path class="link" d="M58 {y + 53} V{y + 72}"/>')
            body.append(f'<path class="link-head" d="{HEAD}" transform="translate(58 {y + 76}) rotate(90)"/>')
            body.append(f'<text class="start serif verb" x="78" y="{y + 74}" font-size="17">{VERBS[place]}</text>')
    y = 56 + (len(nodes) - 1) * ROW + 78
    first, second = RETURN[: RETURN.index(" for ")], RETURN[RETURN.index(" for ") + 1 :]
    body.append(f'<text class="start serif whole" x="14" y="{y}" font-size="16">{first}</text>')
    body.append(f'<text class="start serif whole" x="14" y="{y + 20}" font-size="16">{second}</text>')
    return "".join(body)
