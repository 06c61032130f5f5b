"""One unit: the headline indicators, what is holding up first; then every other number known of it."""

from pages.parts.conversation import sheet
from pages.parts.drawing import markup
from pages.parts.indicator import about, cards, questions
from pages.parts.journal import session
from pages.parts.kindness import frames
from pages.parts.quality import usage
from pages.parts.shell import filters, frame, pages, states
from pages.parts.strain import strain

HERE = pages.of("team")

view = filters.view()
together = about.together(view)
mine = about.numbers(view)
above = about.instead(view, mine, together)
ordered = [mine[indicator] for indicator in view.front if indicator in mine]
others = [mine[indicator] for indicator in view.indicators if indicator in mine and indicator not in view.front]
groups = {name: [row for row in ordered if cards.standing(row) in kinds] for name, kinds in cards.GROUPS.items()}

session.say_what_was_done()
frame.heading(view, view.unit["title"], about.standing(groups, view.month), HERE)
about.stands_for(view, together)

for name, members in groups.items():
    if name == "Where there is change worth a conversation":
        strain.section(view)
    if members:
        cards.all_of(view, members, above, name)
    elif name == "What is holding up":
        markup.show("prose", "<p>Nothing stands out as stronger than usual.</p>", under=name)

if not any(row["points"] for row in mine.values()):
    states.empty("event_busy", "No numbers for this unit yet", "Missing is not zero.")

frames.side_by_side(view, ordered)

cards.further(view, others, above)

months = [month for month in (view.month or cards.newest(ordered),) if month]
below = [unit for month in months for unit in view.ask("units_below", unit=view.unit["unit"], month=month)]
cards.links(view, below, HERE)
sheet.pointer(view)
usage.at_unit(view)
questions.opened(view, mine)
