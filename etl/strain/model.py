"""How far each indicator stands from its unit's own past, in standard deviations: observed against expected.

Expected is the unit's own history, shrunk towards teams alike, times what the organisation shared that month. The variance
is fitted, not assumed: chance and what goes beyond it (phi E + kappa E²), how much of each a month shares with the months
before, and a unit's own factor on that. Where a weight a unit is given, it says how far the unit may teach what is quiet,
from 0 to 1; units above teams teach nothing. Blocks are indicator × unit.
"""

import numpy as np

from etl.strain.season import MEMORY

RECENT = np.array([1, 1, 0.7, 0.4])  # what this month and the three before count
SLOW = 0.25  # what a month in which a unit was not quiet counts in its history
LAGS = len(RECENT) - 1
FEWEST_MONTHS = 6  # of history, before anything is judged
FEWEST_TEAMS = 4  # before teams are compared
FEW = 10  # events in a whole history, from which on it needs no support from teams alike
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
        self.fit, self.pairs = np.zeros((5, LAGS + 1, indicators)), np.zeros((LAGS + 1, indicators))
        self.phi, self.kappa = np.zeros((2, LAGS + 1, indicators))  # of months so many apart; 0 apart is the variance
        self.phi[0] = np.nan  # until there is something to tell it from
        self.fourth, self.fourth_count = np.full(indicators, 2 * PRIOR), np.full(indicators, PRIOR)
        self.recent: list[tuple[np.ndarray, ...]] = []  # months, oldest first, that are not history yet
        self.errors: list[tuple[np.ndarray, np.ndarray]] = []  # newest first, with what was expected

    def month(
        self, numerator: np.ndarray, denominator: np.ndarray, shared: np.ndarray, weight: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(the recent months' distance from expected, what is expected in the same standard deviations, this month's
        distance alone), NaN where not judged."""
        present = ~np.isnan(numerator)
        found, exposed = np.where(present, numerator, 0), np.where(present, denominator * shared[:, None], 0)
        history = self._history(weight)
        kept, error = self._one_ahead(history, found, exposed, present, weight)
        self.recent.append((kept, exposed, present.astype(float)))
        return *self._recent(history), error

    def learn(self, quiet: np.ndarray) -> None:
        """The oldest recent month becomes history; of units that are not quiet (0 to 1), less."""
        if len(self.recent) == len(RECENT):
            kept, exposed, present = self.recent.pop(0)
            weight = np.maximum(quiet, SLOW)
            self.some = MEMORY * self.some + weight * kept
            self.out_of = MEMORY * self.out_of + weight * exposed
            self.count = MEMORY * self.count + weight * present

    def _history(self, weight: np.ndarray) -> tuple[np.ndarray, ...]:
        """(rate, the events it rests on, the months it rests on, the unit's own factor)"""
        rate, strength = alike(self.some, self.out_of, self.count, self.phi[0], weight)
        events, exposure = self.some + strength * rate, self.out_of + strength
        return _over(events, exposure), events, self.count, self._own_factor()

    def _one_ahead(
        self,
        history: tuple[np.ndarray, ...],
        found: np.ndarray,
        exposed: np.ndarray,
        present: np.ndarray,
        weight: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """(the month winsorised, its error); learns the variance from it."""
        rate, _, count, factor = history
        expected = rate * exposed
        self._begin(found, expected, present & (count > 0) & (expected > 0) & (weight > 0))
        judged = present & (count >= FEWEST_MONTHS) & (expected > 0)
        variance = self._covariance(0, expected, expected**2)
        spread = np.sqrt(variance * (1 + 1 / np.maximum(count, 1)))
        error = np.where(judged, (found - expected) / np.where(judged, spread, 1), 0)
        width = CLIP * spread * np.sqrt(factor)
        kept = np.where(judged, np.clip(found, expected - width, expected + width), found)

        squares = np.minimum(error**2, CLIP**2)
        self.own = MEMORY * self.own + np.where(judged, squares * weight, 0)
        self.own_count = MEMORY * self.own_count + judged * weight
        learn = judged * weight
        self.fourth = self.fourth + (learn * (squares - 1) ** 2).sum(axis=1)
        self.fourth_count = self.fourth_count + learn.sum(axis=1)
        self._learn_covariance(error, expected, variance, judged, weight, 1 / (count + 1))
        error = np.where(judged, np.clip(error / np.sqrt(factor), -CLIP, CLIP), np.nan)
        return kept, error

    def _learn_covariance(
        self,
        error: np.ndarray,
        expected: np.ndarray,
        variance: np.ndarray,
        judged: np.ndarray,
        weight: np.ndarray,
        common: np.ndarray,
    ) -> None:
        """common: what two errors share because they are held against one history."""
        error = np.clip(error, -CLIP, CLIP)
        root = np.where(judged, expected / np.sqrt(np.where(judged, variance, 1)), 0)  # 0 where not judged
        self.errors = [(error, np.where(judged, expected, 0), root), *self.errors][: LAGS + 1]
        for lag, (before, then, root_then) in enumerate(self.errors):
            both = error * before - (common if lag else 0)
            square = root * root_then
            learn = weight * (square > 0)
            plain = square / np.sqrt(np.where(square > 0, expected * then, 1))
            self.fit[:, lag] += [
                (learn * plain**2).sum(axis=1),
                (learn * plain * square).sum(axis=1),
                (learn * square**2).sum(axis=1),
                (learn * both * plain).sum(axis=1),
                (learn * both * square).sum(axis=1),
            ]
            self.pairs[lag] += learn.sum(axis=1)
        self.phi, self.kappa = _mean_variance(self.fit, self.phi, self.kappa)

    def _covariance(self, lag: int, plain: np.ndarray, squared: np.ndarray) -> np.ndarray:
        """Of months so many apart: plain is the root of the product of what is expected in them, squared the product."""
        phi, kappa = np.where(np.isnan(self.phi[lag]), 1, self.phi[lag]), self.kappa[lag]
        if not lag:
            return phi[:, None] * plain + (kappa + RESOLUTION**2)[:, None] * squared
        trust = self.pairs[lag] / (self.pairs[lag] + PRIOR)
        return (trust * phi)[:, None] * plain + (trust * kappa)[:, None] * squared

    def _begin(self, found: np.ndarray, expected: np.ndarray, known: np.ndarray) -> None:
        """A first phi from the months in which nothing is judged yet."""
        for row in np.flatnonzero(np.isnan(self.phi[0]) & known.any(axis=1)):
            off = (found[row] - expected[row])[known[row]] ** 2 / expected[row][known[row]]
            middle = np.median(off) / 0.455 / 2  # the median of chi-squared; two months' errors
            self.phi[0, row] = middle if middle > 0 else np.nan

    def _recent(self, history: tuple[np.ndarray, ...]) -> tuple[np.ndarray, np.ndarray]:
        rate, events, count, factor = history
        newest = list(zip(RECENT, reversed(self.recent), strict=False))
        found, exposed, months = (sum(weight * part[at] for weight, part in newest) for at in range(3))
        expected = rate * exposed
        chance = unsure = 0.0
        for lag in range(LAGS + 1):
            pairs = list(zip(newest[lag:], newest, strict=False))
            twice = 2 if lag else 1
            chance = chance + twice * self._covariance(
                lag,
                rate * sum(one * other * np.sqrt(a[1] * b[1]) for (one, a), (other, b) in pairs),
                rate**2 * sum(one * other * a[1] * b[1] for (one, a), (other, b) in pairs),
            )
            unsure = unsure + twice * self._covariance(lag, _over(expected**2, events), _over(expected**2, count))
        judged = (count >= FEWEST_MONTHS) & (months * 2 >= RECENT.sum()) & (expected > 0)
        spread = np.where(judged, np.sqrt(factor * (chance + unsure)), 1)
        distance = freeman_tukey(found, expected, chance) * np.sqrt(chance) / spread
        distance = np.where(judged, np.clip(distance, -LARGEST, LARGEST), np.nan)
        never = (count >= FEWEST_MONTHS) & (months * 2 >= RECENT.sum()) & (expected == 0) & (found == 0)
        return np.where(never, 0, distance), np.where(judged, expected / spread, 0)

    def _own_factor(self) -> np.ndarray:
        """A unit's variance over the pooled one: what all its indicators say of it, then each of itself."""
        noise = _over(self.fourth, self.fourth_count)
        all_noise = np.atleast_1d((noise * self.own_count.sum(axis=1)).sum() / max(self.own_count.sum(), 1e-9))
        unit = _shrunk(self.own.sum(axis=0, keepdims=True), self.own_count.sum(axis=0, keepdims=True), all_noise)
        return np.maximum(unit * _shrunk(_over(self.own, unit), self.own_count, noise), 0.2)


def _shrunk(some: np.ndarray, count: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """some over count, shrunk towards 1 by how much units differ beyond chance; noise is the variance of one, a row."""
    enough = count >= FEWEST_MONTHS - 1
    ratio = _over(some, count)
    units = enough.sum(axis=1)
    middle = _over(np.where(enough, ratio, 0).sum(axis=1), units)
    spread = _over(np.where(enough, (ratio - middle[:, None]) ** 2, 0).sum(axis=1), units - 1)
    chance = noise * _over(np.where(enough, _over(np.ones(1), count), 0).sum(axis=1), units)
    differ = np.where(units >= FEWEST_TEAMS, np.maximum(spread - chance, 0), 0)[:, None]
    trust = differ / np.maximum(differ + noise[:, None] / np.maximum(count, 1), 1e-300)
    return np.where(enough, 1 + trust * (ratio - 1), 1)


def freeman_tukey(found: np.ndarray, expected: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """The distance in standard deviations, on the scale on which counts are nearly normal (Freeman and Tukey 1950)."""
    unit = np.where(expected > 0, variance / np.where(expected > 0, expected, 1), 1)
    found = np.maximum(found, 0)
    return np.sqrt(found / unit) + np.sqrt(found / unit + 1) - np.sqrt(4 * expected / unit + 1)


def alike(
    some: np.ndarray, out_of: np.ndarray, count: np.ndarray, phi: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(the rate of teams alike, the exposure it is worth to each): empirical Bayes by the method of moments.

    Only where so few events are to be expected that a unit's own history says little: else a unit that is unlike the
    others for good, such as a team without night shifts, would for ever be held against what it never was.
    """
    usable = (weight > 0) & (count >= 3) & (out_of > 0)
    events, exposure = np.where(usable, some, 0), np.where(usable, out_of, 0)
    rate = _over(events.sum(axis=1), exposure.sum(axis=1))[:, None]
    chance = np.where(np.isnan(phi), 1, phi) * rate[:, 0] * exposure.sum(axis=1)
    beyond = ((events - rate * exposure) ** 2).sum(axis=1) - chance
    differ = np.maximum(_over(beyond, ((rate * exposure) ** 2).sum(axis=1)), RESOLUTION)
    strength = np.where(usable.sum(axis=1) >= FEWEST_TEAMS, _over(np.nan_to_num(phi), differ * rate[:, 0]), 0)
    few = np.clip(1 - rate * out_of / (FEW * np.where(phi > 0, phi, 1)[:, None]), 0, 1)
    return np.broadcast_to(rate, some.shape), strength[:, None] * few


def _mean_variance(fit: np.ndarray, phi: np.ndarray, kappa: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weighted least squares of squared errors on E and E², neither below 0; what was known before where nothing is."""
    one, both, two, on_one, on_two = fit
    known = one > 0
    determinant = one * two - both**2
    apart = determinant > 1e-9 * one * two
    safe = np.where(apart, determinant, 1)
    slope, square = (on_one * two - on_two * both) / safe, (one * on_two - both * on_one) / safe
    alone = ~apart | (square < 0)
    new_phi = np.where(alone, np.maximum(_over(on_one, one), 0), np.where(slope < 0, 0, slope))
    new_kappa = np.where(alone, 0, np.where(slope < 0, np.maximum(_over(on_two, two), 0), square))
    return np.where(known, new_phi, phi), np.where(known, new_kappa, kappa)


def _over(some: np.ndarray, many: np.ndarray) -> np.ndarray:
    """The quotient, 0 where there is nothing to divide by."""
    return np.where(many > 0, some / np.where(many > 0, many, 1), 0)
