"""How evidence spreads where nothing is wrong, learned from the organisation's own history: an empirical null.

Efron's central matching (Journal of the American Statistical Association 99, 2004): only scores near the middle are looked
at, and the normal that would look so there is fitted. A minority under strain lies outside and can hardly widen it.
"""

import numpy as np
from scipy.special import ndtr

CENTRE = 1.5  # scores within this of 0 are near the middle
MEMORY = 0.95  # what was quiet lately counts more
PRIOR = 200.0  # team-months that experience needs to outweigh theory, a standard normal
SPREADS = np.linspace(0.5, 4, 351)


def _near(spread: np.ndarray) -> np.ndarray:
    """The variance of a normal about 0 cut off at the edges of the middle."""
    edge = CENTRE / spread
    density = np.exp(-(edge**2) / 2) / np.sqrt(2 * np.pi)
    return spread**2 * (1 - 2 * edge * density / (2 * ndtr(edge) - 1))


NEAR = _near(SPREADS)


class Null:
    """The middle and the spread of each family's scores in quiet teams; theory's until there is experience."""

    def __init__(self, families: int):
        self.count, self.sum, self.squares = np.zeros((3, families))

    def learn(self, scores: np.ndarray) -> None:
        """A month's scores, family × unit, NaN where there is none."""
        near = np.abs(scores) <= CENTRE
        self.count = MEMORY * self.count + near.sum(axis=1)
        self.sum = MEMORY * self.sum + np.where(near, scores, 0).sum(axis=1)
        self.squares = MEMORY * self.squares + np.where(near, scores**2, 0).sum(axis=1)

    def standardised(self, scores: np.ndarray) -> np.ndarray:
        """The scores as they would be, were quiet ones standard normal."""
        count = self.count + PRIOR
        middle = self.sum / count
        variance = (self.squares + PRIOR * _near(np.array(1.0))) / count - middle**2
        spread = np.interp(variance, NEAR, SPREADS)
        return (scores - (middle * spread**2 / variance)[:, None]) / spread[:, None]
