"""The monthly review of one unit: where concern is new, where it persists, where it has lifted; on screen and as a pack."""

import streamlit as st

from pages.parts.access import access
from pages.parts.drawing import words
from pages.parts.release import warehouse
from pages.parts.review import report, review, sections
from pages.parts.shell import filters, frame, pages

HERE = pages.of("review")
QUALITY = pages.of("quality")

view = filters.view()
others = {each.id: each for each in access.readable(warehouse.earlier(view.release))}
chosen = None
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom", key="paging"):
    if others:
        chosen = st.selectbox(
            "Compare with", list(others), format_func="Release {}".format, key="compare", width=260,
            help="What was revised since that release is told below.",
        )  # fmt: skip
    files = st.container(horizontal=True, width="content")
found = review.review(view, others.get(chosen))
with files:
    report.buttons(found)

said = "".join(f"**{text}**" if weighs else text for text, weighs in review.sentence(found))
frame.heading(view, found.title, f"{words.plain(view.unit['title'])}. {said}", HERE)

sections.all_of(found)

left, right = st.container(key="halves").columns([1.15, 1], gap="large")
with left:
    for owner, title in review.OWNED.items():
        sections.pressures(found, owner, title)
with right:
    sections.kindness(found)
    sections.since(found)
    frame.link(QUALITY, "Open data quality")
