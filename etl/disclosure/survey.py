"""R9: a survey's wave is told once, after it has closed, and never while it can still be answered.

What an answer-sheet's figures must be, for the rules to hold for them: an indicator of class A in one of the survey
families, one row a team and wave in the wave's month, `people` the valid sheets, `people_in_numerator` those that answered
the item (of a share: those that answered so). One pattern holds for the whole family (R11): where "can't say" leaves one
item with too few answers in a team, none of the family's items is shown for that team alone.
"""

import calendar
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from etl.config.indicators import SURVEYS


@dataclass(frozen=True)
class Wave:
    """One round of a survey. `month` is the month that its figures stand under; `closed` the last day for answers."""

    month: dt.date
    closed: dt.date


def is_survey(family: str) -> bool:
    return family in SURVEYS


def told_to(waves: Iterable[Wave], as_of: dt.date) -> dt.date | None:
    """The last day for which survey figures may be told: `settled_to` of a survey's indicators. None: no wave has closed.

    A wave that is open holds back those of later months too; a wave that has closed is told in the next release, in which
    its figures are decided for good.
    """
    waves = sorted(waves, key=lambda wave: wave.month)
    closed = []
    for wave in waves:
        if wave.closed >= as_of:
            break
        closed.append(wave)
    if not closed:
        return None
    last = closed[-1].month
    return last.replace(day=calendar.monthrange(last.year, last.month)[1])
