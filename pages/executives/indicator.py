"""One indicator: large for the chosen unit, then the same across the units directly below it."""

from pages.parts.drawing import markup, readings, words
from pages.parts.indicator import about, cards, questions, xmr_chart
from pages.parts.journal import session
from pages.parts.shell import filters, frame, pages, states

HERE = pages.of("indicator")
view = filters.view()
unit, indicator = view.unit, view.indicator
asked = {"indicator": indicator["indicator"], "unit": unit["unit"]}
series, events = view.ask("series", **asked), view.ask("events", unit=unit["unit"])
now = view.ask("now", indicators=[indicator["indicator"]], of=[unit["unit"]], month=view.month)[0]

answer = about.answer(now, indicator["unit"], unit["level"])
session.say_what_was_done()
frame.heading(view, f"{indicator['title']}, {unit['title']}", answer, HERE)
about.stands_for(view, about.together(view), indicator["indicator"])

if any(row["value"] is not None for row in series):
    about.sureness(view, now)
    about.line(view, now)
    beside = about.limits_beside(series)
    spec = xmr_chart.xmr(view.release, view.viewer.roots, **asked, chosen=view.month, beside=beside)
    told = xmr_chart.in_words(view, series, readings.reading(now, unit["level"]))
    xmr_chart.show(spec, indicator["title"], told, xmr_chart.key(series, events, view.profile, beside), "chart")
    questions.offer(view, now)
    about.file(view, series)
else:
    reason = "No month of this unit can be shown for this indicator."
    states.empty("event_busy", f"{readings.absence(now).rstrip('.')}.", reason)

about.number(view)
if series:
    about.table(view, series)

month = view.now()
below = view.ask("units_below", unit=unit["unit"], month=month) if month else []
if below:
    of = [member["unit"] for member in below]
    rows = view.ask("now", indicators=[indicator["indicator"]], of=of, month=month)
    rows = [row for row in rows if about.belongs(view, row)]
    told = {row["unit"] for row in rows}
    below = [member for member in below if member["unit"] in told]
    said = f"{words.month(month)} · {len(below)} in all, by name · missing is not zero"
    markup.show("quiet", said, under="The units directly below")
    cards.lines(view, rows, cards.paged(below, unit["unit"]))
