"""From evidence to words: which teams are under strain, since when and because of what, with few false alarms.

Blocks are month × unit; a month's verdict uses nothing later.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

VERDICTS = np.array(["not_clear", "steady", "likely_strain", "clear_strain", "likely_easing", "clear_easing"])
NOT_CLEAR, STEADY, LIKELY, CLEAR, EASING = 0, 1, 2, 3, 2  # an easing is its strain's number plus EASING

BUDGET = 0.005  # the chance of a false alarm in a quiet team-month
CLEARLY = BUDGET / 10
DISCOVERY = (
    0.10  # of the alarms of a month, no more than this share is expected to be false (Benjamini and Hochberg 1995)
)
CLEAR_DISCOVERY = DISCOVERY / 10
HOLD = 0.01  # what has been said holds until evidence is weaker than this
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
    since: np.ndarray  # int: the month in which what is said began, -1 where nothing is said


def decide(strain: np.ndarray, easing: np.ndarray, present: np.ndarray, began: np.ndarray) -> Said:
    """What is said of each unit in each month.

    strain, easing: evidence as normal deviates, NaN where not judged. present: False where a unit has no figure at all.
    began: strain and easing × month × unit, the month in which the change began, were it said now.
    """
    months, units = strain.shape
    verdict, since = np.zeros((months, units), dtype=np.int8), np.full((months, units), -1)
    level, start = np.zeros((2, units), dtype=np.int8), np.full((2, units), -1)  # of strain and of easing
    for month in range(months):
        here = present[month]
        chances = np.where(here, 1 - ndtr(np.array([strain[month], easing[month]])), np.nan)
        judged = ~np.isnan(chances).any(axis=0)
        for side, chance in enumerate(chances):
            likely, clear = alarms(chance, BUDGET, DISCOVERY), alarms(chance, CLEARLY, CLEAR_DISCOVERY)
            with np.errstate(invalid="ignore"):
                likely |= (level[side] > 0) & (chance <= HOLD)
                clear |= (level[side] == 2) & (chance <= BUDGET)
            now = np.where(clear, 2, likely).astype(np.int8)
            start[side] = np.where(judged & (now > 0) & (level[side] == 0), began[side, month], start[side])
            level[side] = np.where(judged, now, level[side])  # where a month is missing, what was said waits
        with np.errstate(invalid="ignore"):
            weaker = np.array([chances[0] >= chances[1], chances[1] >= chances[0]])
        level = np.where(judged & (level > 0).all(axis=0) & weaker, 0, level)
        with np.errstate(invalid="ignore"):
            quiet = judged & (chances > UNSURE).all(axis=0)
        word = np.where(quiet, STEADY, NOT_CLEAR)
        word = np.where(level[1] > 0, LIKELY + EASING - 1 + level[1], word)
        word = np.where(level[0] > 0, LIKELY - 1 + level[0], word)
        verdict[month] = np.where(judged, word, NOT_CLEAR)
        same = verdict[month - 1] == verdict[month] if month else np.zeros(units, dtype=bool)
        since[month] = np.where(same, since[month - 1], month) if month else month
        for side in (1, 0):
            since[month] = np.where(judged & (level[side] > 0), start[side], since[month])
    return Said(verdict, since)
