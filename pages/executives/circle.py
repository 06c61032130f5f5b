"""The virtuous circle of one unit: what staff say of kindness, what hinders and helps, with the measured conditions beside it."""

import streamlit as st

from pages.parts.kindness import circle, frames, kindness
from pages.parts.shell import filters, frame, states

view = filters.view()
unit = view.unit
wave = circle.wave_of(view)
frame.heading(view, "The virtuous circle", kindness.answer(unit["title"], wave), kindness.PAGE)

rows = view.ask("constructs", unit=unit["unit"], wave=wave["wave"]) if wave else []
if wave:
    circle.drawn(view, wave, rows)
    circle.conditions(view, wave, rows)
    frames.frames(unit["title"], frames.frame_of(view, wave), "Pressure beside kindness")
    circle.by_wave(view, rows)
else:
    reason = "No wave has closed here with eleven answers or more, or none has been sent. Missing is not zero."
    states.empty("forum", "No survey to show for this unit", reason)

leads = view.ask("leads")
if leads and (not unit["above"] or (wave and all(row["benchmark"] is None for row in rows))):  # it is over all teams
    st.header("Over all teams: what goes before what", anchor=False)
    frames.leads(leads)

published = view.ask("results", unit=unit["unit"])
if published:
    st.header("What surveys published by others say", anchor=False)
    frames.results(published, unit["title"])
