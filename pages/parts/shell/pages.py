"""The registry of pages: what each is called, where it stands, which filters it uses, and who may open it. One row a page.

A page goes by its `id` everywhere: in its address, in links to it, and in who may open it. Its title is words for readers, and
may change.
"""

from dataclasses import dataclass

FIRST = "team"  # id of the page that the app opens with, which stands at its root


@dataclass(frozen=True)
class Page:
    """One page of the app."""

    id: str  # never changes: links that people have kept lead to it
    path: str  # its script, from the project's root
    title: str
    section: str  # of the menu
    help: str
    filters: tuple[str, ...] = ()  # of filters.LABELS, in the order in which they stand
    open_to: tuple[str, ...] = ()  # of access.ROLES; a page that names none is closed to everybody
    former_titles: tuple[str, ...] = ()  # under which older months of the audit record have it

    @property
    def address(self) -> str:
        """What follows the slash in the browser's address."""
        return "" if self.id == FIRST else self.id


BOARD = ("executive",)
ANALYSTS = ("analyst",)
TEAMS = ("executive", "leader", "staff")  # what a leader sees, their team may see
EVERYBODY = ("executive", "leader", "analyst", "staff")  # a chart or a link on other pages leads there

PAGES = {
    page.id: page
    for page in (
        Page(
            "team", "pages/leaders/team.py", "One unit", "Leaders", "Everything known of one unit.",
            filters=("unit", "month"), open_to=TEAMS,
        ),
        Page(
            "strain", "pages/leaders/strain.py", "Where is the strain?", "Leaders",
            "Which units have changed, and since when.",
            filters=("unit", "month"), open_to=TEAMS,
        ),
        Page(
            "trying", "pages/leaders/trying.py", "What are we trying?", "Leaders",
            "At most three things, and when we look back.",
            filters=("unit",), open_to=TEAMS,
        ),
        Page(
            "review", "pages/executives/review.py", "Monthly review", "Executives",
            "Where concern is new, where it persists and where it has lifted; as a page and as a pack.",
            filters=("unit", "month"), open_to=BOARD,
        ),
        Page(
            "indicator", "pages/executives/indicator.py", "One indicator", "Executives",
            "One indicator, large, and across the units below.",
            filters=("unit", "indicator", "month"), open_to=EVERYBODY,
        ),
        Page(
            "signals", "pages/executives/signals.py", "All signals", "Executives",
            "Every indicator of a unit and of those directly below it.",
            filters=("unit", "month"), open_to=EVERYBODY,
        ),
        Page(
            "circle", "pages/executives/circle.py", "The circle", "Executives",
            "What staff say of kindness, and what hinders and helps.",
            filters=("unit",), open_to=EVERYBODY,
        ),
        Page(
            "quality", "pages/analysts/quality.py", "Data quality", "Analysts",
            "What arrived, what was set aside, and why.",
            open_to=ANALYSTS,
        ),
        Page(
            "asked", "pages/analysts/asked.py", "What readers ask", "Analysts",
            "Numbers that look wrong, events proposed.",
            open_to=ANALYSTS,
        ),
        Page(
            "sources", "pages/analysts/sources.py", "Add a source", "Analysts",
            "From a sample extract to a source of your own.",
            open_to=ANALYSTS,
        ),
        Page(
            "definitions", "pages/analysts/definitions.py", "Definitions", "Analysts",
            "What every number means and comes from.",
            filters=("indicator",), open_to=ANALYSTS,
        ),
        Page(
            "releases", "pages/analysts/releases.py", "Releases", "Analysts",
            "What was published when, what changed, going back.",
            open_to=ANALYSTS,
        ),
    )
}  # fmt: skip


def of(id: str) -> Page:
    """Raises KeyError for an id that no page has."""
    return PAGES[id]


def title_now(title: str) -> str:
    """What the page is called now that was called this; the same where no page was."""
    return next((page.title for page in PAGES.values() if title in page.former_titles), title)
