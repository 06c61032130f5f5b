"""Kinship's front door: navigation, who is here, the filters, how fresh the data is; nothing else."""

import streamlit as st

from pages.parts import access, filters, frame, freshness, states, warehouse

frame.open_page()

team = st.Page("pages/leaders/team.py", title="One unit", default=True, help="Everything known of one unit.")
strain = st.Page(
    "pages/leaders/strain.py", title="Where is the strain?", help="Which units have changed, and since when."
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
USES = {
    team.title: ("unit", "month"),
    strain.title: ("unit", "month"),
    indicator.title: ("unit", "indicator", "month"),
    signals.title: ("unit", "month"),
    quality.title: (),
}

page = st.navigation(
    {"Leaders": [team, strain], "Executives": [indicator, signals], "Analysts": [quality]}, position="top"
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
