"""One number on a card or in a row: its value, its sign, three years in small, and the reading in words."""

import datetime as dt
import math
from typing import Any

import streamlit as st

from pages.parts.drawing import expander, icons, markup, readings, vocabulary, words
from pages.parts.indicator import questions
from pages.parts.shell import pages, states
from pages.parts.shell.filters import View

LARGE = pages.of("indicator")
UNIT = pages.of("team")
NOT_ONE = f"For none of these units. {words.PROTECTED}"
A_PAGE = 15  # units in a list, before it is cut into pages
GROUPS = {
    "What is holding up": ("improvement",),
    "Where there is change worth a conversation": vocabulary.WORTH_A_CONVERSATION,
    "Within the usual range": ("common_cause",),
    "Shown, not judged": ("not_judged",),
    "No number here": ("absent",),
}


def standing(row: dict[str, Any]) -> str:
    """Where a number stands: its verdict, `not_judged` if none holds, `absent` if it is not shown."""
    if row["shown"] != "yes":
        return "absent"
    return row["verdict"] if row["settled"] else "not_judged"


def newest(rows: list[dict[str, Any]]) -> dt.date | None:
    return max((row["month"] for row in rows if row["month"]), default=None)


def decimals(row: dict[str, Any]) -> int:
    return words.places([row["value"], *(p["value"] for p in row["points"])])


def judged(row: dict[str, Any]) -> dict[str, Any]:
    """The row with the verdict that its sign shows: what is not shown or not settled is not judged."""
    return row if row["shown"] == "yes" and row["settled"] else {**row, "verdict": "not_judged"}


def icon(row: dict[str, Any], width: int = 26) -> None:
    shown = judged(row)
    st.image(icons.variation(shown["verdict"], shown["moved"]), width=width, alt=readings.sign(shown))


def sign(row: dict[str, Any]) -> str:
    """The sign of a number, in HTML."""
    shown = judged(row)
    return markup.picture(icons.variation(shown["verdict"], shown["moved"]), readings.sign(shown))


def small_chart(row: dict[str, Any], title: str, unit: str) -> str:
    """Three years in small, in HTML; nothing where no month is shown."""
    drawn = [p["value"] for p in row["points"] if p["value"] is not None]
    if not drawn:
        return ""
    low, high = (words.figure(of(drawn), decimals(row)) for of in (min, max))
    first, last = (words.month(row["points"][i]["month"]) for i in (0, -1))
    top = words.quantity(max(drawn), unit, decimals(row))
    said = f"{title}, {first} to {last}: between {low} and {top}" if high != low else f"{title}: {high} throughout"
    return f'<div class="spark">{markup.picture(icons.spark(row["points"]), said)}</div>'


def aside(row: dict[str, Any], unit: str, level: str) -> str:
    """The line under a number: the reading, and what it is measured against."""
    average = f"; own average {words.quantity(row['mean'], unit, decimals(row))}" if row["mean"] is not None else ""
    return f"{readings.reading(row, level)}{average if row['settled'] else ''}."


def instead(view: View, row: dict[str, Any], others: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Where a number is protected, the nearest that can be shown: that of the small units together, or of the unit above.
    `others` are the same indicator's rows of those, nearest first."""
    if row["shown"] != "protected":
        return None
    return next((other for other in others if other["shown"] == "yes" and other["unit"] in view.units), None)


def all_of(
    view: View, rows: list[dict[str, Any]], others: dict[str, list[dict[str, Any]]], under: str, level: int = 2
) -> None:
    """A card for each number of the chosen unit, under a heading; `others` are the rows of each that may stand for it
    (`instead`)."""
    asked = questions.links(view, rows)
    told = (card(view, row, others.get(row["indicator"], []), ask) for row, ask in zip(rows, asked, strict=True))
    markup.show("cards", *told, under=under, level=level)


def card(view: View, row: dict[str, Any], others: list[dict[str, Any]], asked: str) -> str:
    """One number in HTML: what it is, how it stands, what it means, and the link to what is `asked` of it."""
    indicator = view.indicators[row["indicator"]]
    there = view.address(indicator=row["indicator"])
    title = markup.link(LARGE, indicator["title"], there) if row["last_shown"] else markup.text(indicator["title"])
    parts = [f'<div class="top"><h3>{title}</h3>{sign(row)}</div>']
    if row["shown"] == "yes":
        value = words.reach(row, decimals(row))
        parts.append(f'<p class="figure">{value}<span>{words.NBSP}{markup.text(indicator["unit"])}</span></p>')
        parts.append(markup.quiet(words.month(row["month"])))
    else:
        parts.append(f"<p><em>{markup.text(readings.absence(row))}.</em></p>")
        if row["last_shown"] and row["shown"] == "no_data":
            parts.append(markup.quiet(f"Last shown for {words.month(row['last_shown'])}."))
    parts.append(small_chart(row, indicator["title"], indicator["unit"]))
    if row["shown"] == "yes":
        parts.append(markup.quiet(aside(row, indicator["unit"], view.unit["level"])))
        if standing(row) == "concern":
            parts.append(markup.quiet(readings.conversation(indicator)))
    elif other := instead(view, row, others):
        over = view.units[other["unit"]]
        said = words.quantity(other["value"], indicator["unit"], decimals(other))
        parts.append(f"<p>{markup.link(UNIT, ': '.join((over['title'], said)), view.address(unit=over['unit']))}</p>")
    told = (indicator["definition"], indicator["caveats"], words.bare(readings.sure(row, view.profile)))
    meaning = markup.more("What it counts", "".join(f"<p>{markup.text(each)}</p>" for each in told if each))
    parts.append(f'<div class="foot">{meaning}{asked}</div>')
    return f'<section class="card" data-indicator="{markup.text(row["indicator"])}">{"".join(parts)}</section>'


def further(view: View, rows: list[dict[str, Any]], others: dict[str, list[dict[str, Any]]]) -> None:
    """The numbers that are no headline indicators, family by family, folded away and not drawn until they are asked for."""
    if not rows:
        return
    changed = sum(standing(row) in vocabulary.UNUSUAL for row in rows)
    said = f", {words.count(changed).lower()} with a change worth a look" if changed else ""
    label = f"{words.many(len(rows), 'more number')}{said}"
    with expander.box(label, "grid_view", "more_numbers") as box:
        for family, name in vocabulary.FAMILIES.items():
            members = [row for row in rows if view.indicators[row["indicator"]]["family"] == family]
            if members and box.open:
                all_of(view, members, others, name, 3)


def line(view: View, row: dict[str, Any], unit: dict[str, Any]) -> str:
    """The chosen indicator for one of many units in HTML: sign, name that opens its page, number, chart, reading."""
    measure, there = view.indicator["unit"], view.address(unit=unit["unit"])
    said = ""
    if row["shown"] == "yes":
        number = f"<strong>{markup.text(words.quantity(row['value'], measure, decimals(row)))}</strong>"
        said = markup.quiet(aside(row, measure, unit["level"]))
    else:
        number = markup.quiet(readings.absence(row).removesuffix(". Missing is not zero"))
        if row["last_shown"]:
            said = markup.quiet(f"Last shown for {words.month(row['last_shown'])}.")
    name = f"<div>{markup.link(LARGE, unit['title'], there)}{number}</div>"
    return f"<li>{sign(row)}{name}<div>{small_chart(row, unit['title'], measure)}</div><div>{said}</div></li>"


def lines(view: View, rows: list[dict[str, Any]], units: list[dict[str, Any]]) -> None:
    """A line for each unit, in the order given; one box where nothing is collected for any of them."""
    for absent, line_of_words in (("not_collected", "Not collected for these units"), ("protected", NOT_ONE)):
        if all(row["shown"] == absent and not row["last_shown"] for row in rows):
            states.empty("block", line_of_words, "The figure above is as deep as this number goes.")
            return
    found = {row["unit"]: row for row in rows}
    markup.show("rows", "<ul>", *(line(view, found[unit["unit"]], unit) for unit in units), "</ul>")


def paged(rows: list[dict[str, Any]], of: str, a_page: int = A_PAGE) -> list[dict[str, Any]]:
    """One page of a long list, with the means to turn it."""
    pages = math.ceil(len(rows) / a_page)
    if pages <= 1:
        return rows
    with st.container(key="paging"):
        page = st.pagination(pages, key=f"page_{of}")
    return rows[(page - 1) * a_page : page * a_page]


def links(view: View, units: list[dict[str, Any]], page: str) -> None:
    """The way further down."""
    if units:
        listed = "".join(
            f"<li>{markup.link(page, unit['title'], view.address(unit=unit['unit']))}</li>" for unit in units
        )
        summary = words.many(len(units), "unit directly below", "units directly below")
        markup.show("below", markup.more(summary, f"<ul>{listed}</ul>"))
