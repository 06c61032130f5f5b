"""Strain and easing in words: of one unit, of the units under it in the order of the structure, and of all teams together.

Never a number, never a rank. The words of a unit that eases are as long as those of one under strain.
"""

import itertools
from collections import Counter
from typing import Any

import streamlit as st

from pages.parts.drawing import icons, markup, readings, vocabulary, words
from pages.parts.indicator import cards
from pages.parts.shell import pages, states
from pages.parts.shell.filters import View

PAGE = pages.of("strain")
A_PAGE = 30  # units in the list, before it is cut into pages
FEW = 3  # reasons beside a unit in the list; its own page has them all
CHANGED = (*vocabulary.STRAINED, *vocabulary.EASED)
TOLD = {
    vocabulary.STRAINED: ("shows strain", "show strain"),
    vocabulary.EASED: ("is easing", "are easing"),
    ("steady",): ("is steady", "are steady"),
    ("not_clear",): ("is not clear", "are not clear"),
}


def sign(row: dict[str, Any]) -> str:
    """The sign of a verdict, in HTML."""
    said = vocabulary.STRAIN.get(row["verdict"], ("Nothing to say yet",))[0]
    return markup.picture(icons.strain(row["verdict"]), said)


def tree(view: View) -> list[dict[str, Any]]:
    """The chosen unit and all under it, with what is said of each; none where nothing is said of any."""
    return view.ask("strain", unit=view.unit["unit"], month=view.month)


def section(view: View) -> None:
    """On the page of one unit: the verdict, since when, and the signals that make it so, each opening its chart."""
    row = next(iter(tree(view)), None)
    if row is None:
        return
    reason = vocabulary.STRAIN[row["verdict"]][1] if row["verdict"] else readings.why_no_strain(row)
    told = ""
    if row["verdict"] in CHANGED:
        told = markup.quiet(
            f"As judged in {words.month(row['judged_in'])}. It says that conditions have changed, not why. What has changed "
            "most is always named; the others where they have changed clearly by themselves."
        )
    beside = markup.link(PAGE, PAGE.title, view.address(unit=_over(view)))
    markup.show(
        "rows strain",
        f"<ul><li>{sign(row)}<div><p><strong>{markup.text(readings.strain(row))}.</strong> {markup.text(reason)}.</p>"
        f"{reasons(view, row, len(row['because']))}{told}<p>{beside}</p></div></li></ul>",
        under="Strain and easing",
    )


def _over(view: View) -> str:
    """The unit whose list shows this one beside its neighbours."""
    above = [unit["unit"] for unit in view.unit["above"] if unit["unit"] in view.units]
    return above[-1] if above and view.unit["level"] == "team" else view.unit["unit"]


def reasons(view: View, row: dict[str, Any], most: int) -> str:
    """Links to the charts of the indicators that make it so, in HTML, in the order in which leaders read them."""
    named = [key for key in view.indicators if key in row["because"]]
    links = [
        markup.link(cards.LARGE, view.indicators[key]["title"], view.address(unit=row["unit"], indicator=key))
        for key in named[:most]
    ]
    more = f" and {words.many(len(named) - most, 'more', 'more')}" if len(named) > most else ""
    return f"<p>{' · '.join(links)}{more}</p>" if links else ""


def standing(view: View, rows: list[dict[str, Any]]) -> str:
    """How many of the units under the chosen one are under strain, easing, steady or not clear."""
    if not any(row["verdict"] for row in rows):
        return "**Nothing can be said yet.** It takes about ten settled months of numbers that may be shown."
    below = rows[1:] or rows
    counts = Counter(row["verdict"] for row in below)
    told = [
        f"{words.count(many).lower()} {one if many == 1 else more}"
        for verdicts, (one, more) in TOLD.items()
        for many in [sum(counts[verdict] for verdict in verdicts)]
        if many
    ]
    silent = counts[None]
    told += [f"of {words.count(silent).lower()} nothing can be said yet"] if silent else []
    where = f"under {words.plain(view.unit['title'])}" if rows[1:] else "here"
    return f"Of {words.many(len(below), 'unit')} {where}, **{words.listed(told)}**. {words.month(rows[0]['month'])}."


def shared(view: View) -> None:
    """What all teams did together: shown by itself, for it is nobody's own strain."""
    rows = view.ask("shared", month=view.month)
    moved = [row for row in rows if row["moved"] != "no" and row["indicator"] in view.indicators]
    if not rows:
        told = "Too early to say: it takes more than two years of settled months to know the season."
    elif not moved:
        told = "Beyond season, nothing has moved across all teams together."
    else:
        told = "Beyond season, these have moved across all teams together. It is no team’s own, and is taken out below."
    listed = f"<ul>{''.join(_shared(view, row) for row in moved)}</ul>" if moved else ""
    markup.show("rows", markup.prose(told), listed, under="What all teams share")


def _shared(view: View, row: dict[str, Any]) -> str:
    about = view.indicators[row["indicator"]]
    worse = (row["moved"] == "down") == (about["better"] == "higher")
    verdict = "concern" if worse else "improvement"
    sign = markup.picture(icons.variation(verdict, row["moved"]), readings.sign({**row, "verdict": verdict}))
    name = markup.link(cards.LARGE, about["title"], view.address(indicator=row["indicator"]))
    side = "Higher" if row["moved"] == "up" else "Lower"
    told = markup.quiet(f"{side} than season and the year before explain, {words.month(row['month'])}.")
    return f"<li>{sign}<div>{name}{told}</div></li>"


def listed(view: View, rows: list[dict[str, Any]]) -> None:
    """The units under the chosen one, in the order of the structure, under the unit they stand below."""
    titles = {row["unit"]: row["title"] for row in rows}
    below = rows[1:] or rows
    changed = [row for row in below if row["verdict"] in CHANGED]
    st.header("Unit by unit", anchor=False)
    if len(below) > len(changed) and st.toggle(
        "Only units that show strain or are easing", key="changed", bind="query-params"
    ):
        below = changed
    if not below:
        states.empty(
            "horizontal_rule", "No strain and no easing has been found", "Steady is not proof that all is well."
        )
        return
    for parent, members in itertools.groupby(
        cards.paged(grouped(below), f"strain_{view.unit['unit']}", A_PAGE), parent_of
    ):
        over = markup.heading(titles[parent], 3) if parent in titles and rows[1:] else ""
        markup.show("rows", over, "<ul>", *(line(view, row) for row in members), "</ul>")


def parent_of(row: dict[str, Any]) -> str | None:
    return row["parent"]


def grouped(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that stand under one unit together, in the order in which the structure comes to them."""
    order = {parent: place for place, parent in enumerate(dict.fromkeys(map(parent_of, rows)))}
    return sorted(rows, key=lambda row: order[row["parent"]])


def line(view: View, row: dict[str, Any]) -> str:
    """One unit in HTML: its sign, its name, the verdict, and the first of its reasons."""
    name = markup.link(cards.UNIT, row["title"], view.address(unit=row["unit"]))
    if row["verdict"] in CHANGED:
        said = f"<p><strong>{markup.text(readings.strain(row))}</strong></p>{reasons(view, row, FEW)}"
    else:
        why = "" if row["verdict"] else f". {readings.why_no_strain(row)}."
        said = markup.quiet(f"{readings.strain(row)}{why}")
    return f"<li>{sign(row)}<div>{name}</div><div class='wide'>{said}</div></li>"
