"""What protecting people costs in numbers not shown, and whether anybody has loosened it."""

from typing import Any

import streamlit as st

from pages.parts.drawing import tables, words

KINDS = {
    "working": "Working facts",
    "part": "Working facts of part of a team",
    "leaving": "Leaving, moving, staying",
    "banded": "Sensitive, told in steps of ten people",
    "sensitive": "Sensitive: reasons, long cases, surveys",
}
SETTINGS = {
    "k_people": "people behind every figure shown",
    "min_num": "people that every reader is left in doubt about",
    "min_units": "units shown, or hidden, together",
    "leaver_step": "people that a step of a leaver rate stands for",
    "sticky_quarters": "quarters that a hidden unit must pass in a row",
    "freeze_after_months": "months after which a figure stays",
    "restate": "months published anew",
}


def findings(found: dict[str, list[str]]) -> None:
    """The releases that the attack broke, by which rule, and what to do: of no unit, and with no number."""
    for release, rules in found.items():
        st.markdown(
            f":orange[:material/report:] **Release {words.plain(release)} tells more than it should** "
            f"({words.plain('; '.join(rules))}). At a terminal, `python -m etl withdraw` and its name take it from the app."
        )


def cost(rows: list[dict[str, Any]], loosened: list[dict[str, Any]]) -> None:
    """A table by level and kind of figure; above it whatever protects people less than usual."""
    st.header("How people are protected", anchor=False)
    for row in loosened:
        what = SETTINGS.get(row["setting"], row["setting"])
        st.markdown(
            f":orange[:material/lock_open:] **Less protection than usual:** {words.plain(what)}, "
            f"{words.plain(row['value'])} instead of {words.plain(row['default_value'])}."
        )
    if not rows:
        st.markdown(":gray[:material/check_circle:] Every figure in this release was already public.")
        return
    told = [
        {
            "Level": words.sentence(row["level"]),
            "Figures": KINDS.get(row["kind"], row["kind"]),
            "In all": row["figures"],
            **{name: round(row[part] / row["figures"], 2) for name, part in PARTS.items()},
        }
        for row in rows
        if row["figures"]
    ]
    share = st.column_config.NumberColumn(format="percent", width="small")
    config = {
        "Level": st.column_config.TextColumn(width=120),
        "Figures": st.column_config.TextColumn(width=270),
        "In all": st.column_config.NumberColumn(format="localized", width="small"),
        **dict.fromkeys(PARTS, share),
    }
    tables.shown(told, "Of the figures not already public, the share shown, shown together and not shown", config)
    st.caption(
        "Of the figures that are not already public, in all months. Small units are shown together before anything is "
        "left out. Why a figure is not shown is told to nobody: that it was small, or that it would give a small one away, "
        "look alike."
    )


PARTS = {"Shown": "shown", "Shown together": "pooled", "Not shown": "hidden"}
