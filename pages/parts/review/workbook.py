"""The monthly review as a workbook: the same figures and words as on the page, with what they mean and how far they settled."""

import io
from typing import Any

import xlsxwriter

from pages.parts.drawing import readings, words
from pages.parts.indicator import cards
from pages.parts.kindness import kindness as survey
from pages.parts.review import review
from pages.parts.shell import pages

WIDE = 60  # characters of the widest column


def xlsx(found: review.Review) -> bytes:
    """A sheet each for places, pressures, what was revised, what the numbers mean, and where it all comes from."""
    view = found.view
    release = view.ask("release")[0]
    sheets = {
        "Review": [_place(found, place, row) for places in found.places.values() for place in places for row in place.rows or [None]],
        "Pressures": [_pressure(found, owner, row) for owner, rows in found.pressures.items() for row in rows],
        "Kindness": [_node(found, row) for row in found.kindness],
        "Revised": [_revised(each) for each in found.revised],
        "Definitions": [_definition(about) for about in _told_of(found)],
        "About": [
            {"What": "Review", "": f"{found.title}, {view.unit['title']}"},
            {"What": "In a sentence", "": "".join(text for text, _ in review.sentence(found))},
            {"What": "Settled to", "": words.short_day(release["settled_to"])},
            {"What": "Release", "": view.release.id},
            {"What": "Compared with", "": found.compared.id if found.compared else "no other release"},
            {"What": "Data", "": "made up, for demonstration" if release["synthetic"] else "of the organisation"},
            {"What": pages.of("quality").title, "": review.quality(found)},
            {"What": "Purpose", "": words.PURPOSE},
        ],
    }  # fmt: skip
    file = io.BytesIO()
    # Text is written as text, whatever it begins with: a spreadsheet must run nothing that came from an extract.
    book = xlsxwriter.Workbook(
        file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    day = book.add_format({"num_format": "mmm yyyy", "align": "left", "valign": "top"})
    for name, rows in sheets.items():
        if rows:
            _sheet(book.add_worksheet(name), rows, bold, wrapped, day)
    book.set_properties(
        {"title": f"{found.title}, {view.unit['title']}", "author": "Kinship", "comments": words.PURPOSE}
    )
    book.close()
    return file.getvalue()


def _sheet(sheet, rows: list[dict[str, Any]], bold, wrapped, day) -> None:
    for column, name in enumerate(rows[0]):
        sheet.write_string(0, column, name, bold)
        cells = [row[name] for row in rows]
        longest = max(len(str(cell)) for cell in [name, *cells] if cell is not None)
        sheet.set_column(column, column, min(longest + 2, WIDE))
        for place, cell in enumerate(cells, 1):
            if isinstance(cell, str):
                sheet.write_string(place, column, cell, wrapped)
            elif hasattr(cell, "isoformat"):
                sheet.write_datetime(place, column, cell, day)
            elif cell is not None:
                sheet.write_number(place, column, cell)
    sheet.freeze_panes(1, 0)


def _place(found: review.Review, place: review.Place, row: dict[str, Any] | None) -> dict[str, Any]:
    told = {
        "Standing": review.STANDING[place.standing][0],
        "Unit": place.unit["title"],
        "Unit code": place.unit["unit"],
        "Said": review.of_place(found, place),
    }
    return told | (_number(found, row) if row else dict.fromkeys(_number_names()))


def _pressure(found: review.Review, owner: str, row: dict[str, Any]) -> dict[str, Any]:
    return ({"Owned": review.OWNED[owner]} if owner else {}) | _number(found, row)


def _number(found: review.Review, row: dict[str, Any]) -> dict[str, Any]:
    about, shown = found.about(row), row["shown"] == "yes"
    level = found.view.units[row["unit"]]["level"]
    told = (
        about["title"],
        row["month"],
        row["value"] if shown else None,
        about["unit"],
        round(row["mean"], cards.decimals(row)) if shown and row["mean"] is not None else None,
        readings.reading(row, level),
        about["harder"],
        about["could_help"],
        readings.lever(about),
    )
    return dict(zip(_number_names(), told, strict=True))


def _number_names() -> tuple[str, ...]:
    return (
        "Number",
        "Month",
        "Latest",
        "Measure",
        "Own average",
        "Reading",
        "What may be making it harder",
        "What could help",
        "Whose lever",
    )


def _node(found: review.Review, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "Point of the circle": row["title"], "Wave": found.wave["wave"], "Points of 10": row["value"], "From": row["low"],
        "To": row["high"], "Since the wave before": row["moved"], "In words": survey.figures(row), "Caveats": found.wave["note"],
    }  # fmt: skip


def _revised(each: review.Revised) -> dict[str, Any]:
    return {
        "Number": each.indicator["title"], "Unit": each.unit["title"], "Unit code": each.unit["unit"], "Month": each.month,
        "Was": each.before, "Is": each.after, "Measure": each.indicator["unit"],
    }  # fmt: skip


def _told_of(found: review.Review) -> list[dict[str, Any]]:
    keys = dict.fromkeys(row["indicator"] for row in found.charts)
    return [found.view.indicators[key] for key in keys]


def _definition(about: dict[str, Any]) -> dict[str, Any]:
    return {
        "Number": about["title"], "What it counts": about["definition"], "Why it matters": about["why_it_matters"],
        "Caveats": about["caveats"], "Evidence": about["evidence"], "Owner": about["owner"],
        "Settled to": words.short_day(about["settled_to"]),
    }  # fmt: skip
