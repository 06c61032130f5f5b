"""What readers ask: numbers that look wrong to them, and events they propose, with their answers."""

from pages.parts import asked, desk, filters, frame

view = filters.view()
found = asked.held(view)
frame.heading(view, "What readers ask", asked.needs(found))
desk.say_what_was_done()

if found is not None:
    for note in asked.chosen(found):
        asked.note(view, note)
