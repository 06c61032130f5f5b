"""What is only read: many words and numbers in one piece of HTML, which a browser draws at once.

An element of Streamlit's own for each would keep a reader waiting several times as long. Whatever comes from data goes
through `text`, and Streamlit lets nothing through that could run. Links lead to pages of this app, and assets/links.js opens
them as Streamlit's own links do; without it the browser opens them by itself.
"""

import base64
import html
import re
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode

import streamlit as st
from markdown_it import MarkdownIt

from pages.parts.drawing import words

ASSETS = Path(__file__).parents[1] / "assets"
STYLES, LINKS = ASSETS / "kinship.css", ASSETS / "links.js"
PROSE = MarkdownIt("zero").enable(["emphasis", "escape", "newline", "entity", "list"])


def text(said: object) -> str:
    """Words from data: they read as they were written and can be nothing but words."""
    return html.escape(re.sub(rf"[^\S{words.NBSP}]+", " ", str(said)).strip())


class Page(Protocol):
    """What a link needs of a page's row in the registry (pages.parts.shell.pages)."""

    @property
    def address(self) -> str: ...


def link(page: Page, said: str, address: dict[str, str], of: str = "") -> str:
    """A link to `page` with the filters of `address`; `said` is plain words, and `of` what they are about, for those
    who hear links out of their place."""
    where = f"./{page.address}?{urlencode(address)}"
    heard = f' aria-label="{text(f"{said} {of}")}"' if of else ""
    return f'<a href="{text(where)}"{heard}>{text(said)}</a>'


def picture(svg: str, said: str) -> str:
    """A drawing of `marks`, and what it says for those who do not see it."""
    return f'<img alt="{text(said)}" src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}">'


def prose(*said: str) -> str:
    """Paragraphs and lists of our own markdown in HTML, in which what comes from data has gone through `words.plain`."""
    return PROSE.render("\n\n".join(filter(None, said)))


def heading(said: str, level: int = 2) -> str:
    return f"<h{level}>{text(said)}</h{level}>"


def quiet(said: str) -> str:
    """A line of small grey words; none where there is nothing to say."""
    return f'<p class="quiet">{text(said)}</p>' if said else ""


def unseen(said: str) -> str:
    """Words for those who do not see what they stand beside."""
    return f'<p class="unseen">{text(said)}</p>'


def columns(under: str, *of: dict[str, str]) -> None:
    """Draws columns of names and what is said of each, under a heading."""
    show(
        "columns",
        *(
            f"<dl>{''.join(f'<dt>{text(name)}</dt><dd>{text(said)}</dd>' for name, said in each.items())}</dl>"
            for each in of
        ),
        under=under,
    )


def more(summary: str, inside: str) -> str:
    """Words that open under others."""
    return f"<details><summary>{text(summary)}</summary>{inside}</details>"


def show(kind: str, *parts: str, under: str = "", level: int = 2) -> None:
    """Draws the parts as one, with the heading they stand `under`; `kind` is its class in kinship.css."""
    st.html(f'{heading(under, level) if under else ""}<div class="{kind}">{"".join(parts)}</div>')


def begin() -> None:
    """The few styles that Streamlit's theme cannot say, and what lets links open without loading the app anew."""
    styles, links = (each.read_text(encoding="utf-8") for each in (STYLES, LINKS))
    st.html(f"<style>{styles}</style><script>{links}</script>", unsafe_allow_javascript=True)
