"""What the monthly review draws: boxes of places, rows of pressures, and kindness beside them."""

from typing import Any

from pages.parts.drawing import icons, markup, readings, words
from pages.parts.indicator import cards
from pages.parts.kindness import kindness as survey
from pages.parts.kindness import score_ranges
from pages.parts.review import review
from pages.parts.shell import pages


def all_of(found: review.Review) -> None:
    """The boxes of what is new, what persists and what has lifted, side by side."""
    markup.show("cards", *(box(found, standing) for standing in review.STANDING))


def box(found: review.Review, standing: str) -> str:
    """New, persisting or lifted, in HTML: what that means, and where it is so."""
    title, meaning = review.STANDING[standing]
    strip = markup.picture(icons.standing_strip(standing), "Four months in small")
    top = f'<div class="top strip"><h2>{markup.text(title)}</h2>{strip}</div>'
    return f'<section class="card">{top}{markup.quiet(meaning)}{places(found, standing)}</section>'


def places(found: review.Review, standing: str) -> str:
    """The places of one box in HTML, each opening its page; and how many more there are."""
    listed = found.places[standing]
    if not listed:
        return "<p>None.</p>"
    told = [place(found, each, standing) for each in listed[: review.MOST]]
    more = markup.quiet(f"And {len(listed) - review.MOST} more.") if len(listed) > review.MOST else ""
    return f"<ul>{''.join(told)}</ul>{more}"


def place(found: review.Review, of: review.Place, standing: str) -> str:
    name = markup.link(cards.UNIT, review.name_of(found, of.unit), found.view.address(unit=of.unit["unit"]))
    told = [review.of_place(found, of), *(review.of_number(found, row) for row in of.telling)]
    if of.rows and standing == "new":
        told.append(readings.helping(found.about(of.rows[0])))
    return f"<li><strong>{name}</strong>{''.join(map(markup.quiet, told))}</li>"


def pressures(found: review.Review, owner: str, title: str) -> None:
    """The unit's own numbers whose lever somebody holds: sign, name and lever, latest, twelve months."""
    rows = found.pressures[owner]
    listed = f"<ul>{''.join(pressure(found, row) for row in rows)}</ul>" if rows else ""
    markup.show("rows", listed or "<p>None of the numbers collected here.</p>", under=title)


def pressure(found: review.Review, row: dict[str, Any]) -> str:
    about = found.about(row)
    name = markup.link(cards.LARGE, about["title"], found.view.address(indicator=row["indicator"]))
    lever = markup.quiet(words.sentence(about["lever_is"])) if about["lever_is"] else ""
    said = f"{about['title']}, the last twelve months: {readings.reading(row, found.view.unit['level'])}"
    strip = markup.picture(icons.strip(row["points"]), said)
    latest = markup.text(review.latest(found, row))
    return f"<li>{cards.sign(row)}<div class='wide'>{name}{lever}</div><div>{latest}</div><div>{strip}</div></li>"


def kindness(found: review.Review) -> None:
    """The nodes of the circle as ranges, and in words where pressure and kindness read together."""
    first, *rest = review.of_kindness(found)
    scores = score_ranges.listed(found.kindness, "benchmark") if found.wave else ""
    there = found.view.address(unit=found.view.unit["unit"])
    link = f"<p>{markup.link(survey.PAGE, 'Open the circle', there)}</p>" if found.wave else ""
    markup.show("prose", scores, markup.quiet(first), bullets(rest), link, under="Kindness beside pressure")


def since(found: review.Review) -> None:
    """What has changed and was revised since the review before, and the quality of the data in a line."""
    first, *rest = review.since(found)
    quality = markup.heading(pages.of("quality").title) + markup.prose(words.plain(review.quality(found)))
    said = markup.prose(words.plain(first)) + bullets(rest)
    markup.show("prose", said, quality, under="Since the review before")


def bullets(told: list[str]) -> str:
    return markup.prose("\n".join(f"- {words.plain(each)}" for each in told))
