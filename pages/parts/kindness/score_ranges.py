"""Scores of a survey as a list in HTML: the range first, then the point, and the same in figures beside them.

On paper they are a chart (intervals.py). On a page that kept a reader waiting longer than all the rest, and its figures could
not be read.
"""

from typing import Any

from pages.parts.drawing import markup, words
from pages.parts.kindness import kindness

MOST = 10  # points that a score can have


def listed(rows: list[dict[str, Any]], tick: str) -> str:
    """A line for each score, in the order given; `tick` names the column of what it is held against."""
    lines = "".join(line(row, row[tick]) for row in rows)
    marks = "".join(f"<span>{mark}</span>" for mark in (0, MOST // 2, MOST))
    drawn = any(row["shown"] == "yes" for row in rows)
    scale = f'<li aria-hidden="true"><span></span><span class="scale">{marks}</span></li>' if drawn else ""
    return f'<ul class="ranges">{lines}{scale}</ul>'


def line(row: dict[str, Any], held_against: float | None) -> str:
    name = f"<span>{markup.text(row['title'])}</span>"
    if row["shown"] != "yes":
        return f"<li>{name}<em>{kindness.absence(row)}</em></li>"
    between = row["low"] is not None
    drawn = (
        f'<i class="range" style="{_at(row["low"])};width:{_share(row["high"] - row["low"])}"></i>' if between else ""
    )
    drawn += f'<i class="tick" style="{_at(held_against)}"></i>' if held_against is not None else ""
    drawn += f'<i class="{"dot few" if row["few"] else "dot"}" style="{_at(row["value"])}"></i>'
    said = f" {words.figure(row['low'], 1)} to {words.figure(row['high'], 1)}" if between else ""
    figures = f'<span><strong>{words.figure(row["value"], 1)}</strong><span class="quiet">{said}</span></span>'
    return f'<li>{name}<span class="track" aria-hidden="true">{drawn}</span>{figures}</li>'


def _at(value: float) -> str:
    return f"left:{_share(value)}"


def _share(value: float) -> str:
    return f"{100 * value / MOST:.4g}%"
