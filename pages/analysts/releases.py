"""Releases: their history, what changed from one to another, and going back."""

from pages.parts import filters, frame, history

view = filters.view()
rows, current = history.known(view), view.release.id

frame.heading(view, "Releases", history.answer(rows, current))
history.listed(rows, current)
history.compared(view, rows, current)
history.back(rows, current)
