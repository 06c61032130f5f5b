"""What the whole organisation shared in a month, season included: taken for no team's own strain, and told apart."""

from dataclasses import dataclass

import numpy as np

MEMORY = 0.97  # a month's weight in a history falls by this each month: it halves in two years
FEWEST_TEAMS = 4  # under this, a shared month cannot be told from a team's own
HUBER = 1.5  # standard deviations from which a team counts for less (Huber 1964)
ROUNDS = 4
RESOLUTION = 1e-3  # a team this near the others, as a share of what is expected, is not far from them
YEAR = 12
MOVED = 3.0  # standard deviations from which the whole organisation has moved
COMMON = 0.1  # how far months are thought to differ until there is experience, as a share
UNTOLD = 1e150
NORMAL = 0.6745  # the median distance from the middle, in standard deviations


class Shared:
    """For each indicator, month by month: what the teams had together over what their own histories let expect.

    A minority under strain hardly moves it: a team far from the others counts for less, and the caller's weights say
    which teams were quiet before.
    """

    def __init__(self, indicators: int, units: int):
        self.some, self.out_of = np.zeros((2, indicators, units))
        self.beyond, self.months = np.zeros((2, indicators))  # how far months differed, beyond chance

    def month(self, numerator: np.ndarray, denominator: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """The ratio of an indicator, 1 where it cannot be told; indicator × unit, NaN where missing; weights a unit."""
        present = ~np.isnan(numerator)
        # A history is a month longer than it is, at the rate of all: a team that never yet had what is rare counts too.
        rate = self.some.sum(axis=1, keepdims=True) / np.maximum(self.out_of.sum(axis=1, keepdims=True), 1e-300)
        month = np.where(present, denominator, 0)
        expected = month * (self.some + rate * month) / np.maximum(self.out_of + month, 1e-300)
        known = (expected > 0) & (weight > 0)
        ratio, usual, chance = _ratio(np.where(known, numerator, 0), np.where(known, expected, 0), known * weight)
        ratio = self._believed(ratio, chance)
        # Histories are winsorised as the ratio is: with plain means, a skewed indicator's ratio would sink month by month.
        centre, width = expected * ratio[:, None], usual[:, None] * np.sqrt(expected) + RESOLUTION * expected
        kept = np.where(expected > 0, np.clip(numerator, centre - width, centre + width), numerator)
        self.some = MEMORY * self.some + np.where(present, kept, 0)
        self.out_of = MEMORY * self.out_of + np.where(present, denominator * ratio[:, None], 0)
        return ratio

    def _believed(self, ratio: np.ndarray, chance: np.ndarray) -> np.ndarray:
        """The ratio, shrunk towards 1 by how much of it chance explains (empirical Bayes): where few teams have few events, a
        month of many would else make every team without one look as if it eased."""
        told = chance < UNTOLD
        self.beyond += np.where(told, (ratio - 1) ** 2 - chance, 0)
        self.months += told
        differ = np.maximum((self.beyond + YEAR * COMMON**2) / (self.months + YEAR), RESOLUTION**2)
        return np.where(told, 1 + (ratio - 1) * differ / (differ + np.where(told, chance, 0)), 1)


def _ratio(found: np.ndarray, expected: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each row one robust ratio, how far off still counts in full, in roots of what is expected, and the variance that
    chance gives the ratio."""
    some = weight > 0
    told = some.sum(axis=1) >= FEWEST_TEAMS
    expected = np.where(some, expected, 1)
    root = np.sqrt(expected)
    # From the middle it is not far. Where most teams have none of what is rare there is no middle, and nothing to be
    # robust against but the events themselves: there, it is the plain mean.
    middle = _medians(found / expected, some)
    rare = middle <= 0
    mean = (weight * found).sum(axis=1) / (weight * expected).sum(axis=1).clip(1e-300)
    ratio = np.where(rare, mean, middle)
    for _ in range(ROUNDS):
        off = np.abs(found - ratio[:, None] * expected) / root
        spread = np.where(
            rare, np.sqrt(_over((weight * off**2).sum(axis=1), weight.sum(axis=1))), _medians(off, some) / NORMAL
        )
        usual = HUBER * spread
        bound = usual[:, None] + RESOLUTION * root
        counts = weight * np.where(~rare[:, None] & (off > bound), bound / np.maximum(off, bound), 1)
        ratio = (counts * found).sum(axis=1) / np.maximum((counts * expected).sum(axis=1), 1e-300)
    told &= ratio > 0
    off = counts * (found - ratio[:, None] * expected)
    chance = (off**2).sum(axis=1) / np.maximum((counts * expected).sum(axis=1), 1e-150) ** 2
    return np.where(told, ratio, 1), np.where(told, usual, UNTOLD), np.where(told, chance, UNTOLD)


def _over(some: np.ndarray, many: np.ndarray) -> np.ndarray:
    return some / np.maximum(many, 1e-300)


def _medians(table: np.ndarray, some: np.ndarray) -> np.ndarray:
    """Of some of each row, 0 where there are none."""
    return np.array([np.median(row[here]) if here.any() else 0.0 for row, here in zip(table, some, strict=True)])


@dataclass(frozen=True)
class Organisation:
    """What all teams shared, month × indicator; a month's figures use nothing later.

    shared: the ratio to what histories expect. season: the part of it that the same month of earlier years lets expect; 1 in
    the first two years. moved: int8, 1 up or -1 down where the rest is more than is usual in this organisation, else 0.
    told: False for an indicator's first two years and where too few teams had it. rare: an indicator, True for a share of
    more than a half, where shared and season are of what is short of the whole.
    """

    shared: np.ndarray
    season: np.ndarray
    moved: np.ndarray
    told: np.ndarray
    rare: np.ndarray


def organisation(shared: np.ndarray, teams: np.ndarray, rare: np.ndarray) -> Organisation:
    """Splits the shared months, a ratio each month × indicator, into season and what is new.

    teams: how many had a figure, month × indicator; rare: as Organisation has it.
    """
    level = np.log(shared)
    enough = teams >= FEWEST_TEAMS
    told = enough & (np.cumsum(enough, axis=0) > 2 * YEAR)
    off, season, rest = np.full((3, *level.shape), np.nan)
    moved = np.zeros(level.shape, dtype=np.int8)
    for month in range(YEAR, len(level)):
        off[month] = level[month] - level[month - YEAR : month].mean(axis=0)
        before = off[month - YEAR :: -YEAR]
        before = before[~np.isnan(before).any(axis=1)]
        season[month] = before.mean(axis=0) if len(before) else 0.0
        rest[month] = off[month] - season[month]
        if month >= 2 * YEAR:
            usual = np.median(np.abs(rest[YEAR:month]), axis=0) / NORMAL
            beyond = np.abs(rest[month]) > MOVED * usual + RESOLUTION
            moved[month] = np.where(beyond & told[month], np.sign(rest[month]), 0)
    return Organisation(
        shared, np.exp(np.nan_to_num(season)), np.where(rare, -moved, moved).astype(np.int8), told, rare
    )
