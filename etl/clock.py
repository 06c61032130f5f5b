"""Turns local times into UTC by Python's own rules of the time zone, as lists that DuckDB can look up a row at a time.

Of a time that stands twice, when clocks go back, the first is meant; one that clocks leap over is told by the clock before.
"""

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

YEARS = (1900, 2199)  # a date outside is a slip of the keyboard, or means "open"
RECENT = 5  # years before this one, of which nearly every moment is
DAY = 86_400_000_000  # microseconds
EPOCH = dt.datetime(1970, 1, 1)
BEGINS = (dt.datetime(YEARS[0], 1, 1) - EPOCH) // dt.timedelta(microseconds=1)


@lru_cache(maxsize=4)
def turns(timezone: str) -> tuple[list[int], list[int]]:
    """For each day from the first of `YEARS`: how far the clock is ahead of UTC as the day begins, and when in that day it
    turns to how it stands as the next begins (both in microseconds; a day in which it does not turn says its end)."""
    zone = ZoneInfo(timezone)

    def ahead(local: dt.datetime) -> int:
        return local.replace(tzinfo=zone).utcoffset() // dt.timedelta(microseconds=1)

    days = (dt.datetime(YEARS[1] + 1, 1, 1) - dt.datetime(YEARS[0], 1, 1)).days + 1
    midnights = [dt.datetime(YEARS[0], 1, 1) + dt.timedelta(days=day) for day in range(days)]
    offsets, ends = [], [BEGINS + (day + 1) * DAY for day in range(days)]
    for week in range(0, days, 7):  # no clock turns and turns back within a week, so most days need not be looked at
        begin, end = ahead(midnights[week]), ahead(midnights[min(week + 7, days - 1)])
        several = midnights[week : week + 7]
        offsets += [begin] * len(several) if begin == end else [ahead(midnight) for midnight in several]
    for day, midnight in enumerate(midnights[:-1]):
        if offsets[day] != offsets[day + 1]:
            early, late = 0, 86_400  # seconds of the day: still as it began, and no longer so
            while late - early > 1:
                middle = (early + late) // 2
                still = ahead(midnight + dt.timedelta(seconds=middle)) == offsets[day]
                early, late = (middle, late) if still else (early, middle)
            ends[day] = BEGINS + day * DAY + late * 1_000_000
    return offsets, ends


def utc_sql(local: str, timezone: str, offsets: str, ends: str) -> str:
    """The expression for a local time as UTC, where `offsets` and `ends` hold what `turns` says. Arithmetic on whole numbers
    costs a tenth of what DuckDB's own `timezone` does, and the turns of these years, told one by one, a third of that."""
    moment = f"epoch_us({local})"
    day = f"(({moment} - {BEGINS}) // {DAY})::INTEGER"
    offset = f"list_extract({offsets}, {day} + CASE WHEN {moment} < list_extract({ends}, {day} + 1) THEN 1 ELSE 2 END)"
    first, last = (midnight_of(dt.datetime.now(dt.UTC).year + years) for years in (-RECENT, 2))
    told, untold = turns(timezone), f"{local} IS NULL OR {moment} >= {last} OR {moment} < {first}"
    recent = [day for day in range((first - BEGINS) // DAY, (last - BEGINS) // DAY) if told[0][day] != told[0][day + 1]]
    cases = " ".join(f"WHEN {moment} >= {told[1][day]} THEN {told[0][day + 1]}" for day in reversed(recent))
    before = told[0][(first - BEGINS) // DAY]
    return f"make_timestamp({moment} - CASE WHEN {untold} THEN {offset} {cases} ELSE {before} END)"


def midnight_of(year: int) -> int:
    return (dt.datetime(year, 1, 1) - EPOCH) // dt.timedelta(microseconds=1)
