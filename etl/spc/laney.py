"""Control limits for shares and rates with small or uneven denominators, for the analyst who doubts an XmR chart of them.

XmR takes the points of a series for equally sure; here each point's limits follow from its own denominator. Laney's p′ and
u′ also measure how much the points vary beyond chance, as moving ranges do. Tables have a row a series and a column a
point, NaN where a value is missing.

Formulas: Laney, "Improved control charts for attributes", Quality Engineering 14(4), 2002; for I′, Taylor, "Normalized
individuals control chart", variation.com.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from etl.spc import group_stats
from etl.spc.xmr import UnreadableSeries

EXPECTED_RANGE = 1.128  # average moving range of chance alone, in standard deviations
SIGMAS, WARNING = 3, 2
ROUNDING = 1e-12  # of the centre: else a share that never changes might lie beyond limits without width


@dataclass(frozen=True)
class Limits:
    """Tables in the unit of the shares; NaN where undefined."""

    value: np.ndarray
    centre: np.ndarray
    sigma: np.ndarray  # one standard deviation at each point
    least: float = -np.inf  # what no value can be under, or over
    most: float = np.inf

    def at(self, sigmas: float) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper limits so many standard deviations from the centre."""
        width = sigmas * self.sigma
        return np.maximum(self.centre - width, self.least), np.minimum(self.centre + width, self.most)

    @property
    def outside(self) -> np.ndarray:
        lower, upper = self.at(SIGMAS)
        hair = ROUNDING * np.abs(self.centre)
        return (self.value < lower - hair) | (self.value > upper + hair)


@dataclass(frozen=True)
class Method:
    """A kind of chart; its name belongs on it."""

    name: str
    variance: Callable[[np.ndarray], np.ndarray]  # by chance alone, of one trial, where the centre is so
    most: float
    beyond_chance: bool  # limits also follow how much the points vary


def _of_shares(centre: np.ndarray) -> np.ndarray:
    return centre * (1 - centre)


def _of_rates(centre: np.ndarray) -> np.ndarray:
    return centre


METHODS = {
    "p": Method("p chart", _of_shares, 1, False),
    "p_prime": Method("p′ chart (Laney)", _of_shares, 1, True),
    "u": Method("u chart", _of_rates, np.inf, False),
    "u_prime": Method("u′ chart (Laney)", _of_rates, np.inf, True),
}


def limits(
    events: ArrayLike,
    out_of: ArrayLike,
    method: Method,
    groups: ArrayLike = 0,
    fix_after_n: float = np.inf,
    screen_outliers: bool = False,
) -> Limits:
    """Limits of events / out_of, cut to what is possible; raises UnreadableSeries.

    A point out of 0, or with either number missing, has no value and no limits, and moving ranges do not bridge it.
    Where all or no events happened, p′ and u′ have no limits. Both may also narrow limits: nothing widens them to chance.
    groups, fix_after_n: as for `spc.chart`, here with any number of points; screen_outliers: moving ranges far too wide
    do not widen p′ and u′.
    """
    events, out_of = _known(events, out_of)
    value = events / out_of
    if (value < 0).any() or (value > method.most).any():
        raise UnreadableSeries("There cannot be fewer events than none, nor more than what they are out of.")
    groups = _groups(groups, events)
    base = _baseline(events, groups, fix_after_n)
    centre = _pooled(events, out_of, base, groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        sigma = np.sqrt(method.variance(centre) / out_of)
        if method.beyond_chance:
            scores = np.where(base, (value - centre) / sigma, np.nan)
            ranges = np.abs(group_stats.changes(scores, groups))
            sigma = sigma * group_stats.average_range(ranges, groups, screen_outliers) / EXPECTED_RANGE
    return Limits(value, centre, sigma, 0, method.most)


def individuals(
    values: ArrayLike, groups: ArrayLike = 0, fix_after_n: float = np.inf, screen_outliers: bool = False
) -> Limits:
    """An I chart: XmR's limits but for 3/1.128 in place of 2.66."""
    values = np.asarray(values, dtype=float)
    groups = _groups(groups, values)
    base = _baseline(values, groups, fix_after_n)
    ranges = np.abs(group_stats.changes(np.where(base, values, np.nan), groups))
    sigma = group_stats.average_range(ranges, groups, screen_outliers) / EXPECTED_RANGE
    return Limits(values, group_stats.mean(values, base, groups), sigma)


def weighted_individuals(
    amounts: ArrayLike,
    out_of: ArrayLike,
    groups: ArrayLike = 0,
    fix_after_n: float = np.inf,
    screen_outliers: bool = False,
) -> Limits:
    """An I′ chart of amounts / out_of: as an I chart, but a point out of more has narrower limits; never cut."""
    amounts, out_of = _known(amounts, out_of)
    groups = _groups(groups, amounts)
    value = amounts / out_of
    base = _baseline(value, groups, fix_after_n)
    changes = group_stats.changes(np.where(base, value, np.nan), groups)
    unsureness = 1 / out_of + group_stats.shifted(1 / out_of, 1)
    ranges = np.sqrt(np.pi / 2) * np.abs(changes) / np.sqrt(unsureness)
    sigma = group_stats.average_range(ranges, groups, screen_outliers) / np.sqrt(out_of)
    return Limits(value, _pooled(amounts, out_of, base, groups), sigma)


def _known(events: ArrayLike, out_of: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Both as tables, NaN where either is missing or nothing was counted."""
    events, out_of = np.asarray(events, dtype=float), np.asarray(out_of, dtype=float)
    if events.ndim != 2 or events.shape != out_of.shape or not events.size or np.isinf([events, out_of]).any():
        raise UnreadableSeries("Limits need two tables of finite numbers alike in shape: events, and out of how many.")
    if (out_of < 0).any():
        raise UnreadableSeries("Nothing can be out of fewer than none.")
    known = (out_of > 0) & ~np.isnan(events)
    return np.where(known, events, np.nan), np.where(known, out_of, np.nan)


def _groups(groups: ArrayLike, values: np.ndarray) -> np.ndarray:
    return group_stats.numbered(np.broadcast_to(groups, values.shape))


def _baseline(values: np.ndarray, groups: np.ndarray, fix_after_n: float) -> np.ndarray:
    return ~np.isnan(values) & (group_stats.place(groups) + 1 <= fix_after_n)


def _pooled(events: np.ndarray, out_of: np.ndarray, base: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """All a group's events out of all they are out of."""
    sums = [group_stats.total(np.where(base, table, 0), groups) for table in (events, out_of)]
    with np.errstate(invalid="ignore"):
        return (sums[0] / sums[1]).astype(float)
