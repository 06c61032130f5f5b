"""Tells from the cells themselves how a column writes its dates: in which form, and whether day or month comes first."""

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass

import duckdb

from etl.intake.utc import YEARS

DAYS = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%d-%m-%y", "%d.%m.%y"]
NAMED = ["%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%d-%B-%Y", "%d-%b-%y", "%d %b %y", "%d/%b/%Y", "%b %d, %Y", "%B %d, %Y"]
MONTHS = ["%Y-%m", "%Y%m", "%m/%Y", "%b-%y", "%b %y", "%b-%Y", "%b %Y", "%B %Y", "%Y-%b"]
OTHER = ["%Y%m%d", "%Y/%m/%d", "%Y.%m.%d"]
ISO = ["%Y-%m-%d"]
TIMES = ["", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p"]
ISO_TIMES = ["T%H:%M:%S", "T%H:%M", "T%H:%M:%S.%f"]
DATE_LIKE = re.compile(r"(?=.*\d)[\dA-Za-z][\dA-Za-z/\-., :]{3,30}")
END_OF_TIME = {4712, 9999, 1}
MOST = 0.97  # of the cells must be read, or it is no date
FEW = 400  # cells by which forms are picked


@dataclass(frozen=True)
class Dates:
    """How a column writes its dates."""

    type: str  # date, timestamp
    formats: tuple[str, ...]  # none for ISO, which is always understood
    moments: dict[str, dt.datetime]  # each cell's text, as it is read; without those that mean "open"
    read: float  # share of the cells that could be read
    sure: bool  # whether the order of day and month is shown by the cells
    why: str
    months_alone: bool = False  # the cells name months, not days


def month_first(form: str) -> str:
    return form.replace("%d", "%?").replace("%m", "%d").replace("%?", "%m")


def all_forms() -> list[str]:
    days = [order for form in DAYS for order in (form, month_first(form))]
    dated = [*ISO, *days, *NAMED, *OTHER]
    return [form + time for form in dated for time in TIMES] + [ISO[0] + time for time in ISO_TIMES] + MONTHS


PARTS = {
    **dict.fromkeys(("%d", "%m", "%H", "%I"), r"\d{1,2}"),
    **dict.fromkeys(("%M", "%S", "%y"), r"\d{2}"),
    "%Y": r"\d{4}", "%b": r"[A-Za-z]{3,4}", "%B": r"[A-Za-z]{3,9}", "%f": r"\d{1,9}", "%p": r"[AaPp][Mm]",
}  # fmt: skip
FORMS = all_forms()


def shape_of(form: str) -> re.Pattern:
    """What a cell of that form looks like: a quick look that spares DuckDB most of the forms."""
    if form == "%Y%m%d" or form == "%Y%m":
        return re.compile(r"\d{8}" if form == "%Y%m%d" else r"\d{6}")
    pieces = re.split(r"(%[A-Za-z])", form)
    return re.compile("".join(PARTS.get(piece, re.escape(piece)) for piece in pieces))


SHAPES = {form: shape_of(form) for form in FORMS}


def told(con: duckdb.DuckDBPyConnection, cells: Counter, prefer_month_first: bool | None = None) -> Dates | None:
    """How the cells (text → times) are dates; None where they are none. `prefer_month_first` is what other columns of the
    file show, for one that shows nothing itself."""
    texts = [text for text in cells if DATE_LIKE.fullmatch(text)]
    total = sum(cells.values())
    if not texts or sum(cells[text] for text in texts) < MOST * total:
        return None
    if all(text.isdigit() for text in texts) and {len(text) for text in texts} - {6, 8}:
        return None
    few = texts[:: max(1, len(texts) // FEW)]
    counted = {form: sum(bool(SHAPES[form].fullmatch(text)) for text in few) for form in FORMS}
    likely = sorted((form for form in FORMS if counted[form]), key=lambda form: -counted[form])[:12]
    read = {form: dict(zip(texts, _read(con, texts, form), strict=True)) for form in likely}
    chosen, moments, left = [], {}, set(texts)
    orders = {order: _order(likely, read, cells, order) for order in ("day", "month")}
    order, sure, why = _which(orders, cells, total, prefer_month_first)
    while left:
        best = max(
            (form for form in likely if form not in chosen and _is_of(form, order)),
            key=lambda form: sum(cells[text] for text in left if read[form][text] is not None),
            default=None,
        )
        gained = {text: read[best][text] for text in left if read[best][text] is not None} if best else {}
        if not gained or (chosen and sum(cells[text] for text in gained) < 0.0005 * total):
            break
        chosen.append(best)
        moments |= gained
        left -= set(gained)
    share = sum(cells[text] for text in moments) / total
    if share < MOST:
        return None
    dated = {text: value for text, value in moments.items() if value.year not in END_OF_TIME}
    if not dated:
        return None
    times = any(value.time() != dt.time() for value in dated.values())
    formats = tuple(form for form in chosen if not form.startswith(ISO[0]))
    if formats and {form.split("%H")[0].strip() for form in formats} & set(DAYS + [month_first(form) for form in DAYS]):
        formats = tuple(sorted(formats, key=len, reverse=True))
    alone = all(form in MONTHS for form in chosen)
    return Dates("timestamp" if times else "date", formats, dated, share, sure, why, alone)


def _read(con: duckdb.DuckDBPyConnection, texts: list[str], form: str) -> list[dt.datetime | None]:
    """Each text as DuckDB reads it, as the engine will; years that no extract has count as not read."""
    asked = (
        "SELECT CASE WHEN year(moment) BETWEEN 1 AND 9999 THEN moment END "
        "FROM (SELECT unnest(list_transform($1::VARCHAR[], lambda said: try_strptime(said, $2))) AS moment)"
    )
    found = [value for (value,) in con.execute(asked, [texts, form]).fetchall()]
    return [
        value if value and (YEARS[0] <= value.year <= YEARS[1] or value.year in END_OF_TIME) else None
        for value in found
    ]


def _is_of(form: str, order: str) -> bool:
    """Whether a form puts day or month first as chosen; forms that leave no doubt are of both."""
    if not _either_way(form):
        return True
    return (form.find("%d") < form.find("%m")) == (order == "day")


def _either_way(form: str) -> bool:
    return "%d" in form and "%m" in form and not form.startswith("%Y")


def _order(likely: list[str], read: dict, cells: Counter, order: str) -> dict[str, dt.datetime]:
    found: dict[str, dt.datetime] = {}
    for form in likely:
        if _either_way(form) and _is_of(form, order):
            for text, value in read[form].items():
                if value is not None:
                    found.setdefault(text, value)
    return found


def _which(orders: dict, cells: Counter, total: int, prefer_month_first: bool | None) -> tuple[str, bool, str]:
    """Day or month first, whether the cells show it, and by what."""
    only_day = [text for text in orders["day"] if text not in orders["month"]]
    only_month = [text for text in orders["month"] if text not in orders["day"]]
    if not orders["day"] and not orders["month"]:
        return "day", True, "The year comes first, or the month is written out, so the order is plain."
    if len(only_day) != len(only_month):
        order = "day" if len(only_day) > len(only_month) else "month"
        only = only_day if order == "day" else only_month
        many = sum(cells[text] for text in only)
        return (
            order,
            True,
            f"The {order} comes first: {many:,} of its dates cannot be read otherwise, such as {only[0]}.",
        )
    # Figures by the month stand on its first day: then what never changes is the day.
    steady = {order: len({value.day for value in orders[order].values()}) == 1 for order in orders}
    if steady["day"] != steady["month"] and len(orders["day"]) > 1:
        order = "day" if steady["day"] else "month"
        return order, True, f"The {order} comes first: read so, every date is the same day of its month."
    if prefer_month_first is not None:
        order = "month" if prefer_month_first else "day"
        return order, True, f"The {order} comes first, as in the other dates of the file."
    return "day", False, "Nothing in it shows whether the day or the month comes first: please look at it."


def told_years(con: duckdb.DuckDBPyConnection, cells: Counter) -> Dates:
    """A column of years, each as its first day."""
    moments = dict(zip(cells, _read(con, list(cells), "%Y"), strict=True))
    return Dates("date", ("%Y",), moments, 1.0, True, "", True)
