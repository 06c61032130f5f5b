"""One unit: the numbers of the front set, what is holding up first; then every other number known of it."""

import streamlit as st

from pages.parts import about, cards, desk, filters, frame, states, trials

HERE = "pages/leaders/team.py"
GROUPS = {
    "What is holding up": ("improvement",),
    "Where there is change worth a conversation": ("concern", "change"),
    "Within the usual range": ("common_cause",),
    "Shown, not judged": ("not_judged",),
    "No number here": ("absent",),
}

view = filters.view()
over = [unit["unit"] for unit in view.unit["above"][-1:]]
rows = view.ask("now", indicators=list(view.indicators), of=[view.unit["unit"], *over], month=view.month)
mine = {row["indicator"]: row for row in rows if row["unit"] == view.unit["unit"]}
above = {row["indicator"]: row for row in rows if row["unit"] != view.unit["unit"]}
ordered = [mine[indicator] for indicator in view.front]
others = [mine[indicator] for indicator in view.indicators if indicator not in view.front]
groups = {name: [row for row in ordered if cards.standing(row) in kinds] for name, kinds in GROUPS.items()}

desk.say_what_was_done()
frame.heading(view, view.unit["title"], about.standing(groups, view.month), HERE)

for name, members in groups.items():
    if members or name == "What is holding up":
        st.header(name, anchor=False)
    if members:
        with st.grid(columns=3, min_column_width=270):
            for row in members:
                cards.card(view, row, above.get(row["indicator"]))
    elif name == "What is holding up":
        st.markdown("Nothing stands out as stronger than usual.")

if not any(row["points"] for row in mine.values()):
    states.empty("event_busy", "No numbers for this unit yet", "Missing is not zero.")

cards.further(view, others, above)

months = [month for month in (view.month or cards.newest(ordered),) if month]
below = [unit for month in months for unit in view.ask("units_below", unit=view.unit["unit"], month=month)]
cards.links(view, below, HERE)
trials.pointer(view)
