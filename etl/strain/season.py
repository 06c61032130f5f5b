"""What the whole organisation shared in a month, season included, so that it is taken for no team's own strain."""

import numpy as np

MEMORY = 0.97  # a month's weight in a history falls by this each month: it halves in two years
FEWEST_TEAMS = 4  # under this, a shared month cannot be told from a team's own
HUBER = 1.5  # standard deviations from which a team counts for less (Huber 1964)
ROUNDS = 4
NORMAL = 0.6745  # the median distance from the middle, in standard deviations


class Shared:
    """For each indicator, month by month: what the teams had together over what their own histories let expect.

    A minority under strain hardly moves it: a team far from the others counts for less, and the caller's weights say
    which teams were quiet before.
    """

    def __init__(self, indicators: int, units: int):
        self.some, self.out_of = np.zeros((2, indicators, units))

    def month(self, numerator: np.ndarray, denominator: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """The ratio of an indicator, 1 where it cannot be told; indicator × unit, NaN where missing; weights a unit."""
        present = ~np.isnan(numerator)
        expected = np.where(present & (self.out_of > 0), denominator * self.some / np.maximum(self.out_of, 1e-300), 0)
        known = (expected > 0) & (weight > 0)
        ratio, usual = _ratio(np.where(known, numerator, 0), np.where(known, expected, 0), known * weight)
        # Histories are winsorised as the ratio is: with plain means, a skewed indicator's ratio would sink month by month.
        centre, width = expected * ratio[:, None], HUBER * usual[:, None] * np.sqrt(expected)
        kept = np.where(expected > 0, np.clip(numerator, centre - width, centre + width), numerator)
        self.some = MEMORY * self.some + np.where(present, kept, 0)
        self.out_of = MEMORY * self.out_of + np.where(present, denominator * ratio[:, None], 0)
        return ratio


def _ratio(found: np.ndarray, expected: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each row one robust ratio, and how far off is usual, in roots of what is expected."""
    told = (weight > 0).sum(axis=1) >= FEWEST_TEAMS
    huber, root = np.ones(found.shape), np.sqrt(np.where(expected > 0, expected, 1))
    for _ in range(ROUNDS):
        total = (weight * huber * expected).sum(axis=1)
        ratio = (weight * huber * found).sum(axis=1) / np.where(total > 0, total, 1)
        off = np.abs(found - ratio[:, None] * expected) / root
        usual = np.array(
            [np.median(row[some]) if some.any() else 0.0 for row, some in zip(off, weight > 0, strict=True)]
        )
        usual /= NORMAL
        huber = np.minimum(1, HUBER * usual[:, None] / np.where(off > 0, off, np.inf).clip(1e-300))
        huber = np.where(off > HUBER * usual[:, None], huber, 1)
    told &= ratio > 0
    return np.where(told, ratio, 1), np.where(told, usual, 1e150)
