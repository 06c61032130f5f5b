"""Definitions: every number with its owner, its review, its evidence, its query and its way from source to page."""

from pages.parts.indicator import definitions
from pages.parts.shell import filters, frame, pages

view = filters.view()
rows, facts = view.ask("definitions"), view.ask("facts")
today = view.ask("release")[0]["as_of"]
titles = {source["source"]: source["title"] for source in view.ask("sources")}
row = definitions.chosen(view, rows)

frame.heading(view, pages.of("definitions").title, definitions.answer(rows, today))
definitions.one(row)
definitions.lineage(row, facts, titles)
definitions.queries(row, facts)
definitions.all_of_them(rows, today, titles)
