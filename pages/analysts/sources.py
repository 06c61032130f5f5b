"""Add a source: a sample in, a contract proposed and tried, a folder out."""

import streamlit as st

from pages.parts import frame, newsource, trial

here = newsource.held()
told = here.pop("saved", None)
if told or (here["step"] > 0 and "proposal" not in here):
    newsource.go(0)

frame.plain_heading(
    "Add a source", "**An extract that Kinship does not know yet becomes one it does**, without a developer."
)
newsource.steps(here["step"])
if told:
    newsource.saved(told)

with st.container(key="step"):
    if here["step"] == 0:
        newsource.sample()
    elif here["step"] == 1:
        newsource.columns()
    elif here["step"] == 2:
        if came := newsource.attempt():
            trial.shown(came)
            newsource.onward()
    else:
        newsource.save()
