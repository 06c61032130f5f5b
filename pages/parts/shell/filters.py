"""The filters: at most three, kept in the address bar, following the reader from page to page.

Streamlit's own binding (`bind="query-params"`) writes an option's *label* into the address: a renamed ward
would break every link to it, and a link that no longer fits is dropped without a word. So the address holds
ids, and they are kept in step here.
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import streamlit as st

from pages.parts.access import access
from pages.parts.access.access import Viewer
from pages.parts.drawing import markup, words
from pages.parts.release import warehouse
from pages.parts.shell.pages import Page

NEWEST = "newest"
OF = "of"  # in the address of a chart opened from a table: the unit whose table it was
LABELS = {"unit": "Unit", "indicator": "Indicator", "month": "Month"}
WIDTHS = {"unit": 420, "indicator": 204, "month": 204}  # px


@dataclass(frozen=True)
class View:
    """What a page is to show, and to whom. `month` is None for each indicator's own newest settled month."""

    release: warehouse.Release
    viewer: Viewer
    units: dict[str, dict[str, Any]]
    indicators: dict[str, dict[str, Any]]
    unit: dict[str, Any]
    indicator: dict[str, Any]
    month: dt.date | None
    heading: Any

    def ask(self, question: str, **params: Any) -> list[dict[str, Any]]:
        return warehouse.ask(self.release, question, self.viewer.roots, **params)

    def of(self, unit: str, indicator: str) -> "View":
        """The same view of another unit and indicator."""
        return replace(self, unit=self.units[unit], indicator=self.indicators[indicator])

    @cached_property
    def may_ask(self) -> bool:
        """Whether the reader may ask about the view's unit: found once for all its cards, and again when something is written."""
        return access.role_to("ask", self.unit["unit"]) is not None

    @cached_property
    def whole(self) -> bool:
        """Whether every unit is the reader's."""
        theirs, every = self.viewer.roots, warehouse.top_units(self.release)
        return set(warehouse.scope(self.release, theirs)) == set(warehouse.scope(self.release, every))

    @property
    def front(self) -> list[str]:
        """The indicators that a unit's page opens with; all of them where none is marked."""
        marked = [key for key, row in self.indicators.items() if row["front"]]
        return marked or list(self.indicators)

    def address(self, unit: str | None = None, indicator: str | None = None) -> dict[str, str]:
        """The address of this view with another unit or indicator, in full, so that it means one thing."""
        there = {"unit": unit or self.unit["unit"], "indicator": indicator or self.indicator["indicator"]}
        return there | ({"month": f"{self.month:%Y-%m}"} if self.month else {})

    @cached_property
    def profile(self) -> str:
        """Whose rules the release was judged by."""
        return self.ask("release")[0]["profile"]

    def now(self) -> dt.date | None:
        """The month the chosen indicator is shown at."""
        return self.month or (self.indicator["settled_to"] and self.indicator["settled_to"].replace(day=1))


def show(page: Page, release: warehouse.Release, viewer: Viewer, heading: Any) -> View | None:
    """Draw the filters that this page uses and say what they choose; None if the viewer may see nothing."""
    units = {row["unit"]: row for row in warehouse.ask(release, "units", viewer.roots)}
    indicators = {row["indicator"]: row for row in warehouse.ask(release, "indicators", viewer.roots)}
    months = {f"{row['month']:%Y-%m}": row["month"] for row in warehouse.ask(release, "months", viewer.roots)}
    if not units or not indicators:
        return None
    view = View(
        release, viewer, units, indicators, next(iter(units.values())), next(iter(indicators.values())), None, heading
    )
    first, every = usual(view), unit_labels(units)
    labels = {
        "unit": {first: every[first]} | every,
        "indicator": {key: row["title"] for key, row in indicators.items()},
        "month": {NEWEST: "Newest settled"} | {key: words.month(month) for key, month in months.items()},
    }
    moved = st.session_state.get("page") != page.id
    st.session_state["page"] = page.id
    unknown = [key for key in page.filters if not _settle(key, labels[key], page.filters, moved)]
    if page.filters:
        _draw(page, labels, unknown)
    chosen = {key: _chosen(key, labels[key]) for key in LABELS}
    view = replace(
        view,
        unit=units[chosen["unit"]],
        indicator=indicators[chosen["indicator"]],
        month=months.get(chosen["month"]),
    )
    st.session_state["view"] = view
    return view


def usual(view: View) -> str:
    """The unit that is shown unless another is asked for: the one of which most headline indicators are shown, of several the
    first in the order of the structure, which is the highest. A nation of which only published figures are known is not
    what a leader or a board looks for."""
    over = {above["unit"] for unit in view.units.values() for above in unit["above"]}
    of = [unit for unit in view.units if unit in over] or list(view.units)
    return _fullest(view.release, view.viewer.roots, tuple(view.front), tuple(of))


@lru_cache(maxsize=500)
def _fullest(release: warehouse.Release, roots: tuple[str, ...], front: tuple[str, ...], of: tuple[str, ...]) -> str:
    """The unit of which most headline indicators are shown; it is asked at every run, and the answer is all that is kept."""
    rows = warehouse.ask(release, "now", roots, indicators=list(front), of=list(of), month=None)
    shown = Counter(row["unit"] for row in rows if row["shown"] == "yes")
    return max(of, key=lambda unit: shown[unit])  # max keeps the first


def view() -> View:
    """The view that app.py settled on in this run."""
    return st.session_state["view"]


def unit_labels(units: dict[str, dict[str, Any]]) -> dict[str, str]:
    """A name for each unit that tells those of one title apart: by the unit above and, if need be, by id."""
    labels = {
        key: row["title"]
        if row["together"]
        else f"{row['title']} · {row['level']}{' in ' + row['above'][-1]['title'] if row['above'] else ''}"
        for key, row in units.items()
    }
    seen = Counter(labels.values())
    return {key: f"{label} ({key})" if seen[label] > 1 else label for key, label in labels.items()}


def _settle(key: str, labels: dict[str, str], uses: tuple[str, ...], moved: bool) -> bool:
    """Make the widget agree with the address. False if the address asks for something that is not there."""
    asked = st.query_params.get(key)
    if key == "unit" and "indicator" not in uses:
        # Streamlit writes the address of a page that a script opens into the history of the page it leaves, too: the
        # way back from a chart is to the table it was opened from, not to that of the chart's unit.
        asked = st.query_params.get(OF, asked)
    if asked is None and moved:  # the reader came by the menu, which clears the address
        asked = st.session_state.get(f"last_{key}", next(iter(labels)))
        asked = None if asked == next(iter(labels)) else asked
    if asked in labels and asked == st.query_params.get(key, asked):
        st.query_params[key] = asked  # a link to the very page it stands on leaves the address behind
    known = asked is None or asked in labels
    chosen = asked if asked in labels else next(iter(labels))
    st.session_state[f"filter_{key}"] = st.session_state[f"last_{key}"] = chosen
    return known


def _chosen(key: str, labels: dict[str, str]) -> str:
    last = st.session_state.get(f"last_{key}")
    return last if last in labels else next(iter(labels))


def _draw(page: Page, labels: dict[str, dict[str, str]], unknown: list[str]) -> None:
    with st.container(key="filters", gap="xsmall"):
        with st.container(horizontal=True, gap="small"):
            for key in page.filters:
                st.selectbox(
                    LABELS[key], list(labels[key]), format_func=labels[key].get, key=f"filter_{key}",
                    on_change=_write, args=(key, next(iter(labels[key]))), filter_mode="contains", width=WIDTHS[key],
                )  # fmt: skip
        for key in unknown:
            default = words.plain(next(iter(labels[key].values())))
            st.caption(
                f":material/info: The address asks for {'an' if key == 'indicator' else 'a'} {key} "
                f"that is not here for you. Shown instead: {default}."
            )
        changed = [key for key in page.filters if _chosen(key, labels[key]) != next(iter(labels[key]))]
        if changed:
            told = " · ".join(labels[key][_chosen(key, labels[key])].partition(" · ")[0] for key in changed)
            reset = markup.link(page, "Reset", {}, "to the usual view")
            markup.show("quiet unusual", f"<p>{markup.text(f'Not the usual view: {told}')} · {reset}</p>")


def _write(key: str, default: str) -> None:
    chosen = st.session_state[f"filter_{key}"]
    st.session_state[f"last_{key}"] = chosen
    st.query_params.pop(OF, None)
    if chosen == default:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = chosen
