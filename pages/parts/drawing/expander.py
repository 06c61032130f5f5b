"""A box that is drawn once it is opened: what few readers look for need not keep the others waiting."""

from typing import Any

import streamlit as st


def box(label: str, icon: str, key: str) -> Any:
    """A closed box, `open` as soon as a reader has opened it; its inside is drawn only then."""
    return st.expander(label, icon=f":material/{icon}:", on_change="rerun", key=key)
