"""Where is the strain? What all teams share, then the leader's units in the order of the structure, each in words."""

import streamlit as st

from pages.parts.shell import filters, frame, pages, states
from pages.parts.strain import strain

HERE = pages.of("strain")
view = filters.view()
rows = strain.tree(view)

frame.heading(view, f"{HERE.title} {view.unit['title']}", strain.standing(view, rows), HERE)

if rows:
    strain.shared(view)
    strain.listed(view, rows)
    st.caption(
        "Each unit is held against its own past; season and what all teams share are taken out first. Strain is said where "
        "chance would hardly bring it, and easing by the same rule. The order is that of the structure."
    )
else:
    states.empty("event_busy", "Nothing can be said yet", "Missing is not zero.")
