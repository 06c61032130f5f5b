"""Charts of a survey: the range first, then the point; a row a construct for paper, and one construct wave by wave."""

import copy
from functools import lru_cache
from typing import Any

import altair as alt
import pyarrow as pa
import streamlit as st

from pages.parts.drawing import icons, words
from pages.parts.kindness.kindness import absence

Rows = list[dict[str, Any]]


def drawing(rows: Rows, tick: str) -> dict[str, Any]:
    """A row a construct in Ballatt's order: the range first, then the point (in outline where few answered), and a tick."""
    points = [
        {
            "title": row["title"], "value": row["value"], "low": row["low"], "high": row["high"], "tick": row[tick],
            "few": bool(row["few"]), "why": None if row["shown"] == "yes" else absence(row),
        }
        for row in rows
    ]  # fmt: skip
    dots = {point["few"] for point in points if point["value"] is not None}
    y = alt.Y("title:N", sort=None, title=None, scale=alt.Scale(padding=0.5), axis=_quiet_axis(labelLimit=230))
    x_scale = alt.Scale(domain=[0, 10])
    axis = _quiet_axis(values=[0, 5, 10], format="d", grid=True, gridOpacity=0.35)
    base = alt.Chart().encode(y=y)
    layers = [
        base.mark_rule(strokeWidth=9, strokeCap="round", opacity=0.5, color=icons.PLUM)
        .transform_filter("datum.low !== null")
        .encode(x=alt.X("low:Q", scale=x_scale, axis=axis, title=None), x2="high:Q")
    ]
    if any(point["tick"] is not None for point in points):
        layers.append(
            base.mark_tick(thickness=2, size=20, color=icons.CHANCE)
            .transform_filter("datum.tick !== null")
            .encode(x=alt.X("tick:Q", scale=x_scale))
        )
    for few in sorted(dots):
        filled = {"fill": "transparent", "stroke": icons.PLUM, "strokeWidth": 2.5} if few else {"fill": icons.PLUM}
        layers.append(
            base.mark_point(size=110, opacity=1, **filled)
            .transform_filter(f"datum.value !== null && datum.few === {str(few).lower()}")
            .encode(x=alt.X("value:Q", scale=x_scale))
        )
    if any(point["why"] for point in points):
        layers.append(
            base.mark_text(align="left", fontStyle="italic", color="currentColor", opacity=0.8)
            .transform_filter("datum.why !== null")
            .encode(x=alt.value(4), text="why:N")
        )
    return (
        alt.layer(*layers, data=alt.InlineData(values=points), height=40 * len(points) + 24)
        .configure_view(stroke=None)
        .to_dict()
    )


def _quiet_axis(**more: Any) -> alt.Axis:
    return alt.Axis(
        **{"domain": False, "ticks": False, "labelColor": "currentColor", "labelOpacity": 0.85, "grid": False} | more
    )


def by_wave(rows: Rows, title: str, key: str) -> None:
    """One construct, wave by wave: range and point; changes that are named carry their sign."""
    sign = {"up": "diamond", "down": "triangle-down"}
    points = [
        {
            "wave": f"{row['wave']}T00:00:00Z", "value": row["value"], "low": row["low"], "high": row["high"],
            "sign": sign.get(row["called"] or "", "circle"), "title": words.month(row["wave"]),
            "Points of 10": words.figure(row["value"], 1),
            "Change": {"up": "up, more than chance", "down": "down, more than chance"}.get(row["called"] or "", "no clear change"),
        }
        for row in rows
    ]  # fmt: skip
    ends = (f"{words.figure(row['value'], 1)} in {words.month(row['wave'])}" for row in (rows[0], rows[-1]))
    said = f"{title}: {', '.join(ends)}"
    st.vega_lite_chart(pa.Table.from_pylist(points), copy.deepcopy(_by_wave()), alt=said, key=key)


@lru_cache(maxsize=1)
def _by_wave() -> dict[str, Any]:
    """The chart without its points, made once: Altair checks every layer of it as it is made."""
    x = alt.X(
        "wave:T",
        title=None,
        scale=alt.Scale(type="utc", padding=12),
        axis=_quiet_axis(format="%b %y", labelOverlap=True, tickCount=4),
    )
    y = alt.Y(
        "value:Q",
        title=None,
        scale=alt.Scale(domain=[0, 10]),
        axis=_quiet_axis(values=[0, 5, 10], format="d", grid=True, gridOpacity=0.35),
    )
    base = alt.Chart().encode(x=x)
    colours = alt.Scale(
        domain=["circle", "diamond", "triangle-down"], range=[icons.PLUM, icons.IMPROVEMENT, icons.CONCERN]
    )
    chart = alt.layer(
        base.mark_rule(strokeWidth=6, opacity=0.45, color=icons.PLUM).encode(
            y=alt.Y("low:Q", scale=alt.Scale(domain=[0, 10])), y2="high:Q"
        ),
        base.mark_line(color=icons.SLATE, strokeWidth=1.4).encode(y=y),
        base.mark_point(size=70, filled=True, opacity=1).encode(
            y=y,
            shape=alt.Shape(
                "sign:N", scale=alt.Scale(domain=list(colours.domain), range=list(colours.domain)), legend=None
            ),
            color=alt.Color("sign:N", scale=colours, legend=None),
            tooltip=[alt.Tooltip(f"{name}:N") for name in ("title", "Points of 10", "Change")],
        ),
    ).properties(height=130)
    return chart.configure_view(stroke=None).to_dict()
