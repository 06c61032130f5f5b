"""One unit: the numbers of the front set, what is holding up first; then every other number known of it."""

import streamlit as st

from pages.parts import about, beside, cards, desk, doubts, filters, frame, looked, states, strain, trials

HERE = "pages/leaders/team.py"

view = filters.view()
together = about.together(view)
over = [*dict.fromkeys(row["pool"] for row in together), *(unit["unit"] for unit in view.unit["above"][-1:])]
over = [unit for unit in over if unit != view.unit["unit"]]
rows = view.ask("now", indicators=list(view.indicators), of=[view.unit["unit"], *over], month=view.month)
mine = {row["indicator"]: row for row in rows if row["unit"] == view.unit["unit"] and about.belongs(view, row)}
above = {
    name: [row for unit in over for row in rows if (row["indicator"], row["unit"]) == (name, unit)] for name in mine
}
ordered = [mine[indicator] for indicator in view.front if indicator in mine]
others = [mine[indicator] for indicator in view.indicators if indicator in mine and indicator not in view.front]
groups = {name: [row for row in ordered if cards.standing(row) in kinds] for name, kinds in cards.GROUPS.items()}

desk.say_what_was_done()
frame.heading(view, view.unit["title"], about.standing(groups, view.month), HERE)
about.stands_for(view, together)

for name, members in groups.items():
    if name == "Where there is change worth a conversation":
        strain.section(view)
    if members or name == "What is holding up":
        st.header(name, anchor=False)
    if members:
        cards.all_of(view, members, above)
    elif name == "What is holding up":
        st.markdown("Nothing stands out as stronger than usual.")

if not any(row["points"] for row in mine.values()):
    states.empty("event_busy", "No numbers for this unit yet", "Missing is not zero.")

beside.side_by_side(view, ordered)

cards.further(view, others, above)

months = [month for month in (view.month or cards.newest(ordered),) if month]
below = [unit for month in months for unit in view.ask("units_below", unit=view.unit["unit"], month=month)]
cards.links(view, below, HERE)
trials.pointer(view)
looked.at_unit(view)
doubts.opened(view, mine)
