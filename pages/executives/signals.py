"""All signals: every indicator of one unit and of those directly below it, by sign and in words."""

import streamlit as st

from pages.parts.drawing import words
from pages.parts.indicator import about, cards, signal_table
from pages.parts.shell import filters, frame, pages, states

HERE = pages.of("signals")
view = filters.view()
units = signal_table.units(view)
indicators = signal_table.wanted(view)
rows = signal_table.rows(view, units, indicators)
groups = {name: [row for row in rows if cards.standing(row) in kinds] for name, kinds in cards.GROUPS.items()}

frame.heading(view, f"{HERE.title}, {view.unit['title']}", about.standing(groups, view.month), HERE)

if rows:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom", key="over"):
        rows = signal_table.ordered(rows)
        signal_table.file(view, rows)
    chosen = signal_table.table(view, rows)
    below = f" and {words.many(len(units) - 1, 'unit')} directly below it" if len(units) > 1 else ""
    st.caption(
        f"{words.many(len(rows), 'row')}: {words.plain(view.unit['title'])}{below}, each against its own history. "
        "Select a row to open its chart, or choose it below."
    )
    signal_table.chooser(view, rows)
    if chosen:
        st.switch_page(
            cards.LARGE.path, query_params=signal_table.address(view, chosen) | {filters.OF: view.unit["unit"]}
        )
else:
    states.empty("event_busy", "No numbers for this unit yet", "Missing is not zero.")
