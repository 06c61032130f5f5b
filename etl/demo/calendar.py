"""The months and days a demonstration covers. A day is a number, as `date.toordinal` counts; 1 is a Monday."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np

WARM_UP_WEEKS = 17  # lived through before the first month, so that it does not begin with everybody well


@dataclass(frozen=True)
class Calendar:
    months: list[dt.date]  # first days

    @classmethod
    def ending_before(cls, today: dt.date, months: int) -> "Calendar":
        """So many months, of which last month is the last."""
        end = today.year * 12 + today.month - 1
        return cls([dt.date(number // 12, number % 12 + 1, 1) for number in range(end - months, end)])

    @cached_property
    def starts(self) -> np.ndarray:
        """The first day of each month, and the first after the last."""
        last = self.months[-1]
        after = dt.date(last.year + last.month // 12, last.month % 12 + 1, 1)
        return np.array([month.toordinal() for month in [*self.months, after]])

    @property
    def first(self) -> int:
        return int(self.starts[0])

    @property
    def last(self) -> int:
        return int(self.starts[-1]) - 1

    @cached_property
    def mondays(self) -> range:
        monday = self.first - (self.first - 1) % 7
        return range(monday - 7 * WARM_UP_WEEKS, self.last + 1, 7)

    def month_of(self, day):
        """The number of the month; of days before the first, the first."""
        return np.clip(np.searchsorted(self.starts, day, side="right") - 1, 0, len(self.months) - 1)

    def end(self, month: int) -> int:
        return int(self.starts[month + 1]) - 1


def written(day: int) -> str:
    return dt.date.fromordinal(int(day)).strftime("%d/%m/%Y")


def clock_changes(first: int, last: int) -> list[int]:
    """The last Sundays of March and October between two days."""
    changes = []
    for year in range(dt.date.fromordinal(first).year, dt.date.fromordinal(last).year + 1):
        for month in (3, 10):
            end = dt.date(year, month, 31).toordinal()
            changes.append(end - end % 7)
    return [day for day in changes if first <= day <= last]
