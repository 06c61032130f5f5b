"""Data quality: what arrived, what was set aside or refused and why, and what needs somebody."""

import streamlit as st

from pages.parts.conversation import answering
from pages.parts.quality import arrivals, coverage, protection, usage
from pages.parts.release import warehouse
from pages.parts.shell import filters, frame, pages

view = filters.view()
sources, files, unknown = view.ask("sources"), view.ask("files"), view.ask("unknown_names")
titles = {row["source"]: row["title"] for row in sources}
refused = [file for file in files if file["outcome"] == "refused"]
last = warehouse.last_build()

frame.heading(view, pages.of("quality").title, arrivals.needs(len(refused), len(unknown), last))
answering.pointer(view)
usage.outage()
arrivals.last_build(last, view.release.id)
protection.findings(warehouse.findings())
arrivals.sources(sources)

left, right = st.columns([3, 2], gap="large")
with left:
    arrivals.unknown_names(unknown, view.ask("unit_names") if view.whole else None, filters.unit_labels(view.units))
with right:
    arrivals.refused(refused)

coverage.fresh(sources, view.ask("release")[0]["as_of"])
coverage.shown(view)
coverage.agreement(view.ask("agreement"))
arrivals.reasons(view.ask("set_aside"))
protection.cost(view.ask("protection"), view.ask("loosened"))
arrivals.checks(view.ask("expectations"), titles)
arrivals.files(files, titles)
usage.at_pages()
