"""Kinship's front door: navigation, who is here, the filters, how fresh the data is; nothing else."""

import streamlit as st

from pages.parts.access import access, audit
from pages.parts.release import warehouse
from pages.parts.shell import filters, frame, freshness, states

frame.open_page()

team = st.Page("pages/leaders/team.py", title="One unit", default=True, help="Everything known of one unit.")
trying = st.Page(
    "pages/leaders/trying.py", title="What are we trying?", help="At most three things, and when we look back."
)
review = st.Page(
    "pages/executives/review.py",
    title="Monthly review",
    help="Where concern is new, where it persists and where it has lifted; as a page and as a pack.",
)
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
circle = st.Page(
    "pages/executives/circle.py", title="The circle", help="What staff say of kindness, and what hinders and helps."
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
asked = st.Page("pages/analysts/asked.py", title="What readers ask", help="Numbers that look wrong, events proposed.")
USES = {
    team.title: ("unit", "month"),
    trying.title: ("unit",),
    review.title: ("unit", "month"),
    strain.title: ("unit", "month"),
    indicator.title: ("unit", "indicator", "month"),
    signals.title: ("unit", "month"),
    circle.title: ("unit",),
    quality.title: (),
    sources.title: (),
    definitions.title: ("indicator",),
    releases.title: (),
    asked.title: (),
}

SECTIONS = {
    "Leaders": [team, strain, trying],
    "Executives": [review, indicator, signals, circle],
    "Analysts": [quality, asked, sources, definitions, releases],
}

try:
    release, closed = warehouse.current_or_none(), None
    reader = access.reader(release)
    open_to = {name: [page for page in pages if reader.opens(name, page.title)] for name, pages in SECTIONS.items()}
    open_to = {name: pages for name, pages in open_to.items() if pages}
except states.CLOSED as reason:
    open_to, closed = {}, reason

page = st.navigation(open_to or SECTIONS, position="top" if open_to and release else "hidden")

with frame.body():
    if closed or not open_to:
        states.closed(closed)
        frame.purpose()
    elif release is None:  # the first source comes before the first release
        for key in ("view", audit.HERE):
            st.session_state.pop(key, None)
        offered = sources if sources in open_to.get("Analysts", ()) else None
        frame.run(page) if page is offered else states.no_release(offered)
        frame.footer(False, reader.name)
    else:
        section = next(name for name, pages in open_to.items() if page in pages)
        viewer = reader.on(release, section, page.title)
        heading = st.container(gap=None)
        synthetic = freshness.show(release, viewer)
        if view := filters.show(page.url_path, USES[page.title], release, viewer, heading):
            unit = view.unit["unit"] if "unit" in USES[page.title] else None
            audit.viewed(audit.Reading(reader.name, section, page.title, viewer, release, unit))
            frame.run(page)
        else:
            states.no_access()
        frame.footer(synthetic, reader.name)
