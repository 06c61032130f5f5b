"""The frame every page stands in: name, styles, width, heading and footer."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from pages.parts.access import uploads
from pages.parts.drawing import markup, words
from pages.parts.release import warehouse
from pages.parts.shell import pages, states
from pages.parts.shell.filters import View
from pages.parts.shell.pages import Page


def open_page() -> None:
    """The browser's tab, the logo and the few styles that Streamlit's theme cannot say."""
    st.set_page_config(page_title="Kinship", page_icon=str(markup.ASSETS / "kinship.png"), layout="wide")
    st.logo(str(markup.ASSETS / "kinship.svg"))


def navigation(rows: list[Page], shown: bool) -> tuple[Page, st.Page]:
    """The menu of these pages, and which of them is asked for: its row and its script."""
    scripts = {
        page.id: st.Page(page.path, title=page.title, help=page.help, url_path=page.id, default=page.id == pages.FIRST)
        for page in rows
    }
    sections: dict[str, list[st.Page]] = {}
    for page in rows:
        sections.setdefault(page.section, []).append(scripts[page.id])
    chosen = st.navigation(sections, position="top" if shown else "hidden")
    return next((page, chosen) for page in rows if scripts[page.id] is chosen)


@contextmanager
def body() -> Iterator[None]:
    """1,120 px in the middle of the window; what it draws says what may be uploaded, and what nobody foresaw is a sentence."""
    markup.begin()
    with uploads.watched(), st.container(horizontal_alignment="center", key="frame").container(width=1120, key="page"):
        try:
            yield
        except Exception as error:
            gone_wrong(error)
            purpose()


def heading(view: View, title: str, sentence: str, here: Page | None = None) -> None:
    """The way down to the unit (links to the page `here`), the title, and the answer in markdown."""
    path = ""
    if here and view.unit["above"]:
        names = [
            markup.link(here, unit["title"], view.address(unit=unit["unit"]))
            if unit["unit"] in view.units
            else f"<span>{markup.text(unit['title'])}</span>"
            for unit in view.unit["above"]
        ]
        path = f'<nav aria-label="The units above">{"".join(names)}</nav>'
    with view.heading:
        markup.show("title", path, markup.heading(title, 1), markup.prose(sentence))


def plain_heading(title: str, sentence: str) -> None:
    """The title and the answer of a page that is about no unit; it needs no release."""
    view = st.session_state.get("view")
    with view.heading if view else st.container(gap=None):
        markup.show("title", markup.heading(title, 1), markup.prose(sentence))


def link(page: Page, label: str, address: dict[str, str] | None = None) -> None:
    """The way to another page, where it is one of the reader's: Streamlit draws no other, and breaks off."""
    with suppress(StreamlitPageNotFoundError):
        st.page_link(
            page.path,
            label=label,
            help="",
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params=address,
        )


def run(page: st.Page) -> None:
    """Draw the page; an error nobody foresaw leaves the rest standing."""
    try:
        page.run()
    except Exception as error:
        gone_wrong(error)


def gone_wrong(error: Exception) -> None:
    """In the place of what could not be drawn: a release that turned out damaged says so, anything else is in the log."""
    if isinstance(error, warehouse.UnreadableRelease):
        states.unreadable(str(error))
    else:
        states.gone_wrong(error)


def purpose() -> None:
    """What it must not be used for, on a page that shows no figures."""
    markup.show("footer", markup.quiet(words.PURPOSE))


def footer(synthetic: bool, reader: str | None = None) -> None:
    made_up = " Demonstration on made-up data." if synthetic else ""
    seen = f"Signed in as {reader}." if reader else "No sign-in is set up: every reader sees every unit."
    markup.show("footer", markup.quiet(f"{words.PURPOSE}{made_up} {seen}"))
    if reader:
        states.sign_out()
