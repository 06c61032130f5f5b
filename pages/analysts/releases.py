"""Releases: their history, what changed from one to another, and going back."""

from pages.parts.quality import releases
from pages.parts.shell import filters, frame, pages

view = filters.view()
rows, current = releases.known(view), view.release.id

frame.heading(view, pages.of("releases").title, releases.answer(rows, current))
releases.listed(rows, current)
releases.compared(view, rows, current)
releases.back(rows, current)
