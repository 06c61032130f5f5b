"""Writes an extract whole: columns of cells to a CSV in the inbox, as old as a real one would be."""

import csv
import datetime as dt
import io
import os
import re
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from etl.demo import names
from etl.demo.calendar import Calendar
from etl.demo.staff import Staff
from etl.paths import Workspace, appearing

OURS = re.compile(
    r"(rota_\d{4}-\d\d(_corrected)?|(staff|sickness|leavers|leave_balance|patients|sickness_return)_\d{4}"
    r"|roster_period|establishment|teams|crosswalk|events|targets|staffing_return)\.csv"
)
LAST_MONTH_SENT, OTHERS_SENT = 4, 13  # the day of the next month on which an extract was made
MINUTES = 1440


class Inbox:
    """Where the extracts go. `today` is the day of the demonstration: no extract is newer."""

    def __init__(self, workspace: Workspace, calendar: Calendar, today: dt.date):
        self.workspace, self.calendar, self.today = workspace, calendar, today

    @property
    def newest(self) -> dt.date:
        """When the newest extracts were made: too early for last month to be settled."""
        return min(self.today, dt.date.fromordinal(int(self.calendar.starts[-1])).replace(day=LAST_MONTH_SENT))

    def made_after(self, month: int, day: int = OTHERS_SENT) -> dt.date:
        """When a month's extract was made, early in the next."""
        return min(self.newest, dt.date.fromordinal(int(self.calendar.starts[month + 1])).replace(day=day))

    def made_after_year(self, year: int) -> dt.date:
        return min(self.newest, dt.date(year + 1, 1, OTHERS_SENT))

    def write(self, name: str, columns: dict[str, pa.Array], made: dt.date) -> Path:
        table = pa.table(columns)
        options = pa.csv.WriteOptions(include_header=False, quoting_style="none")  # fails where a mark would be needed
        with self._appearing(name, made) as path, path.open("wb") as file:
            file.write((",".join(columns) + "\n").encode())
            pa.csv.write_csv(table, file, options)
        return self.workspace.inbox / name

    def write_rows(self, name: str, rows: list[list], made: dt.date) -> Path:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        with self._appearing(name, made) as path:
            path.write_text(text.getvalue(), encoding="utf-8")
        return self.workspace.inbox / name

    def _appearing(self, name: str, made: dt.date) -> "_Aged":
        return _Aged(self.workspace, name, made)


class _Aged:
    """A file that appears whole, with the time of its making."""

    def __init__(self, workspace: Workspace, name: str, made: dt.date):
        self.path, self.made = workspace.inbox / name, made
        self.opened = appearing(self.path, workspace.work)

    def __enter__(self) -> Path:
        return self.opened.__enter__()

    def __exit__(self, *error) -> None:
        self.opened.__exit__(*error)
        if error == (None, None, None):
            moment = dt.datetime.combine(self.made, dt.time(6), dt.UTC).timestamp()
            os.utime(self.path, (moment, moment))


# ---- cells -----------------------------------------------------------------------------------------------------------


def words(listed, which: np.ndarray) -> pa.Array:
    """The word at each place; empty where the place is below 0."""
    which = np.asarray(which)
    return pa.array(listed, pa.string()).take(pa.array(np.maximum(which, 0), mask=which < 0))


def numbers(values: np.ndarray, missing: int | None = None) -> pa.Array:
    values = np.asarray(values)
    return pa.array(values, mask=None if missing is None else values == missing)


def days(values: np.ndarray, ending: str = "", none: np.ndarray | None = None) -> pa.Array:
    """Days as 31/01/2026; `none` marks those that are left empty."""
    values = np.asarray(values, np.int64)
    none = np.zeros(len(values), bool) if none is None else none
    return words(_written_days(ending), np.where(none, -1, values - EPOCH))


def moments(values: np.ndarray, none: int | None = None) -> pa.Array:
    """Minutes since day 0 as 31/01/2026 07:00."""
    values = np.asarray(values, np.int64)
    missing = np.zeros(len(values), bool) if none is None else values == none
    there = values[~missing]
    if not len(there):
        return pa.nulls(len(values), pa.string())
    first, last = int(there.min()) // MINUTES, int(there.max()) // MINUTES
    return _written_minutes(first, last).take(pa.array(np.where(missing, 0, values - first * MINUTES), mask=missing))


EPOCH = dt.date(1900, 1, 1).toordinal()
_UNTIL = dt.date(2199, 12, 31).toordinal()


@lru_cache(maxsize=4)
def _written_days(ending: str) -> pa.Array:
    all_days = (dt.date.fromordinal(day) for day in range(EPOCH, _UNTIL + 1))
    return pa.array([f"{day.day:02}/{day.month:02}/{day.year}{ending}" for day in all_days])


@lru_cache(maxsize=2)
def _written_minutes(first: int, last: int) -> pa.Array:
    count = last - first + 1
    clock = pa.array([f"{minute // 60:02}:{minute % 60:02}" for minute in range(MINUTES)])
    each_day = _written_days("").slice(first - EPOCH, count).take(pa.array(np.repeat(np.arange(count), MINUTES)))
    return pc.binary_join_element_wise(each_day, clock.take(pa.array(np.tile(np.arange(MINUTES), count))), " ")


def staff_numbers(numbers_: np.ndarray) -> list[str]:
    """Eight digits, as ESR writes them."""
    return [f"{number:08}" for number in np.asarray(numbers_).tolist()]


def assignment_numbers(staff: Staff) -> list[str]:
    held = staff.assignments
    whole = staff_numbers(held.number[: held.count])
    return [
        number if suffix == 1 else f"{number}-{suffix}"
        for number, suffix in zip(whole, held.suffix[: held.count].tolist(), strict=True)
    ]


def who_they_are(number: np.ndarray) -> dict[str, pa.Array]:
    """Columns nobody asks for, and which must never be loaded: made up from the staff number, and of nobody."""
    number = np.asarray(number, np.int64)
    born = dt.date(1960, 1, 1).toordinal() + number * 31 % 15_000
    digits = number * 17 % 1_000_000
    return {
        "Last Name": words(names.LAST_NAMES, number * 7 // 11 % len(names.LAST_NAMES)),
        "First Name": words(names.FIRST_NAMES, number * 13 // 17 % len(names.FIRST_NAMES)),
        "Date of Birth": days(born),
        # QQ begins no National Insurance number.
        "NI Number": pa.array([f"QQ{digit:06}{'ABCD'[digit % 4]}" for digit in digits.tolist()]),
    }
