"""Kinship's front door: navigation, who is here, the filters, how fresh the data is; nothing else."""

import streamlit as st

from pages.parts.access import access, audit
from pages.parts.release import warehouse
from pages.parts.shell import filters, frame, freshness, pages, states

frame.open_page()

try:
    release, closed = warehouse.current_or_none(), None
    reader = access.reader(release)
    open_to = [page for page in pages.PAGES.values() if reader.opens(page)]
except states.CLOSED as reason:
    open_to, closed = [], reason

page, script = frame.navigation(open_to or list(pages.PAGES.values()), shown=bool(open_to and release))

with frame.body():
    if closed or not open_to:
        states.closed(closed)
        frame.purpose()
    elif release is None:  # the first source comes before the first release
        for key in ("view", audit.HERE):
            st.session_state.pop(key, None)
        sources = pages.of("sources")
        offered = sources if sources in open_to else None
        frame.run(script) if page is offered else states.no_release(offered)
        frame.footer(False, reader.name)
    else:
        viewer = reader.on(release, page)
        heading = st.container(gap=None)
        synthetic = freshness.show(release, viewer)
        if view := filters.show(page, release, viewer, heading):
            unit = view.unit["unit"] if "unit" in page.filters else None
            audit.viewed(audit.Reading(reader.name, page, viewer, release, unit))
            frame.run(script)
        else:
            states.no_access()
        frame.footer(synthetic, reader.name)
