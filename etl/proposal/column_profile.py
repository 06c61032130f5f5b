"""Looks at one column of a sample: what its cells are, and by what that is told. Of people it says only that there are some."""

import re
from collections import Counter
from dataclasses import dataclass, field

import duckdb

from etl.intake.date_order import WEEKDAYS
from etl.privacy import personal_data
from etl.proposal import dates
from etl.proposal.dates import Dates

MISSING = (
    "-",
    "--",
    "–",
    "—",
    ".",
    "..",
    "...",
    "*",
    "NA",
    "N/A",
    "n/a",
    "#N/A",
    "NULL",
    "null",
    "None",
    "NaN",
    "nan",
    "<NA>",
    "(blank)",
)
PLAIN = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
GROUPED = {
    ",": re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?"),
    ".": re.compile(r"[-+]?(\d{1,3}(\.\d{3})+(,\d+)?|\d+,\d+)"),
    " ": re.compile("[-+]?\\d{1,3}([ \u00a0\u202f]\\d{3})+(\\.\\d+)?"),
    "'": re.compile(r"[-+]?\d{1,3}(['’]\d{3})+(\.\d+)?"),
}
PERCENT = re.compile(r"[-+]?\d+([.,]\d+)?\s*%")
CLOCK = re.compile(r"\d{1,4}:[0-5]\d(:[0-5]\d)?")
PERIOD = re.compile(r"(\d{6}) ?(?:to|-|–) ?(\d{6})", re.IGNORECASE)
NATIONAL_INSURANCE = re.compile(r"[A-Za-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d]")
YES_NO = {"yes", "no", "y", "n", "true", "false"}
TOTALS = re.compile(
    r"(grand |sub-?)?totals?\b.*|all( (staff|units|teams|wards|groups|organisations|trusts|sites)\b.*)?|.* totals?|overall",
    re.I,
)
DAY_NAMES = {word for words in WEEKDAYS for word in words}
NUMBER = 0.97  # of the cells must be numbers, or they are words


@dataclass
class Look:
    """What was seen in one column. `cells` are the filled ones: text → times."""

    place: int
    heading: str
    cells: Counter
    empty: int  # cells with nothing in them, or a word that means missing
    missing: set[str] = field(default_factory=set)  # words in it that mean missing
    type: str = "text"
    dates: Dates | None = None
    thousands: str | None = None
    last_characters: int | None = None
    is_weekday: bool = False
    names_units: bool = False  # that the organisation knows
    codes: bool = False  # figures that count nothing: they begin with zeros
    given_away: str = ""  # what it holds that is never loaded
    totals: tuple[str, ...] = ()
    why: str = ""
    note: str = ""

    @property
    def filled(self) -> int:
        return sum(self.cells.values())

    @property
    def distinct(self) -> int:
        return len(self.cells)

    @property
    def is_measure(self) -> bool:
        return self.type in ("number", "whole_number")

    @property
    def is_date(self) -> bool:
        return self.dates is not None


def look_at(con: duckdb.DuckDBPyConnection, headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[Look]:
    """Every column that has a heading, as its own cells and those of the columns beside it show it."""
    looks = [
        _first_look(place, heading, Counter(row[place] for row in rows))
        for place, heading in enumerate(headings)
        if heading
    ]
    for look in looks:
        _tell(con, look, None)
    # The dates of one file are written alike: what some show holds for those that show nothing.
    shown = Counter(_is_month_first(look.dates) for look in looks if look.is_date and look.dates.sure)
    shown.pop(None, None)
    if len(shown) == 1:
        [prefer] = shown
        for look in looks:
            if look.is_date and not look.dates.sure:
                _tell(con, look, prefer)
    return looks


def _is_month_first(told: Dates) -> bool | None:
    for form in told.formats:
        if "%d" in form and "%m" in form and not form.startswith("%Y"):
            return form.find("%m") < form.find("%d")
    return None


def _first_look(place: int, heading: str, cells: Counter) -> Look:
    empty = cells.pop("", 0)
    missing = {word for word in MISSING if word in cells}
    if missing:
        empty += sum(cells.pop(word) for word in missing)
    return Look(place, heading, cells, empty, missing)


def _tell(con: duckdb.DuckDBPyConnection, look: Look, prefer_month_first: bool | None) -> None:
    cells, filled = look.cells, look.filled
    if not filled:
        look.why = "It is empty in this file."
        return
    if kind := _gives_away(cells, filled):
        look.given_away = kind
        return
    look.totals = tuple(text for text in cells if TOTALS.fullmatch(text)) if look.distinct <= 5000 else ()
    words = {text.casefold() for text in cells} if look.distinct <= 20 else set()
    if words and words <= YES_NO:
        look.type, look.why = "yes_no", "It says yes or no."
        return
    if words and words <= DAY_NAMES:
        look.is_weekday, look.why = True, "It names weekdays."
        return
    if _is_period(cells):
        look.type, look.last_characters = "date", 6
        newest = Counter({text[-6:]: times for text, times in cells.items()})
        look.dates = dates.told(con, newest)
        if look.dates:
            look.dates = dates.Dates(
                "date",
                ("%Y%m",),
                {t: look.dates.moments[t[-6:]] for t in cells if t[-6:] in look.dates.moments},
                1.0, True, "", True,
            )  # fmt: skip
            look.why = "It names two months, of which the second counts."
            return
        look.type, look.last_characters = "text", None
    if _is_year(look):
        look.dates = dates.told_years(con, cells)
        look.type, look.why = "date", "It names years; each is its first day."
        return
    if not _begins_with_zeros(cells):
        look.dates = dates.told(con, cells, prefer_month_first)
    if look.dates:
        look.type = look.dates.type
        look.why = look.dates.why
        if look.type == "date" and any("%H" in form for form in look.dates.formats):
            look.why += " The time is midnight in every cell, so only the day is kept."
        return
    _as_number(look, filled)


def _as_number(look: Look, filled: int) -> None:
    cells = look.cells
    if _begins_with_zeros(cells):
        look.codes, look.why = True, "Its figures begin with zeros, so they are codes and not amounts."
        return
    plain = sum(times for text, times in cells.items() if PLAIN.fullmatch(text))
    best, grouped = None, 0
    for mark, pattern in GROUPED.items():
        found = sum(times for text, times in cells.items() if pattern.fullmatch(text))
        if found > grouped:
            best, grouped = mark, found
    if best == "." and any("." in text and not GROUPED["."].fullmatch(text) for text in cells):
        best, grouped = None, 0  # then a point is a decimal point
    if plain + grouped >= NUMBER * filled and plain + grouped > 0:
        look.type, look.thousands = "number", best
        look.why = "Its cells are numbers." + (f" {best!r} stands between thousands." if best and best != "." else "")
        if best == ".":
            look.why = "Its cells are numbers with a decimal comma."
        return
    if sum(times for text, times in cells.items() if PERCENT.fullmatch(text)) >= NUMBER * filled:
        look.note = "Its numbers carry a percent sign, so they would be kept as words. Export them without the sign."
        look.why = "Its cells are numbers with a percent sign."
    elif sum(times for text, times in cells.items() if CLOCK.fullmatch(text)) >= NUMBER * filled:
        look.note = "Its hours and minutes would be kept as words. Export them as hours with decimals to count them."
        look.why = "Its cells are hours and minutes."
    else:
        look.why = "Its cells are words."


def _begins_with_zeros(cells: Counter) -> bool:
    figures = [text for text in cells if text.isdigit()]
    return len(figures) >= 0.9 * len(cells) and any(len(text) > 1 and text.startswith("0") for text in figures)


def _is_period(cells: Counter) -> bool:
    return len(cells) <= 500 and all(PERIOD.fullmatch(text) for text in cells)


def _is_year(look: Look) -> bool:
    if look.distinct > 60 or not all(re.fullmatch(r"(19[5-9]|20[0-6])\d", text) for text in look.cells):
        return False
    return "year" in look.heading.casefold() or look.distinct * 20 <= look.filled


def _gives_away(cells: Counter, filled: int) -> str:
    """What names a person by its shape; of numbers that only may be NHS numbers, most must be right."""
    texts = list(cells)[:20_000]
    insured = sum(bool(NATIONAL_INSURANCE.fullmatch(text)) for text in texts)
    if insured > 0.5 * len(texts):
        return "National Insurance numbers"
    found = [text for text in texts if personal_data.gives_away(text)]
    if any("@" in text for text in found):
        return "e-mail addresses"
    certain = [text for text in found if not re.fullmatch(r"\D*\d{10}\D*", text)]
    if certain:
        return "National Insurance or NHS numbers"
    return "NHS numbers" if found and len(found) * personal_data.HALF >= len(texts) else ""
