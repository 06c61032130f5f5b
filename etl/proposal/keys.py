"""Tells from a sample which columns no two rows share, to which month a row belongs, and how its files combine."""

import datetime as dt
import re
from dataclasses import dataclass
from itertools import combinations, islice

from etl.proposal.column_profile import Look

UNIQUE = 0.999  # of the rows that differ at all must differ in the key: the others are slips, and will be set aside
ALIKE = 0.9  # of the rows must differ, or hardly anything tells them apart
WIDEST = 4
SEARCHED = 60_000  # rows among which a key is looked for: every one would take long
TRIED = 12  # columns among which a key is looked for


@dataclass(frozen=True)
class Whole:
    """What was told of the rows together."""

    key: tuple[int, ...]
    month_of: int | None
    snapshot: bool  # whether its rows are a count on one day of each month
    each_file: str
    why_key: str
    why_month: str
    why_each: str
    sure: bool


def is_snapshot(look: Look) -> bool:
    """Whether its dates stand on one day of each month, such as the last."""
    days = {value.date() for value in look.dates.moments.values()}
    months = {(day.year, day.month) for day in days}
    ends = all(_is_month_end(day) for day in days)
    return look.dates.months_alone or (len(days) == len(months) and (ends or len({day.day for day in days}) == 1))


def _is_month_end(day: dt.date) -> bool:
    return (day + dt.timedelta(days=1)).day == 1


def month_of(looks: list[Look], owned: set[int]) -> tuple[Look | None, str]:
    """The date that says to which month a row belongs; dates in `owned` are a person's own and say it of no row."""
    dated = [
        look
        for look in looks
        if look.is_date and look.place not in owned and look.empty <= 0.02 * (look.empty + look.filled)
    ]
    if not dated:
        return None, "No date stands in every row, so the file is taken as a list that each new file replaces."
    counts = [look for look in dated if is_snapshot(look)]
    if counts:
        best = max(counts, key=lambda look: (max(look.dates.moments.values()), -look.place))
        return best, f"{best.heading} stands on one day of each month, so it says which month a row counts for."
    begins = [
        look
        for look in dated
        if re.search(r"\b(start|begin|from|date of|planned)", re.sub("_", " ", look.heading), re.I)
    ]
    best = (begins or dated)[0]
    others = [look.heading for look in dated if look is not best]
    instead = f" Others would do: {', '.join(others)}." if others else ""
    return best, f"{best.heading} stands in every row; a row belongs to the month of that day.{instead}"


def whole(
    looks: list[Look], rows: list[tuple[str, ...]], loaded: set[int], owned: set[int], persons: set[int]
) -> Whole:
    """What the rows show together; `loaded` are the places of columns that are to be loaded, `persons` of those that name
    people."""
    month, why_month = month_of([look for look in looks if look.place in loaded], owned)
    snapshot = month is not None and is_snapshot(month)
    candidates = [look for look in looks if look.place in loaded and look.filled and not look.is_weekday]
    shown = [look.place for look in looks if look.place in loaded]
    different = {tuple(row[place] for place in shown) for row in rows}
    found, share = _key(candidates, list(islice(different, SEARCHED)), shown, month if snapshot else None, persons)
    if month and found and set(found) <= persons:  # one person's second event is no repeat of the first
        found = (*found, month.place)
    places = {look.place: look.heading for look in looks}
    named = " and ".join(places[place] for place in found)
    if not found:
        why_key = (
            "Nothing tells its rows apart, so two that are equal would count once, and one that is mended could not take the "
            "place of the old. Add a column that numbers the rows."
        )
    elif len(different) < ALIKE * len(rows):
        why_key = (
            f"Of its {len(rows):,} rows {len(rows) - len(different):,} equal another in all that is loaded, and would count once. "
            "If each means something of its own, add a column that numbers the rows."
        )
        share = 0.0
    elif share >= UNIQUE:
        slips = round((1 - share) * len(different))
        why_key = (
            f"No two rows share {named}."
            if not slips
            else f"Hardly any two rows share {named}: {slips:,} do, and would be set aside."
        )
    else:
        why_key = f"No few columns tell the rows apart; {named} do best. Please look at it."
    each, why_each = _each_file(month, snapshot)
    return Whole(found, month.place if month else None, snapshot, each, why_key, why_month, why_each, share >= UNIQUE)


def _key(
    candidates: list[Look], different: list[tuple[str, ...]], shown: list[int], month: Look | None, persons: set[int]
) -> tuple[tuple[int, ...], float]:
    """The fewest columns that no two rows share, and the share of rows told apart by them."""
    if not different:
        return ((candidates[0].place,) if candidates else ()), 0.0
    at = {place: number for number, place in enumerate(shown)}
    usable = [
        look
        for look in candidates
        if (look.place in persons or not look.is_measure or is_numbering(look))
        and look.empty <= 0.001 * (look.empty + look.filled)
    ]
    usable = sorted(usable, key=_rank)[:TRIED] or candidates[:1]
    fixed = (month,) if month in usable else ()
    free = [look for look in usable if look not in fixed]
    best: tuple[tuple[int, ...], float] = ((), 0.0)
    for width in range(0 if fixed else 1, WIDEST + 1 - len(fixed)):
        good = []
        for chosen in combinations(free, width):
            places = tuple(at[look.place] for look in (*chosen, *fixed))
            if _too_few([*chosen, *fixed], len(different)):
                continue
            share = len({tuple(row[place] for place in places) for row in different}) / len(different)
            if share > best[1] + 1e-9:
                best = tuple(shown[place] for place in places), share
            if share >= UNIQUE:
                good.append((share < 1, sum(map(_rank_number, chosen)), tuple(shown[place] for place in places), share))
        if good:
            _, _, places, share = min(good)
            return places, share
    return best


def _too_few(looks: list[Look], rows: int) -> bool:
    """Whether they cannot tell so many rows apart, however they meet."""
    product = 1
    for look in looks:
        product *= max(1, look.distinct)
    return product < UNIQUE * rows


def is_numbering(look: Look) -> bool:
    """Whether numbers count records rather than something: each another, and whole."""
    alone = look.distinct == look.filled and look.filled >= 20
    return alone and all(text.isdigit() for text in look.cells) and min(map(len, look.cells)) >= 4


def _rank_number(look: Look) -> float:
    kinds = {"timestamp": 4, "date": 3, "yes_no": 8}
    kind = kinds.get(look.type, 2 if look.type == "text" else 5)
    if re.search(r"\b(id|number|no|ref|reference|code)\b", re.sub("_", " ", look.heading), re.I):
        kind = 1
    if look.names_units:
        kind = min(kind, 1.5)
    letters = sum(len(text) * times for text, times in look.cells.items()) / max(1, look.filled)
    return kind + min(letters, 90) / 200 + look.place / 1000  # a code before the name that goes with it


def _rank(look: Look) -> tuple:
    return (_rank_number(look),)


def _each_file(month: Look | None, snapshot: bool) -> tuple[str, str]:
    if month is None:
        return "replaces_all", "With no month in its rows, each new file is the whole list."
    if snapshot:
        return "replaces_its_months", "Its rows count a month; a file that comes later knows better about its months."
    by_month: dict[tuple[int, int], int] = {}
    for text, value in month.dates.moments.items():
        at = value.year, value.month
        by_month[at] = by_month.get(at, 0) + month.cells[text]
    usual = sorted(by_month.values())[len(by_month) * 3 // 4]
    thin = sum(count for count in by_month.values() if count < usual * 0.25)
    if len(by_month) > 2 and thin > 0.01 * sum(by_month.values()):
        return (
            "adds",
            "Its dates trail off into other months, so a later file adds to it, and wins where both have a row.",
        )
    return (
        "replaces_its_months",
        "Its dates fill whole months; a file that comes later replaces the months it holds. If later files hold only what is "
        "new, say that they add.",
    )
