"""What stands where there is nothing to show: an icon, a bold line, the reason, and the way out."""

import logging

import streamlit as st

from pages.parts import words


def empty(icon: str, line: str, reason: str):
    """A centred box; what the caller writes inside it is the way out."""
    box = st.container(border=True, horizontal_alignment="center", gap="xsmall")
    box.markdown(f":gray[:material/{icon}:]", text_alignment="center")
    box.markdown(f"**{line}**", text_alignment="center")
    if reason:
        box.caption(reason, text_alignment="center")
    return box


def no_release() -> None:
    st.title("Nothing to show yet", anchor=False)
    with empty("inventory_2", "No release yet", "Kinship shows what a build has published, and none has been."):
        st.markdown("To see it at work on made-up data:", text_alignment="center")
        st.code("make demo", language=None, width=460)
        st.markdown("With your own extracts, put the files in `workspace/inbox` and build:", text_alignment="center")
        st.code("python -m etl build", language=None, width=460)


def unreadable(sentence: str) -> None:
    st.title("The figures cannot be opened", anchor=False)
    with empty("link_off", words.plain(sentence), "Nothing is lost: earlier releases are still there."):
        st.markdown("Whoever looks after the builds can go back to the one before:", text_alignment="center")
        st.code("python -m etl rollback", language=None, width=460)


def no_access() -> None:
    st.title("This page is not yours to see", anchor=False)
    empty("lock", "No units are yours yet", "Ask whoever looks after Kinship in your organisation.")


def gone_wrong() -> None:
    """For an error nobody foresaw: what happened goes to the log, not to the reader."""
    logging.getLogger("kinship").exception("A page could not be drawn")
    reason = "Whoever looks after Kinship finds the reason in the log. The figures themselves are unharmed."
    empty("construction", "This part of the page could not be drawn", reason)
