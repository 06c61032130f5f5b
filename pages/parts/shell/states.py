"""What stands where there is nothing to show: an icon, a bold line, the reason, and the way out."""

import logging

import streamlit as st

from pages.parts.access import access
from pages.parts.drawing import words
from pages.parts.release import warehouse
from pages.parts.shell.pages import Page

CLOSED = (warehouse.UnreadableRelease, access.SignInFirst, access.SignInNeeded, access.BadAccess)
LOOKED = "looked_just_now"


def closed(reason: Exception | None) -> None:
    """What stands in the place of every page, and why."""
    match reason:
        case warehouse.AllWithdrawn():
            all_withdrawn(str(reason))
        case warehouse.UnreadableRelease():
            unreadable(str(reason))
        case access.SignInFirst():
            sign_in()
        case access.SignInNeeded():
            sign_in_needed()
        case access.BadAccess():
            nobody_let_in(str(reason))
        case _:
            no_access()
            sign_out()


def empty(icon: str, line: str, reason: str):
    """A centred box; what the caller writes inside it is the way out."""
    box = st.container(border=True, horizontal_alignment="center", gap="xsmall")
    box.markdown(f":gray[:material/{icon}:]", text_alignment="center")
    box.markdown(f"**{line}**", text_alignment="center")
    if reason:
        box.caption(reason, text_alignment="center")
    return box


def no_release(sources: Page | None) -> None:
    """`sources` is the page on which whoever reads may add the first source; None where they may not."""
    st.title("Nothing to show yet", anchor=False)
    with empty("inventory_2", "No release yet", "Kinship shows what a build has published, and none has been."):
        st.markdown("To see it at work on made-up data:", text_alignment="center")
        st.code("make demo", language=None, width=460)
        st.markdown("With your own extracts, put the files in `workspace/inbox` and build:", text_alignment="center")
        st.code("python -m etl build", language=None, width=460)
        if sources:
            st.page_link(
                sources.path, label="Add a source that Kinship does not know yet", help="", icon=":material/add:"
            )


def unreadable(sentence: str) -> None:
    st.title("The figures cannot be opened", anchor=False)
    with empty("link_off", words.plain(sentence), "Nothing is lost: earlier releases are still there."):
        if whole := warehouse.newest_whole():
            st.markdown(
                f"Whoever looks after the builds can go back to the newest that is whole, {words.plain(whole.id)}, or build again:",
                text_alignment="center",
            )
            st.code(f"python -m etl rollback {whole.id}", language=None, width=460)
        else:
            st.markdown("None is whole. Whoever looks after the builds builds again:", text_alignment="center")
            st.code("python -m etl build", language=None, width=460)
        st.session_state[LOOKED] = True
        _try_again()


def all_withdrawn(sentence: str) -> None:
    st.title("Nothing to show for now", anchor=False)
    with empty("inventory_2", words.plain(sentence), "Nothing that arrived is lost."):
        st.markdown("Whoever looks after the builds makes one:", text_alignment="center")
        st.code("python -m etl build", language=None, width=460)
        _try_again()


@st.fragment(run_every=5)
def _try_again() -> None:
    """Where a disk was away for a moment, the page comes back by itself. Not as it is drawn: where the damage lies deeper than what
    is asked here, it would be drawn again and again."""
    drawn = st.session_state.pop(LOOKED, False)  # in this very run
    try:
        if not drawn:
            warehouse.current_or_none()
    except warehouse.UnreadableRelease:
        drawn = True
    if drawn:
        st.caption("This page looks again every few seconds.", text_alignment="center")
    else:
        st.rerun()


def no_access() -> None:
    st.title("This page is not yours to see", anchor=False)
    empty("lock", "No units are yours yet", "Ask whoever looks after Kinship in your organisation.")


def sign_in() -> None:
    st.title("Sign in to Kinship", anchor=False)
    with empty(
        "login", "Your organisation’s own sign-in", "It opens in this window, and asks again after twelve hours."
    ):
        if st.session_state.pop("silent", False):
            st.markdown(
                ":orange[:material/cloud_off:] Your organisation’s sign-in does not answer just now. Try again in a moment; "
                "who is signed in already can go on.",
                text_alignment="center",
            )
        st.button("Sign in", type="primary", on_click=_to_the_provider)


def _to_the_provider() -> None:
    if access.provider_answers():
        st.login()
    else:
        st.session_state["silent"] = True


def sign_out() -> None:
    st.button("Sign out", on_click=st.logout, type="tertiary", icon=":material/logout:")


def sign_in_needed() -> None:
    st.title("Not open to everybody", anchor=False)
    reason = "This release holds figures of teams, and no sign-in is set up that would tell who may see them."
    with empty("lock", "Sign-in comes first", reason):
        st.markdown("Whoever looks after Kinship finds in the README how to set it up.", text_alignment="center")


def nobody_let_in(sentence: str) -> None:
    """For whoever mends it the reason is in the log: a stranger need not read it."""
    logging.getLogger("kinship").error(sentence)
    st.title("Nobody can be let in at present", anchor=False)
    empty(
        "lock", "The list of who sees what cannot be read", "Whoever looks after Kinship finds the reason in the log."
    )


def gone_wrong(error: Exception) -> None:
    """For an error nobody foresaw: what happened goes to the log, not to the reader."""
    logging.getLogger("kinship").error("A page could not be drawn", exc_info=error)
    reason = "Whoever looks after Kinship finds the reason in the log. The figures themselves are unharmed."
    empty("construction", "This part of the page could not be drawn", reason)


def nobody_foresaw(error: Exception) -> bool:
    """The same, for what is raised where no page of ours catches it: in a callback, or before anything is drawn. Streamlit asks
    it, and shows nothing of its own where it answers yes."""
    gone_wrong(error)
    return True
