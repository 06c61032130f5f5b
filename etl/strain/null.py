"""How evidence spreads where nothing is wrong, learned from the organisation's own history: an empirical null.

Efron's central matching (Journal of the American Statistical Association 99, 2004): only scores near the middle are looked
at, and the normal that would look so there is fitted. A minority under strain lies outside and can hardly widen it.
"""

import numpy as np
from scipy.special import ndtr, ndtri

CENTRE = 1.5  # scores within this of 0 are near the middle
MEMORY = 0.95  # what was quiet lately counts more
PRIOR = 200.0  # team-months that experience needs to outweigh theory, a standard normal
SPREADS = np.linspace(0.5, 4, 351)
TAIL = 0.98  # of an indicator's scores lie nearer the middle than where its tail is looked at
EDGES = np.linspace(0, 10, 101)
# Of what the families say together: nearer the tail, since that is what alarms come from; and steadier.
TOGETHER = {"centre": 2.0, "memory": 0.98, "prior": 1000.0}


def _near(spread: np.ndarray, centre: float) -> np.ndarray:
    """The variance of a normal about 0 cut off at the edges of the middle."""
    edge = centre / spread
    density = np.exp(-(edge**2) / 2) / np.sqrt(2 * np.pi)
    return spread**2 * (1 - 2 * edge * density / (2 * ndtr(edge) - 1))


class Null:
    """The middle and the spread of each family's scores in quiet teams; theory's until there is experience."""

    def __init__(self, families: int, centre: float = CENTRE, memory: float = MEMORY, prior: float = PRIOR):
        self.count, self.sum, self.squares = np.zeros((3, families))
        self.centre, self.memory, self.prior = centre, memory, prior
        self.near = _near(SPREADS, centre)

    def learn(self, scores: np.ndarray) -> None:
        """A month's scores, family × unit, NaN where there is none."""
        near = np.abs(scores) <= self.centre
        self.count = self.memory * self.count + near.sum(axis=1)
        self.sum = self.memory * self.sum + np.where(near, scores, 0).sum(axis=1)
        self.squares = self.memory * self.squares + np.where(near, scores**2, 0).sum(axis=1)

    def standardised(self, scores: np.ndarray) -> np.ndarray:
        """The scores as they would be, were quiet ones standard normal."""
        count = self.count + self.prior
        middle = self.sum / count
        variance = (self.squares + self.prior * _near(np.array(1.0), self.centre)) / count - middle**2
        spread = np.interp(variance, self.near, SPREADS)
        return (scores - (middle * spread**2 / variance)[:, None]) / spread[:, None]


class Tails:
    """How far each indicator by itself goes astray in this organisation: a scale for those whose tails are heavier than a
    normal's. Nothing is taken out for strain, so an indicator that jumps in many teams is not told alone."""

    def __init__(self, indicators: int):
        expected = np.diff(2 * ndtr(np.append(EDGES, np.inf)))
        self.counts = np.tile(PRIOR * expected, (indicators, 1))

    def learn(self, scores: np.ndarray) -> None:
        """A month's scores, indicator × unit, NaN where there is none."""
        rows, units = np.nonzero(~np.isnan(scores))
        bins = np.searchsorted(EDGES, np.abs(scores[rows, units]), side="right") - 1
        np.add.at(self.counts, (rows, bins), 1)

    def standardised(self, scores: np.ndarray) -> np.ndarray:
        below = np.cumsum(self.counts, axis=1) / self.counts.sum(axis=1, keepdims=True)
        reached = EDGES[np.argmax(below >= TAIL, axis=1)]
        return scores / np.maximum(reached / ndtri((1 + TAIL) / 2), 1)[:, None]


def mirrored(evidences: np.ndarray) -> np.ndarray:
    """Evidence of strain and of easing as one row about 0: only how far it spreads upwards matters, alike for both."""
    upwards = np.where(evidences > 0, evidences, np.nan).reshape(1, -1)
    return np.concatenate([upwards, -upwards], axis=1)
