"""Add a source: a sample in, a contract proposed and tried, a folder out."""

import streamlit as st

from pages.parts.shell import frame, pages
from pages.parts.sources import sample_result, wizard

here = wizard.held()
told = here.pop("saved", None)
if told or (here["step"] > 0 and "proposal" not in here):
    wizard.go(0)

frame.plain_heading(
    pages.of("sources").title, "**An extract that Kinship does not know yet becomes one it does**, without a developer."
)
wizard.steps(here["step"])
if told:
    wizard.saved(told)

with st.container(key="step"):
    if here["step"] == 0:
        wizard.sample()
    elif here["step"] == 1:
        wizard.columns()
    elif here["step"] == 2:
        if came := wizard.attempt():
            sample_result.shown(came)
            wizard.onward()
    else:
        wizard.save()
