"""From indicators to families to one evidence a unit, so that five echoes of one cause do not count as five.

An indicator counts for less the more it moves with others of its family when nothing is wrong, and so does a family among
families. Blocks are indicator × unit.
"""

import numpy as np
from scipy.special import gammaln, log_ndtr, ndtr, ndtri, ndtri_exp

PRIOR = 20.0  # team-months that experience needs to outweigh the fear that a family is nothing but echoes
CLIP = 4.0
SPARED = 0.5  # of a family's chance of a false alarm, added for a change of one indicator alone


class Echoes:
    """How indicators move together from one month to the next, which a lasting strain hardly touches."""

    def __init__(self, families: np.ndarray):
        self.names, self.family = np.unique(families, return_inverse=True)
        self.products = np.zeros((len(families), len(families)))
        self.counts = np.zeros((len(families), len(families)))
        self.before: np.ndarray | None = None

    def month(self, error: np.ndarray, weight: np.ndarray) -> None:
        if self.before is not None:
            change = np.clip(error - self.before, -CLIP, CLIP)
            there = ~np.isnan(change)
            change = np.where(there, change, 0)
            self.products += (change * weight) @ change.T
            self.counts += (there * weight) @ there.T.astype(float)
        self.before = error

    def correlation(self) -> np.ndarray:
        size = np.sqrt(np.diag(self.products) / np.maximum(np.diag(self.counts), 1))
        size = np.where(size > 0, size, 1)
        feared = PRIOR * (self.family[:, None] == self.family)
        correlation = (self.products / np.outer(size, size) + feared) / (self.counts + PRIOR)
        np.fill_diagonal(correlation, 1)
        return np.clip(correlation, -1, 1)

    def family_scores(self, distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(family × unit standardised, NaN where nothing is known; each family's weight among those known)."""
        correlation = self.correlation()
        scores = np.full((len(self.names), distance.shape[1]), np.nan)
        mixing = np.zeros((len(self.names), len(self.family)))
        for number in range(len(self.names)):
            some = self.family == number
            scores[number] = added(distance[some], correlation[np.ix_(some, some)])
            weights = 1 / np.maximum(correlation[np.ix_(some, some)], 0).sum(axis=1)
            mixing[number, some] = weights / np.sqrt(max(weights @ correlation[np.ix_(some, some)] @ weights, 1e-9))
        between = np.maximum(mixing @ correlation @ mixing.T, 0)
        there = ~np.isnan(scores)
        np.fill_diagonal(between, 1)
        return scores, np.where(there, 1 / np.maximum(between @ there, 1), 0)

    def lifted(self, scores: np.ndarray, alone: np.ndarray) -> np.ndarray:
        """Families' scores, or what the most changed indicator says by itself where that is more, however many there are to choose
        from: a family of ten whose rests alone have changed must not be hidden by the other nine.

        scores: family × unit; alone: indicator × unit; both standardised and NaN where not known.
        """
        lifted, correlation = scores.copy(), self.correlation()
        for number in range(len(self.names)):
            mine = self.family == number
            some = alone[mine]
            there = (~np.isnan(some)).astype(float)
            known = (there / np.maximum(np.maximum(correlation[np.ix_(mine, mine)], 0) @ there, 1)).sum(axis=0)
            chance = log_ndtr(-np.where(np.isnan(some), -np.inf, some).max(axis=0)) + np.log(
                np.maximum(known, 1) / SPARED
            )
            lifted[number] = np.where(
                known > 1, np.fmax(scores[number], -ndtri_exp(np.minimum(chance, -1e-9))), scores[number]
            )
        return lifted


def added(distance: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    """One standardised sum a unit of those indicators it has, echoes weighing less; NaN where it has none."""
    known = (~np.isnan(distance)).astype(float)
    weight = known / np.maximum(np.maximum(correlation, 0) @ known, 1e-9)
    variance = (weight * (correlation @ weight)).sum(axis=0)
    total = (weight * np.where(known > 0, distance, 0)).sum(axis=0)
    return np.where(variance > 0, total / np.sqrt(np.where(variance > 0, variance, 1)), np.nan)


def evidence(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """How much the families together have worsened, as a normal deviate; NaN where none is known.

    The likelihood ratio against "some are worse, none is better" (Kudo 1963): the sum of squares of those that are worse,
    which follows a mixture of chi-squareds when nothing is wrong.
    """
    families = weights.sum(axis=0)
    worse = (weights * np.maximum(np.nan_to_num(scores), 0) ** 2).sum(axis=0)
    below = np.maximum(np.floor(families), 1)
    part = np.clip(families - below, 0, 1)
    tail = (1 - part) * _tail(worse, below) + part * _tail(worse, below + 1)
    return np.where(families > 0, -ndtri(np.clip(tail, 1e-300, 1 - 1e-15)), np.nan)


def _tail(worse: np.ndarray, families: np.ndarray) -> np.ndarray:
    """The chance of at least so much with so many independent families."""
    tail = np.where(worse > 0, 0.0, 0.5**families)
    half = worse / 2
    # Chi-squared's tails for an odd and an even number of families, each two more adding a term (Abramowitz, Stegun 26.4).
    tails = [np.zeros(len(worse)), 2 * ndtr(-np.sqrt(worse)), np.exp(-half)]
    choose = 0.5**families
    for some in range(1, int(families.max(initial=1)) + 1):
        if some > 2:
            term = np.exp((some / 2 - 1) * np.log(np.maximum(half, 1e-300)) - half - gammaln(some / 2))
            tails.append(tails[some - 2] + term)
        choose = choose * np.maximum(families - some + 1, 0) / some
        tail = tail + choose * tails[some]
    return tail
