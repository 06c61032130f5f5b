"""The sections of the circle's page: which wave, the ring and what it says, hindrances and helps, and wave by wave."""

from typing import Any

import streamlit as st

from pages.parts.drawing import expander, markup, words
from pages.parts.kindness import circle_diagram, kindness, score_charts, score_ranges
from pages.parts.shell.filters import View

Rows = list[dict[str, Any]]
PARTS = {kindness.CIRCLE: "The circle", kindness.HINDERS: "Freedom from what hinders", kindness.HELPS: "What helps"}
HOW = (
    "Dot: the unit’s score. Band: the range the true score may lie in (95 % or more; where few answered it is told more "
    "widely, so that nobody’s answer follows from it). Small outer tick: the wave before. A dot in "
    "outline: under 30 answers. A change is named only when its range leaves out none and it is at least half a point."
)


def wave_of(view: View) -> dict[str, Any] | None:
    """The wave that the reader chooses: the newest, if none; None where no wave of the unit can be shown."""
    waves = {f"{wave['wave']:%Y-%m}": wave for wave in view.ask("waves", unit=view.unit["unit"])}
    if not waves:
        return None
    asked = st.query_params.get("wave")
    key = f"wave_{view.unit['unit']}"
    with st.container(key="filters_wave"):
        picked = st.selectbox(
            "Wave",
            list(waves),
            index=list(waves).index(asked) if asked in waves else 0,
            format_func=lambda month: words.month(waves[month]["wave"]),
            width=260,
            key=key,
            on_change=lambda: st.query_params.update(wave=st.session_state[key]),
        )
    return waves[picked]


def drawn(view: View, wave: dict[str, Any], rows: Rows) -> None:
    """The ring, and beside it the same in words; below it the same as a table."""
    circle, unit = kindness.of_family(rows, kindness.CIRCLE), view.unit["title"]
    kindness.note(wave)
    left, right = st.columns([1.9, 1], gap="large")
    told = kindness.told(circle, unit, wave["wave"])
    # Numbers and fixed words; titles are escaped where they are drawn.
    left.markdown(circle_diagram.drawing(circle, unit, words.month(wave["wave"]), told), unsafe_allow_html=True)
    with right:
        said = markup.prose(kindness.thinnest(circle), *kindness.changes(circle), kindness.unchanged(circle))
        note = f"{words.plain(wave['note'])} {kindness.CREDIT}"
        credit = f'<div class="quiet">{markup.prose(note)}</div>'
        markup.show("prose", said, markup.heading("How to read it"), markup.quiet(HOW), credit, under="In words")
    kindness.table(rows, unit, view.release.id, wave["wave"])


def conditions(view: View, wave: dict[str, Any], rows: Rows) -> None:
    """What hinders and what helps, each with its changes and with the measured conditions that speak to it."""
    with_organisation = any(row["benchmark"] is not None for row in rows)
    tick = "benchmark" if with_organisation else "value_before"
    says = "Tick: the organisation, same wave." if with_organisation else "Tick: the wave before."
    more = {kindness.HINDERS: "Higher is freer.", kindness.HELPS: "Higher is more help."}
    for column, (family, better) in zip(st.columns(2, gap="large"), more.items(), strict=True):
        mine = kindness.of_family(rows, family)
        with column:
            how = markup.quiet(f"{better} {says} Points of ten.")
            said = markup.prose(*kindness.changes(mine), *kindness.measured(view, mine, wave["wave"]))
            markup.show("prose", how, score_ranges.listed(mine, tick), said, under=PARTS[family])


def by_wave(view: View, rows: Rows) -> None:
    """Every point of one part, wave by wave, once there are two; drawn when a reader opens the box."""
    history = view.ask("wave_by_wave", unit=view.unit["unit"])
    if len({row["wave"] for row in history}) < 2:
        return
    with expander.box("Wave by wave", "timeline", "by_wave") as box:
        if box.open:
            _by_wave(rows, history)


def _by_wave(rows: Rows, history: Rows) -> None:
    part = st.segmented_control(
        "Part", list(PARTS), format_func=PARTS.get, default=kindness.CIRCLE, key="part", label_visibility="collapsed"
    )
    part = part or kindness.CIRCLE
    st.caption("Dots with their ranges; ◆ up and ▼ down are changes from the wave before that are more than chance.")
    with st.grid(columns=4, min_column_width=230):
        for row in kindness.of_family(rows, part):
            mine = [each for each in history if each["indicator"] == row["indicator"]]
            if mine:
                with st.container(gap=None):
                    st.markdown(f"**{words.plain(row['title'])}**")
                    score_charts.by_wave(mine, row["title"], f"waves_{part}_{row['place']}")
