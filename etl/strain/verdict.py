"""From evidence to words: which teams are under strain, since when and because of what, with few false alarms.

Blocks are month × unit; a month's verdict uses nothing later.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

VERDICTS = np.array(["not_clear", "steady", "likely_strain", "clear_strain", "likely_easing", "clear_easing"])
NOT_CLEAR, STEADY = 0, 1
LIKELY = np.array([2, 4])  # strain, easing; clear is one more

BUDGET = 0.0035  # the chance of an alarm in a quiet team-month; alarms last, and together stay under 0.5 in 100
CLEARLY = BUDGET / 10
DISCOVERY = (
    0.10  # of the alarms of a month, no more than this share is expected to be false (Benjamini and Hochberg 1995)
)
CLEAR_DISCOVERY = DISCOVERY / 10
HOLD = 0.006  # what has been said holds until evidence is weaker than this
UNSURE = 0.05  # weaker evidence than an alarm's, yet too much for "steady"


def alarms(chance: np.ndarray, budget: float, discovery: float) -> np.ndarray:
    """Which of a month's chances are alarms, within both budgets; NaN is none."""
    known = np.flatnonzero(~np.isnan(chance))
    order = known[np.argsort(chance[known], kind="stable")]
    within = chance[order] <= discovery * np.arange(1, len(order) + 1) / max(len(order), 1)
    last = order[: np.flatnonzero(within)[-1] + 1] if within.any() else order[:0]
    found = np.zeros(len(chance), dtype=bool)
    found[last] = True
    return found & (chance <= budget)


@dataclass(frozen=True)
class Said:
    """month × unit."""

    verdict: np.ndarray  # int8, of VERDICTS
    since: np.ndarray  # int: the month in which what is said began


def decide(strain: np.ndarray, easing: np.ndarray, present: np.ndarray, began: np.ndarray) -> Said:
    """What is said of each unit in each month.

    strain, easing: evidence as normal deviates, NaN where not judged. present: False where a unit has no figure at all.
    began: strain and easing × month × unit, the month in which the change began, were it said now.
    """
    months, units = strain.shape
    verdict, since = np.zeros((months, units), dtype=np.int8), np.full((months, units), -1)
    level, start = np.zeros((2, 2, units), dtype=int)  # of strain and of easing; 1 is likely, 2 clear
    for month in range(months):
        chances = np.where(present[month], ndtr(-np.array([strain[month], easing[month]])), np.nan)
        judged = ~np.isnan(chances).any(axis=0)
        now = np.array([_level(chance, before) for chance, before in zip(chances, level, strict=True)])
        now[:, (now > 0).all(axis=0)] *= chances[:, (now > 0).all(axis=0)] < chances[::-1, (now > 0).all(axis=0)]
        start = np.where(judged & (now > 0) & (level == 0), began[:, month], start)
        level = np.where(judged, now, level)  # where a month is missing, what was said waits
        word = np.where((chances > UNSURE).all(axis=0), STEADY, NOT_CLEAR)
        for side in (0, 1):
            word = np.where(level[side] > 0, LIKELY[side] - 1 + level[side], word)
        verdict[month] = np.where(judged, word, NOT_CLEAR)
        unchanged = verdict[month] == verdict[month - 1] if month else np.zeros(units, dtype=bool)
        since[month] = np.where(unchanged, since[month - 1], month)
        for side in (0, 1):
            since[month] = np.where(judged & (level[side] > 0), start[side], since[month])
    return Said(verdict, since)


def _level(chance: np.ndarray, before: np.ndarray) -> np.ndarray:
    """1 for likely, 2 for clear, 0 for neither; what was said before holds a little longer."""
    clear = alarms(chance, CLEARLY, CLEAR_DISCOVERY) | ((before == 2) & (chance <= BUDGET))
    likely = alarms(chance, BUDGET, DISCOVERY) | ((before > 0) & (chance <= HOLD))
    return np.where(clear, 2, likely.astype(int))
