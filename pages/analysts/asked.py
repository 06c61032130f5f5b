"""What readers ask: numbers that look wrong to them, and events they propose, with their answers."""

from pages.parts.conversation import answering
from pages.parts.journal import session
from pages.parts.shell import filters, frame, pages

view = filters.view()
found = answering.held(view)
frame.heading(view, pages.of("asked").title, answering.needs(found))
session.say_what_was_done()

if found is not None:
    for note in answering.chosen(found):
        answering.note(view, note)
