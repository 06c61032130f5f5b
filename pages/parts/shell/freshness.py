"""How fresh the figures are: one line on every page."""

import datetime as dt
import zoneinfo

import streamlit as st

from pages.parts.access.access import Viewer
from pages.parts.drawing import words
from pages.parts.release import warehouse

SETTLED = (
    "A month is settled once its data is complete: when every source behind a figure has had the time that "
    "its owner says it needs. Only settled months are judged or compared. Later ones are drawn hollow."
)


def show(release: warehouse.Release, viewer: Viewer) -> bool:
    """Draw the line; say whether the release was made from synthetic data."""
    rows = warehouse.ask(release, "release", viewer.roots)
    if not rows:
        return False
    now = rows[0]
    settled = f"Settled to {words.day(now['settled_to'])}" if now["settled_to"] else "Nothing settled yet"
    sources = [f"{words.plain(s['title'])} to {words.day(s['settled_to'])}" for s in now["sources"]]
    if len(sources) > 3:
        sources = [f"{words.count(len(sources)).lower()} sources"]
    told = " · ".join(
        (
            *sources,
            f"built {words.moment(now['built_at'], clock())}",
            f"release {words.plain(now['release'])}",
        )
    )
    made_up = ":material/science: **Made-up data** · " if now["synthetic"] else ""
    st.caption(f"{made_up}:material/event_available: **{settled}** · {told}", help=SETTLED)
    return now["synthetic"]


def clock() -> dt.tzinfo:
    """The reader's time zone, or UTC where the browser does not tell or this machine does not know it."""
    try:
        return zoneinfo.ZoneInfo(st.context.timezone or "")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return dt.UTC
