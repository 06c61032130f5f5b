"""Kinship's front door: navigation, who is here, the filters, how fresh the data is; nothing else."""

import streamlit as st

from pages.parts import access, filters, frame, freshness, states, warehouse

frame.open_page()

team = st.Page("pages/leaders/team.py", title="One unit", default=True, help="Everything known of one unit.")
trying = st.Page(
    "pages/leaders/trying.py", title="What are we trying?", help="At most three things, and when we look back."
)
indicator = st.Page(
    "pages/executives/indicator.py",
    title="One indicator",
    help="One indicator, large, and across the units below.",
)
signals = st.Page(
    "pages/executives/signals.py", title="All signals", help="Every indicator of a unit and of those directly below it."
)
quality = st.Page("pages/analysts/quality.py", title="Data quality", help="What arrived, what was set aside, and why.")
asked = st.Page("pages/analysts/asked.py", title="What readers ask", help="Numbers that look wrong, events proposed.")
USES = {
    team.title: ("unit", "month"),
    trying.title: ("unit",),
    indicator.title: ("unit", "indicator", "month"),
    signals.title: ("unit", "month"),
    quality.title: (),
    asked.title: (),
}

page = st.navigation(
    {"Leaders": [team, trying], "Executives": [indicator, signals], "Analysts": [quality, asked]}, position="top"
)

with frame.body():
    try:
        release = warehouse.current()
        viewer = access.viewer(release)
        heading = st.container(gap=None)
        synthetic = freshness.show(release, viewer)
        if filters.show(page.title, USES[page.title], release, viewer, heading):
            frame.run(page)
        else:
            states.no_access()
        frame.footer(synthetic)
    except warehouse.NoRelease:
        states.no_release()
    except warehouse.UnreadableRelease as reason:
        states.unreadable(str(reason))
