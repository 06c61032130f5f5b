"""What the monthly review draws: boxes of places, rows of pressures, and kindness beside them."""

import streamlit as st

from pages.parts import cards, frame, intervals, marks, review, words
from pages.parts import kindness as survey


def box(found: review.Review, standing: str) -> None:
    """New, persisting or lifted: what that means, and where it is so."""
    title, meaning = review.STANDING[standing]
    with st.container(border=True, height="stretch", gap="small", key=f"card_{standing}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"sign_{standing}"):
            st.header(title, anchor=False, width="content")
            st.image(marks.standing_strip(standing), width=52, alt="Four months in small")
        st.caption(meaning)
        places(found, standing)


def places(found: review.Review, standing: str) -> None:
    """The places of one box, each opening its page; and how many more there are."""
    listed = found.places[standing]
    if not listed:
        st.markdown("None.")
    for place in listed[: review.MOST]:
        with st.container(gap=None, key=f"place_{place.unit['unit']}"):
            name = words.plain(review.name_of(found, place.unit))
            there = found.view.address(unit=place.unit["unit"])
            st.page_link(cards.UNIT, label=f"**{name}**", help="", query_params=there)
            st.caption(words.plain(review.of_place(found, place)))
            for row in place.telling:
                st.caption(words.plain(review.of_number(found, row)))
            if place.rows and standing == "new":
                st.caption(words.plain(review.helping(found.about(place.rows[0]))))
    if len(listed) > review.MOST:
        st.caption(f"And {len(listed) - review.MOST} more.")


def pressures(found: review.Review, owner: str) -> None:
    """The unit's own numbers whose lever somebody holds: sign, name and lever, latest, twelve months."""
    rows = found.pressures[owner]
    if not rows:
        st.markdown("None of the numbers collected here.")
    with st.container(key=f"below_{owner}"):
        for row in rows:
            about = found.about(row)
            with st.container(horizontal=True, wrap=False, gap="small", key=f"sign_{row['indicator']}"):
                cards.icon(row, 28)
                with st.container(width="stretch"):
                    name, latest, strip = st.columns([3.4, 2.2, 2.6], vertical_alignment="center")
                    with name.container(gap=None):
                        there = found.view.address(indicator=row["indicator"])
                        st.page_link(cards.LARGE, label=words.plain(about["title"]), help="", query_params=there)
                        if about["lever_is"]:
                            st.caption(words.plain(words.sentence(about["lever_is"])))
                    latest.markdown(words.plain(review.latest(found, row)))
                    with strip:
                        st.image(
                            marks.strip(row["points"]), width=150,
                            alt=f"{about['title']}, the last twelve months: {words.reading(row, found.view.unit['level'])}",
                        )  # fmt: skip


def kindness(found: review.Review) -> None:
    """The nodes of the circle as ranges, and in words where pressure and kindness read together."""
    first, *rest = review.of_kindness(found)
    if found.wave:
        said = survey.told(found.kindness, found.view.unit["title"], found.wave["wave"])
        intervals.by_construct(found.kindness, "benchmark", "kindness", said)
    st.caption(words.plain(first))
    for told in rest:
        st.markdown(f"- {words.plain(told)}")
    if found.wave:
        frame.link(survey.PAGE, "Open the circle", found.view.address(unit=found.view.unit["unit"]))
