"""Reads one series of unknown quality, so that it is fit for a control chart or refused in a sentence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from numbers import Number

import numpy as np

from etl.spc.xmr import BETTER, NHSR, TOGETHER, Profile, UnreadableSeries, number


@dataclass(frozen=True)
class Series:
    """One checked series, by date."""

    dates: list[date]
    values: np.ndarray
    groups: np.ndarray  # counts rebases
    better: int
    target: float  # NaN for none
    unused_rebases: list[date]  # not among the dates, so without effect: tell the reader


def check(
    dates: Sequence[date],
    values: Sequence[float | None],
    better: str,
    target: float | Sequence[float | None] | None = None,
    rebase: Iterable[date] = (),
    profile: Profile = NHSR,
) -> Series:
    """The series in order of date, fit for `spc.chart`; raises UnreadableSeries.

    better: higher, lower or neither. target: one number, or one a point that agree where given.
    rebase: dates whose points each begin a new group.
    """
    if better not in BETTER:
        raise UnreadableSeries(f"Better must be higher, lower or neither, not {better!r}.")
    if not len(dates):
        raise UnreadableSeries("There are no points to chart.")
    if len(dates) != len(values):
        raise UnreadableSeries(f"A series needs a value for every date, not {len(values)} for {len(dates)}.")
    for day in dates:
        if not isinstance(day, date) or day != day:
            raise UnreadableSeries(f"{day!r} is not a date.")
    order = _by_date(dates)
    days, rebase = [dates[at] for at in order], set(rebase)
    for day, following in pairwise(days):
        if day == following:
            raise UnreadableSeries(f"The date {said(day)} occurs more than once; a series has one value a date.")
    numbers = np.array([number(values[at]) for at in order])
    groups = np.cumsum([day in rebase for day in days])
    if profile.refuse_unclear_trends and np.isnan(numbers).any():
        _refuse_unclear_trends(numbers, groups)
    return Series(days, numbers, groups, BETTER[better], _one_target(target), list(rebase.difference(days)))


def moment(text: object) -> datetime:
    """A date or date-time as ISO 8601 writes it, a date being its midnight; raises UnreadableSeries."""
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise UnreadableSeries(f"{text!r} is not a date; write it as 2026-11-09.") from None


def said(day: date) -> str:
    """A date, with its time unless that is midnight."""
    return day.isoformat().removesuffix("T00:00:00")


def _by_date(dates: Sequence[date]) -> list[int]:
    try:
        return sorted(range(len(dates)), key=dates.__getitem__)
    except TypeError:
        raise UnreadableSeries("Dates cannot be put in order where only some have a time, or a time zone.") from None


def _one_target(target: float | Sequence[float | None] | None) -> float:
    several = [target] if target is None or isinstance(target, Number | str) else target
    given = {each for each in map(number, several) if each == each}
    if len(given) > 1:
        raise UnreadableSeries("The target changes over time; a chart has one constant target.")
    return given.pop() if given else np.nan


def _refuse_unclear_trends(values: np.ndarray, groups: np.ndarray) -> None:
    for start in range(len(values) - TOGETHER + 1):
        seven = slice(start, start + TOGETHER)
        changes = np.diff(values[seven])
        known = changes[~np.isnan(changes)]
        unclear = len(known) < len(changes) and (np.all(known > 0) or np.all(known < 0))
        if unclear and len(set(groups[seven])) == 1:
            raise UnreadableSeries("A gap hides whether seven points in a row are a trend; fill it first.")
