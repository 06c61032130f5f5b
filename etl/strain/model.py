"""How far each indicator stands from its unit's own past, in standard deviations: observed against expected.

Expected is the unit's own history, shrunk towards teams alike, times what the organisation shared that month. The variance
is fitted, not assumed: chance and what goes beyond it (phi E + kappa E²), a unit's own factor on that, and how much a month
resembles the months before. Blocks are indicator × unit.
"""

import numpy as np

from etl.strain.season import MEMORY

RECENT = np.array([1, 1, 0.7, 0.4])  # what this month and the three before count
APART = 6  # the newest months are no part of the history they are held against
LAGS = len(RECENT) - 1
FEWEST_MONTHS = 6  # of history, before anything is judged
FEWEST_TEAMS = 4  # before teams are compared
CLIP = 3.0  # a single month counts for no more than this many standard deviations
RESOLUTION = 1e-3  # no change under this share of a figure is one
PRIOR = 200.0  # team-months that pooled figures need to outweigh what is assumed without data: a normal, without memory
LARGEST = 10.0


class Expectation:
    """What histories let expect, and how surely; learns a month at a time."""

    def __init__(self, indicators: int, units: int):
        shape = indicators, units
        self.some, self.out_of, self.count = np.zeros((3, *shape))  # the history: winsorised, and a count of months
        self.own, self.own_count = np.zeros((2, *shape))  # squared errors over what the pooled variance says
        self.phi, self.kappa = np.full(indicators, np.nan), np.zeros(indicators)
        self.fit = np.zeros((5, indicators))
        self.lagged, self.lagged_count = np.zeros((LAGS, indicators)), np.full((LAGS, indicators), PRIOR)
        self.fourth, self.fourth_count = np.full(indicators, 2 * PRIOR), np.full(indicators, PRIOR)
        self.past: list[tuple[np.ndarray, ...]] = []  # the state before each of the newest months
        self.recent: list[tuple[np.ndarray, ...]] = []
        self.errors: list[np.ndarray] = []

    def month(
        self, numerator: np.ndarray, denominator: np.ndarray, shared: np.ndarray, weight: np.ndarray, parent: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """(the recent months' distance from expected, this month's alone), NaN where not judged."""
        present = ~np.isnan(numerator)
        found, exposed = np.where(present, numerator, 0), np.where(present, denominator * shared[:, None], 0)
        rate, strength = alike(self.some, self.out_of, self.count, self.phi, weight, parent)
        self.past = [*self.past, (self.some, self.out_of, self.count, rate, strength, self._own_factor())][-APART:]
        kept, error = self._one_ahead(found, exposed, present, weight)
        self.recent = [*self.recent, (kept, exposed, present.astype(float))][-APART:]
        distance = self._recent() if len(self.past) == APART else np.full(found.shape, np.nan)
        self.some = MEMORY * self.some + kept
        self.out_of = MEMORY * self.out_of + exposed
        self.count = MEMORY * self.count + present
        return distance, error

    def _one_ahead(
        self, found: np.ndarray, exposed: np.ndarray, present: np.ndarray, weight: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """(the month winsorised, its error); learns the variance from it."""
        some, out_of, count, rate, strength, factor = self.past[-1]
        expected = _over(some + strength * rate, out_of + strength) * exposed
        self._begin(found, expected, present & (count > 0) & (expected > 0) & (weight > 0))
        judged = present & (count >= FEWEST_MONTHS) & (expected > 0)
        variance = self._variance(expected, expected**2)
        spread = np.sqrt(variance * (1 + 1 / np.maximum(count, 1)))
        error = np.where(judged, (found - expected) / np.where(judged, spread, 1), 0)
        width = CLIP * spread * np.sqrt(factor)
        kept = np.where(judged, np.clip(found, expected - width, expected + width), found)

        squares = np.minimum(error**2, CLIP**2)
        self.own = MEMORY * self.own + np.where(judged, squares, 0)
        self.own_count = MEMORY * self.own_count + judged
        learn = judged * weight
        self.fourth = self.fourth + (learn * (squares - 1) ** 2).sum(axis=1)
        self.fourth_count = self.fourth_count + learn.sum(axis=1)
        inverse = np.where(judged, expected / np.where(judged, variance, 1), 0)
        self.fit = self.fit + np.array(
            [
                (learn * inverse**2).sum(axis=1),
                (learn * inverse**2 * expected).sum(axis=1),
                (learn * inverse**2 * expected**2).sum(axis=1),
                (learn * squares * inverse).sum(axis=1),
                (learn * squares * inverse * expected).sum(axis=1),
            ]
        )
        self.phi, self.kappa = _mean_variance(self.fit, self.phi, self.kappa)
        error = np.where(judged, np.clip(error / np.sqrt(factor), -CLIP, CLIP), np.nan)
        for lag, before in enumerate(reversed(self.errors)):
            both = error * before * weight
            self.lagged[lag] += np.nansum(both, axis=1)
            self.lagged_count[lag] += ((~np.isnan(both)) * weight).sum(axis=1)
        self.errors = [*self.errors, error][-LAGS:]
        return kept, error

    def _begin(self, found: np.ndarray, expected: np.ndarray, known: np.ndarray) -> None:
        """A first phi from the months in which nothing is judged yet."""
        for row in np.flatnonzero(np.isnan(self.phi) & known.any(axis=1)):
            off = (found[row] - expected[row])[known[row]] ** 2 / expected[row][known[row]]
            middle = np.median(off) / 0.455 / 2  # the median of chi-squared; two months' errors
            self.phi[row] = middle if middle > 0 else np.nan

    def _variance(self, expected: np.ndarray, squared: np.ndarray) -> np.ndarray:
        phi = np.where(np.isnan(self.phi), 1, self.phi)[:, None]
        return phi * expected + self.kappa[:, None] * squared + RESOLUTION**2 * squared

    def _recent(self) -> np.ndarray:
        some, out_of, count, alike_rate, strength, factor = self.past[-APART]
        newest = list(zip(RECENT, reversed(self.recent), strict=False))
        found, exposed, months = (sum(weight * part[at] for weight, part in newest) for at in range(3))
        squared = sum(weight**2 * part[1] for weight, part in newest)
        rate = _over(some + strength * alike_rate, out_of + strength)
        expected = rate * exposed
        chance = self._variance(rate * squared, rate**2 * sum((weight * part[1]) ** 2 for weight, part in newest))
        chance *= self._memory(RECENT)[:, None]
        phi = np.where(np.isnan(self.phi), 1, self.phi)[:, None]
        unsure = _over(phi, some + strength * alike_rate) + _over(self.kappa[:, None], count)
        unsure *= expected**2 * self._memory(np.ones(LAGS + 1))[:, None]
        judged = (count >= FEWEST_MONTHS) & (months * 2 >= RECENT.sum()) & (expected > 0)
        spread = np.sqrt(factor * (chance + unsure))
        distance = freeman_tukey(found, expected, chance) * np.sqrt(chance) / np.where(judged, spread, 1)
        return np.where(judged, np.clip(distance, -LARGEST, LARGEST), np.nan)

    def _memory(self, weights: np.ndarray) -> np.ndarray:
        """By how much months' likeness to those before them widens the variance of a weighted sum."""
        rho = self.lagged / self.lagged_count
        pairs = np.array([(weights[lag:] * weights[:-lag]).sum() for lag in range(1, len(weights))])
        return np.maximum(1 + 2 * (pairs[:, None] * rho).sum(axis=0) / (weights**2).sum(), 0.5)

    def _own_factor(self) -> np.ndarray:
        """A unit's variance over the pooled one, shrunk towards 1 by how much units differ beyond chance."""
        enough = self.own_count >= FEWEST_MONTHS - 1
        ratio = _over(self.own, self.own_count)
        units = enough.sum(axis=1)
        middle = _over(np.where(enough, ratio, 0).sum(axis=1), units)
        spread = _over(np.where(enough, (ratio - middle[:, None]) ** 2, 0).sum(axis=1), units - 1)
        noise = self.fourth / self.fourth_count
        chance = noise * _over(np.where(enough, _over(np.ones(1), self.own_count), 0).sum(axis=1), units)
        differ = np.where(units >= FEWEST_TEAMS, np.maximum(spread - chance, 0), 0)[:, None]
        trust = differ / (differ + noise[:, None] / np.maximum(self.own_count, 1))
        return np.where(enough, np.maximum(1 + trust * (ratio - 1), 0.2), 1)


def freeman_tukey(found: np.ndarray, expected: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """The distance in standard deviations, on the scale on which counts are nearly normal (Freeman and Tukey 1950)."""
    unit = np.where(expected > 0, variance / np.where(expected > 0, expected, 1), 1)
    return np.sqrt(found / unit) + np.sqrt(found / unit + 1) - np.sqrt(4 * expected / unit + 1)


def alike(
    some: np.ndarray, out_of: np.ndarray, count: np.ndarray, phi: np.ndarray, weight: np.ndarray, parent: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(the rate of teams alike, the exposure it is worth to each): empirical Bayes by the method of moments."""
    usable = (weight > 0) & (count >= 3) & (out_of > 0)
    events, exposure = np.where(usable, some, 0), np.where(usable, out_of, 0)
    rate = _over(events.sum(axis=1), exposure.sum(axis=1))[:, None]
    chance = np.where(np.isnan(phi), 1, phi) * rate[:, 0] * exposure.sum(axis=1)
    beyond = ((events - rate * exposure) ** 2).sum(axis=1) - chance
    differ = np.maximum(_over(beyond, ((rate * exposure) ** 2).sum(axis=1)), RESOLUTION)
    strength = np.where(usable.sum(axis=1) >= FEWEST_TEAMS, _over(np.nan_to_num(phi), differ * rate[:, 0]), 0)
    return np.broadcast_to(rate, some.shape), np.broadcast_to(strength[:, None], some.shape)


def _mean_variance(fit: np.ndarray, phi: np.ndarray, kappa: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weighted least squares of squared errors on E and E², neither below 0; what was known before where nothing is."""
    one, both, two, on_one, on_two = fit
    known = one > 0
    determinant = one * two - both**2
    apart = determinant > 1e-9 * one * two
    safe = np.where(apart, determinant, 1)
    slope, square = (on_one * two - on_two * both) / safe, (one * on_two - both * on_one) / safe
    alone = ~apart | (square < 0)
    new_phi = np.where(alone, _over(on_one, one), np.where(slope < 0, 0, slope))
    new_kappa = np.where(alone, 0, np.where(slope < 0, _over(on_two, two), square))
    return np.where(known, new_phi, phi), np.where(known, new_kappa, kappa)


def _over(some: np.ndarray, many: np.ndarray) -> np.ndarray:
    """The quotient, 0 where there is nothing to divide by."""
    return np.where(many > 0, some / np.where(many > 0, many, 1), 0)
