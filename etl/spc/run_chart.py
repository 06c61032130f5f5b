"""Run charts, for the analyst who wants no limits: does the line cross its median too seldom, or stay too long on a side?

The two tests are Anhøj's (Anhøj and Olesen, "Run charts revisited", PLoS ONE 9(11), 2014), and fit any centre line. They
are no part of Making Data Count's rules.
"""

from dataclasses import dataclass
from itertools import groupby
from math import comb, isnan, log2

import numpy as np

from etl.spc.laney import Limits


@dataclass(frozen=True)
class Crossings:
    """Numbers of points; None where no point is off the centre."""

    n_useful: int  # off the centre: the others are left out
    longest_run: int | None = None
    longest_run_max: int | None = None  # what chance still explains
    n_crossings: int | None = None
    n_crossings_min: int | None = None

    @property
    def runs_signal(self) -> bool:
        return bool(self.n_useful) and (
            self.longest_run > self.longest_run_max or self.n_crossings < self.n_crossings_min
        )


def crossings(values: list[float], centre: float) -> Crossings:
    """values: one series in order of time, NaN where missing."""
    above = [value > centre for value in values if not isnan(value) and value != centre]
    if not above:
        return Crossings(0)
    runs = [len([*run]) for _, run in groupby(above)]
    return Crossings(
        len(above), max(runs), round(log2(len(above))) + 3, len(runs) - 1, _fewest_by_chance(len(above) - 1)
    )


def run_chart(values: np.ndarray, groups: np.ndarray, fix_after_n: float = np.inf) -> Limits:
    """One series, as tables of a row: its groups' medians, from the first n points of each, and no limits."""
    centre = np.full(values.shape, np.nan)
    for group in np.unique(groups):
        here = groups == group
        first = values[here][: int(min(fix_after_n, here.sum()))]
        known = first[~np.isnan(first)]
        centre[here] = np.median(known) if known.size else np.nan
    return Limits(values, centre, np.full(values.shape, np.nan))


def _fewest_by_chance(chances: int) -> int:
    """The 5% quantile of crossings: heads in so many tosses of a coin, in whole numbers and so exact."""
    fewest, ways = 0, 1
    while 20 * ways < 2**chances:
        fewest += 1
        ways += comb(chances, fewest)
    return fewest
