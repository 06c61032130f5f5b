"""The monthly review of one unit: where concern is new, where it persists, where it has lifted; on screen and as a pack."""

import streamlit as st

from pages.parts import access, boxes, filters, frame, report, review, warehouse, words

HERE = "pages/executives/review.py"
QUALITY = "pages/analysts/quality.py"

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

boxes.all_of(found)

left, right = st.container(key="halves").columns([1.15, 1], gap="large")
with left:
    for owner, title in review.OWNED.items():
        boxes.pressures(found, owner, title)
with right:
    boxes.kindness(found)
    boxes.since(found)
    frame.link(QUALITY, "Open data quality")
