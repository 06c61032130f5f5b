"""Charts of a survey: the range first, then the point; a row a construct, or one construct wave by wave."""

import copy
from functools import lru_cache
from typing import Any

import altair as alt
import pyarrow as pa
import streamlit as st

from pages.parts import marks, words
from pages.parts.kindness import absence, figures

Rows = list[dict[str, Any]]


def by_construct(rows: Rows, tick: str, key: str, alt_text: str) -> None:
    """A row a construct, on the page."""
    _draw(drawing(rows, tick), alt_text, key)


def _draw(drawn: dict[str, Any], told: str, key: str) -> None:
    """The points apart from the chart: where another unit's chart is the same but for them, a browser need not make it anew."""
    points = pa.Table.from_pylist(drawn["data"]["values"])
    st.vega_lite_chart(points, {name: part for name, part in drawn.items() if name != "data"}, alt=told, key=key)


def drawing(rows: Rows, tick: str) -> dict[str, Any]:
    """A row a construct in the deck's order: the range first, then the point (in outline where few answered), and a tick."""
    points = [
        {
            "title": row["title"], "value": row["value"], "low": row["low"], "high": row["high"], "tick": row[tick],
            "few": bool(row["few"]), "why": None if row["shown"] == "yes" else absence(row),
            "Points of 10": figures(row), "Organisation": _tick(row["benchmark"]), "Wave before": _tick(row["value_before"]),
        }
        for row in rows
    ]  # fmt: skip
    dots = {point["few"] for point in points if point["value"] is not None}
    drawn = _by_construct(
        any(point["tick"] is not None for point in points), False in dots, True in dots, any(p["why"] for p in points)
    )
    return _filled(drawn, points) | {"height": 40 * len(points) + 24}


@lru_cache(maxsize=16)
def _by_construct(ticks: bool, dots: bool, outlined: bool, words_for_none: bool) -> dict[str, Any]:
    """The chart without its points: one for each choice of layers, since Altair checks every layer of it as it is made."""
    y = alt.Y("title:N", sort=None, title=None, scale=alt.Scale(padding=0.5), axis=_quiet_axis(labelLimit=230))
    x_scale = alt.Scale(domain=[0, 10])
    axis = _quiet_axis(values=[0, 5, 10], format="d", grid=True, gridOpacity=0.35)
    base = alt.Chart(alt.InlineData(values=[])).encode(y=y)
    shown, hidden = "datum.value !== null", "datum.why !== null"
    hint = [alt.Tooltip(f"{name}:N") for name in ("Points of 10", "Organisation", "Wave before")]
    layers = [
        base.mark_rule(strokeWidth=9, strokeCap="round", opacity=0.5, color=marks.PLUM)
        .transform_filter("datum.low !== null")
        .encode(x=alt.X("low:Q", scale=x_scale, axis=axis, title=None), x2="high:Q")
    ]
    if ticks:
        layers.append(
            base.mark_tick(thickness=2, size=20, color=marks.CHANCE)
            .transform_filter("datum.tick !== null")
            .encode(x=alt.X("tick:Q", scale=x_scale))
        )
    for few in [few for few, there in ((False, dots), (True, outlined)) if there]:
        filled = {"fill": "transparent", "stroke": marks.PLUM, "strokeWidth": 2.5} if few else {"fill": marks.PLUM}
        layers.append(
            base.mark_point(size=110, opacity=1, **filled)
            .transform_filter(f"{shown} && datum.few === {str(few).lower()}")
            .encode(x=alt.X("value:Q", scale=x_scale), tooltip=hint)
        )
    if words_for_none:
        layers.append(
            base.mark_text(align="left", fontStyle="italic", color="currentColor", opacity=0.8)
            .transform_filter(hidden)
            .encode(x=alt.value(4), text="why:N")
        )
    return _spec(alt.layer(*layers))


def _filled(drawn: dict[str, Any], points: Rows) -> dict[str, Any]:
    """A chart of its own, with its points."""
    return copy.deepcopy(drawn) | {"data": {"values": points}}


def _spec(chart: alt.LayerChart) -> dict[str, Any]:
    with alt.data_transformers.enable(consolidate_datasets=False):
        return chart.configure_view(stroke=None).to_dict()


def _tick(value: float | None) -> str:
    return "none" if value is None else words.figure(value, 1)


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
    _draw(_filled(_by_wave(), points), said, key)


@lru_cache(maxsize=1)
def _by_wave() -> dict[str, Any]:
    """The same without its points."""
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
    base = alt.Chart(alt.InlineData(values=[])).encode(x=x)
    colours = alt.Scale(
        domain=["circle", "diamond", "triangle-down"], range=[marks.PLUM, marks.IMPROVEMENT, marks.CONCERN]
    )
    chart = alt.layer(
        base.mark_rule(strokeWidth=6, opacity=0.45, color=marks.PLUM).encode(
            y=alt.Y("low:Q", scale=alt.Scale(domain=[0, 10])), y2="high:Q"
        ),
        base.mark_line(color=marks.SLATE, strokeWidth=1.4).encode(y=y),
        base.mark_point(size=70, filled=True, opacity=1).encode(
            y=y,
            shape=alt.Shape(
                "sign:N", scale=alt.Scale(domain=list(colours.domain), range=list(colours.domain)), legend=None
            ),
            color=alt.Color("sign:N", scale=colours, legend=None),
            tooltip=[alt.Tooltip(f"{name}:N") for name in ("title", "Points of 10", "Change")],
        ),
    ).properties(height=130)
    return _spec(chart)
