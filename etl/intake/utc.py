"""Turns local times into UTC by Python's own rules of the time zone, as lists that DuckDB can look up a row at a time.

Of a time that stands twice, when clocks go back, the first is meant; one that clocks leap over is told by the clock before.
"""

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

YEARS = (1900, 2199)  # a date outside is a slip of the keyboard, or means "open"
WEEK, SECOND = 604_800_000_000, 1_000_000  # microseconds
EPOCH = dt.datetime(1970, 1, 1)
BEGINS = (dt.datetime(YEARS[0], 1, 1) - EPOCH) // dt.timedelta(microseconds=1)


@lru_cache(maxsize=4)
def turns(timezone: str) -> tuple[list[int], list[int]]:
    """For each week from the first day of `YEARS`: how far the clock is ahead of UTC as the week begins, and when in it the
    clock turns to how it stands as the next begins (both in microseconds; a week in which it does not turn says its end).

    No clock turns twice within one of these weeks, nor did since 1900. Days would do as well, but DuckDB copies the lists
    for every two thousand rows.
    """
    zone = ZoneInfo(timezone)

    def ahead(moment: int) -> int:
        local = EPOCH + dt.timedelta(microseconds=moment)
        return local.replace(tzinfo=zone).utcoffset() // dt.timedelta(microseconds=1)

    weeks = (dt.datetime(YEARS[1] + 1, 1, 1) - dt.datetime(YEARS[0], 1, 1)).days // 7 + 1
    offsets = [ahead(BEGINS + week * WEEK) for week in range(weeks + 1)]
    ends = [BEGINS + (week + 1) * WEEK for week in range(weeks)]
    for week in range(weeks):
        if offsets[week] != offsets[week + 1]:
            early, late = 0, WEEK // SECOND  # seconds of the week: still as it began, and no longer so
            while late - early > 1:
                middle = (early + late) // 2
                still = ahead(BEGINS + week * WEEK + middle * SECOND) == offsets[week]
                early, late = (middle, late) if still else (early, middle)
            ends[week] = BEGINS + week * WEEK + late * SECOND
    return offsets, ends


def utc_sql(local: str, offsets: str, ends: str) -> str:
    """The expression for a local time as UTC, where `offsets` and `ends` hold what `turns` says. Arithmetic on whole numbers
    costs a third of what DuckDB's own `timezone` does."""
    moment = f"epoch_us({local})"
    week = f"(({moment} - {BEGINS}) // {WEEK})::INTEGER"
    turned = f"CASE WHEN {moment} < list_extract({ends}, {week} + 1) THEN 1 ELSE 2 END"
    return f"make_timestamp({moment} - list_extract({offsets}, {week} + {turned}))"
