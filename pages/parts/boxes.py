"""What the monthly review draws: boxes of places, rows of pressures, and kindness beside them."""

from typing import Any

import altair as alt
import streamlit as st

from pages.parts import cards, marks, review, words

ROW = 36  # px of a node of the circle


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
            for row in place.rows[:2]:
                st.caption(words.plain(review.of_number(found, row)))
            if place.rows and standing != "lifted":
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


def kindness(found: review.Review) -> tuple[dict[str, Any], str]:
    """The nodes of the circle, 0 to 10, each with its range; and the same in words."""
    rows = [
        {
            "node": found.about(row)["title"], "score": point["value"], "low": point.get("low"), "high": point.get("high"),
        }
        for row in found.kindness
        if row["shown"] == "yes"
        for point in row["points"][-1:]
    ]  # fmt: skip
    y = alt.Y(
        "node:N",
        title=None,
        sort=None,
        axis=alt.Axis(domain=False, ticks=False, labelColor="currentColor", labelLimit=200),
    )
    x = alt.X(
        "score:Q",
        title=None,
        scale=alt.Scale(domain=[0, 10]),
        axis=alt.Axis(values=[0, 5, 10], domain=False, ticks=False, labelColor="currentColor"),
    )
    base = alt.Chart(alt.InlineData(values=rows)).encode(y=y)
    band = base.mark_rule(color=marks.PLUM, strokeWidth=9, strokeCap="round", opacity=0.5).encode(
        x="low:Q", x2="high:Q"
    )
    dot = base.mark_point(color=marks.PLUM, filled=True, size=110, opacity=1).encode(x=x)
    drawn = [band] if all(row["low"] is not None for row in rows) else []
    chart = alt.layer(*drawn, dot).properties(height=ROW * max(len(rows), 1)).configure_view(stroke=None)
    said = "; ".join(f"{row['node']} {words.figure(row['score'], 1)} of 10" for row in rows)
    with alt.data_transformers.enable(consolidate_datasets=False):
        return chart.to_dict(), said or "Nothing that may be shown"
