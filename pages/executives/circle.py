"""The virtuous circle of one unit: what staff say of kindness, what hinders and helps, with the measured conditions beside it."""

import streamlit as st

from pages.parts import beside, filters, frame, intervals, kindness, ring, states, words

view = filters.view()
unit = view.unit
waves = view.ask("waves", unit=unit["unit"])
chosen = None
if waves:
    months = {f"{wave['wave']:%Y-%m}": wave for wave in waves}
    asked = st.query_params.get("wave")
    with st.container(key="filters_wave"):
        picked = st.selectbox(
            "Wave",
            list(months),
            index=list(months).index(asked) if asked in months else 0,
            format_func=lambda month: words.month(months[month]["wave"]),
            width=260,
            key=f"wave_{unit['unit']}",
        )
    chosen = months[picked]
frame.heading(view, "The virtuous circle", kindness.answer(unit["title"], chosen), kindness.PAGE)

if chosen:
    rows = view.ask("constructs", unit=unit["unit"], wave=chosen["wave"])
    circle, hinders, helps = (
        kindness.of_family(rows, name) for name in (kindness.CIRCLE, kindness.HINDERS, kindness.HELPS)
    )
    kindness.note(chosen)
    drawn, said = st.columns([1.9, 1], gap="large")
    with drawn:
        when = words.month(chosen["wave"])
        st.markdown(
            ring.drawing(circle, unit["title"], when, kindness.told(circle, unit["title"], chosen["wave"])),
            unsafe_allow_html=True,
        )
    with said:
        st.header("In words", anchor=False)
        st.markdown(kindness.thinnest(circle))
        for sentence in kindness.changes(circle):
            st.markdown(sentence)
        st.header("How to read it", anchor=False)
        st.caption(
            "Dot: the unit’s score. Band: the range the true score may lie in (95 %). Small outer tick: the wave before. A dot in "
            "outline: under 30 answers. A change is named only when its range leaves out none and it is at least half a point."
        )
        st.caption(f":material/info: {words.plain(chosen['note'])} {kindness.CREDIT}")
    kindness.table(rows, unit["title"], view.release.id, chosen["wave"])

    left, right = st.columns(2, gap="large")
    tick = "benchmark" if any(row["benchmark"] is not None for row in rows) else "value_before"
    told = "Tick: the organisation, same wave." if tick == "benchmark" else "Tick: the wave before."
    for column, title, which, more in (
        (left, "Freedom from what hinders", hinders, "Higher is freer."),
        (right, "What helps", helps, "Higher is more help."),
    ):
        with column:
            st.header(title, anchor=False)
            st.caption(f"{more} {told} Points of ten.")
            intervals.by_construct(
                which, tick, f"intervals_{title[:4]}", kindness.told(which, unit["title"], chosen["wave"])
            )
            for sentence in kindness.changes(which)[:-1]:
                st.markdown(sentence)
            kindness.measured(view, which)

    st.header("Pressure beside kindness", anchor=False)
    beside.frames(
        unit["title"],
        next((each for each in view.ask("frames", unit=unit["unit"]) if each["wave"] == chosen["wave"]), None),
    )

    history = view.ask("wave_by_wave", unit=unit["unit"])
    if len({row["wave"] for row in history}) > 1:
        st.header("Wave by wave", anchor=False)
        parts = {"The circle": circle, "Freedom from what hinders": hinders, "What helps": helps}
        part = (
            st.segmented_control("Part", list(parts), default="The circle", key="part", label_visibility="collapsed")
            or "The circle"
        )
        st.caption(
            "Dots with their ranges; ◆ up and ▼ down are changes from the wave before that are more than chance."
        )
        with st.grid(columns=4, min_column_width=230):
            for row in parts[part]:
                mine = [each for each in history if each["indicator"] == row["indicator"]]
                if mine:
                    with st.container(gap=None):
                        st.markdown(f"**{words.plain(row['title'])}**")
                        intervals.by_wave(mine, row["title"], f"waves_{row['place']}_{part[:4]}")
else:
    reason = "No wave has closed here with eleven answers or more, or none has been sent. Missing is not zero."
    states.empty("forum", "No survey to show for this unit", reason)

if not unit["above"] or (chosen and all(row["benchmark"] is None for row in rows)):  # it is over all teams
    found = view.ask("leads")
    if found:
        st.header("Over all teams: what goes before what", anchor=False)
        beside.leads(found)

published = view.ask("results", unit=unit["unit"])
if published:
    st.header("What surveys published by others say", anchor=False)
    beside.results(published, unit["title"])
