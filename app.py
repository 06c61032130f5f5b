"""Kinship's front door: navigation, who is here, the filters, how fresh the data is; nothing else."""

import streamlit as st

from pages.parts import access, filters, frame, freshness, states, warehouse

frame.open_page()

team = st.Page("pages/leaders/team.py", title="One unit", default=True, help="Everything known of one unit.")
indicator = st.Page(
    "pages/executives/indicator.py",
    title="One indicator",
    help="One indicator, large, and across the units below.",
)
signals = st.Page(
    "pages/executives/signals.py", title="All signals", help="Every indicator of a unit and of those directly below it."
)
quality = st.Page("pages/analysts/quality.py", title="Data quality", help="What arrived, what was set aside, and why.")
sources = st.Page(
    "pages/analysts/sources.py", title="Add a source", help="From a sample extract to a source of your own."
)
definitions = st.Page(
    "pages/analysts/definitions.py", title="Definitions", help="What every number means and comes from."
)
releases = st.Page(
    "pages/analysts/releases.py", title="Releases", help="What was published when, what changed, going back."
)
USES = {
    team.title: ("unit", "month"),
    indicator.title: ("unit", "indicator", "month"),
    signals.title: ("unit", "month"),
    quality.title: (),
    sources.title: (),
    definitions.title: ("indicator",),
    releases.title: (),
}

page = st.navigation(
    {"Leaders": [team], "Executives": [indicator, signals], "Analysts": [quality, sources, definitions, releases]},
    position="top",
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
        st.session_state.pop("view", None)
        frame.run(page) if page is sources else states.no_release()  # the first source comes before the first release
    except warehouse.UnreadableRelease as reason:
        states.unreadable(str(reason))
