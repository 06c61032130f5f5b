"""The latest month of each indicator for each unit, and the three years that led to it, found in the rows of sql/app/now.sql."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

Row = dict[str, Any]
OF_THE_MONTH = ("value", "low", "high", "settled")
JUDGED = (
    "mean", "lower", "upper", "segment", "target", "rule", "moved", "since", "months", "one_side", "assurance", "limits",
)  # fmt: skip
OF_A_POINT = ("month", "value", "settled", "mean", "lower", "upper", "segment", "verdict", "moved")
YEARS = 3


def latest(
    rows: Iterable[Row], settling: Iterable[Row], indicators: list[str], units: list[str], month: dt.date | None
) -> list[Row]:
    """A row for each of the indicators and units: that of the chosen month or, with none chosen, of the unit's own newest
    settled month; of what is renewed by quarter, of the last quarter's end until then. A unit with no row at all has not had it
    collected. `settling` says of every indicator how far it is settled and how often it is renewed."""
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        found[row["indicator"], row["unit"]].append(row)
    about = {row["indicator"]: row for row in settling}
    return [
        _latest(about[indicator], unit, sorted(found[indicator, unit], key=_month), month)
        for indicator in indicators
        if indicator in about
        for unit in units
    ]


def _latest(about: Row, unit: str, rows: list[Row], chosen: dt.date | None) -> Row:
    month = _ended(about, chosen or _newest(about, rows))
    here = next((row for row in rows if row["month"] == month), {})
    collected = any(row["shown"] != "not_collected" for row in rows)
    points = [
        {name: row[name] for name in OF_A_POINT}
        for row in rows
        if month and _before(month) < row["month"] <= (chosen or row["month"])
    ]
    shown = [row["month"] for row in rows if row["shown"] == "yes" and month and row["month"] <= month]
    segments = [row["segment"] for row in rows if row["segment"] is not None]
    return {
        "indicator": about["indicator"],
        "unit": unit,
        "month": month,
        **{name: here.get(name) for name in (*OF_THE_MONTH, *JUDGED)},
        "last_shown": max(shown, default=None),
        "shown": here.get("shown") or ("no_data" if collected else "not_collected"),
        "verdict": here.get("verdict") or "not_judged",
        "months_judged": segments.count(here.get("segment")) if segments else None,
        "points": points,
    }


def _month(row: Row) -> dt.date:
    return row["month"]


def _newest(about: Row, rows: list[Row]) -> dt.date | None:
    """A unit's own row may settle later than those of the units below it."""
    settled = about["settled_to"] and about["settled_to"].replace(day=1)
    return max((row["month"] for row in rows if row["settled"]), default=settled)


def _ended(about: Row, month: dt.date | None) -> dt.date | None:
    """The last month of the newest quarter that is over by then, of what is renewed by quarter."""
    if month is None or about["refresh"] != "quarterly" or month.month % 3 == 0:
        return month
    return month.replace(month=month.month // 3 * 3) if month.month > 3 else dt.date(month.year - 1, 12, 1)


def _before(month: dt.date) -> dt.date:
    return month.replace(year=month.year - YEARS)
