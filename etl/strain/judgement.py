"""Judges every unit in every month, each as it would have been said at the time."""

from dataclasses import dataclass

import numpy as np

from etl.strain.arrays import Figures
from etl.strain.combine import Echoes, evidence
from etl.strain.model import RECENT, Expectation
from etl.strain.null import TOGETHER, Null, Tails, mirrored
from etl.strain.season import FEWEST_TEAMS, Organisation, Shared, organisation
from etl.strain.verdict import LIKELY, VERDICTS, decide

CALM, LOUD = 1.5, 2.5  # evidence from which a unit teaches less, and nothing, about what is quiet
BACK = 6  # months that a change is dated back, at most
SETTLING = 2  # rounds
UNJUDGED = 9  # months in which an indicator is never judged yet
MILD = 2.0  # standard deviations from which a unit says no more about what all shared
RESIDUE = 1e-9  # of its denominator: a numerator nearer to nothing, or to all, is what a sum of fractions leaves of it
TELLING = 1.64  # an indicator that has changed by less is no reason; the most changed one always is


@dataclass(frozen=True)
class Judgement:
    """month × unit; a month's entries use nothing later."""

    verdict: np.ndarray  # of VERDICTS
    since: np.ndarray  # month numbers: where the change began, or, where there is none, what is said
    because: np.ndarray  # month × indicator × unit, bool: the indicators that make it so
    strain: np.ndarray  # evidence as normal deviates, NaN where not judged: for tests and analysts, never for leaders
    easing: np.ndarray
    organisation: Organisation  # what all shared


def judge(figures: Figures) -> Judgement:
    """Judges every unit in every month. Only cells that may be used may be in the figures."""
    exact = without_residue(figures.numerator, figures.denominator)
    counted = (figures.better != 0) & ~differences(exact)
    numerators, denominators = exact[:, counted], figures.denominator[:, counted]
    turned = mostly(numerators, denominators)
    numerators = np.maximum(np.where(turned[:, None], denominators - numerators, numerators), 0)
    worse = np.where(turned, 1.0, -1.0)[:, None] * figures.better[counted][:, None]
    months, indicators, units = numerators.shape
    shared, expectation = Shared(indicators, units), Expectation(indicators, units)
    echoes = Echoes(figures.families[counted])
    null, single, together = Null(len(echoes.names)), Tails(indicators), Null(2, **TOGETHER)

    def both_ways(scores: np.ndarray, weights: np.ndarray, distance: np.ndarray) -> np.ndarray:
        """The evidence of strain and of easing."""
        standard, alone = null.standardised(scores), np.where(teams[month], single.standardised(distance), np.nan)
        return np.array([evidence(echoes.lifted(way * standard, way * alone), weights) for way in (1, -1)])

    evidences = np.full((2, months, units), np.nan)  # of strain, of easing
    began = np.zeros((2, months, units), dtype=int)
    because = np.zeros((2, months, indicators, units), dtype=bool)
    ratios = np.ones((months, len(counted)))
    teams, errors, quiet = figures.teams, [], [np.ones(units)]
    for month in range(months):
        weight = quiet[-1] * teams[month]
        ratios[month, counted] = ratio = shared.month(numerators[month], denominators[month], weight)
        distance, steepness, error = expectation.month(numerators[month], denominators[month], ratio, weight)
        distance, error = distance * worse, error * worse
        single.learn(np.where(teams[month], distance, np.nan))
        echoes.month(error, weight)
        scores, weights = echoes.family_scores(distance)
        for _ in range(SETTLING):
            weight = quietness(both_ways(scores, weights, distance)) * teams[month]
            distance = settled(distance, steepness, weight)
            scores, weights = echoes.family_scores(distance)
        found = both_ways(scores, weights, distance)
        null.learn(np.where(teams[month], scores, np.nan))
        evidences[:, month] = together.standardised(found)
        together.learn(mirrored(np.where(teams[month], found, np.nan)))
        errors = [*errors, error][-BACK:]
        for side, way in enumerate((1, -1)):
            because[side, month] = reasons(way * distance)
            telling = np.where(because[side, month], way * distance, 0)
            began[side, month] = month + 1 - beginning(way * np.array(errors), telling)
        quiet = [*quiet, quietness(evidences[:, month])][-len(RECENT) :]
        expectation.learn(np.min(quiet, axis=0))
    said = decide(*evidences, ~np.isnan(numerators).all(axis=1), began)
    because_of = np.zeros(figures.numerator.shape, dtype=bool)
    for side in (0, 1):
        here = (said.verdict == LIKELY[side]) | (said.verdict == LIKELY[side] + 1)
        because_of[:, counted] |= because[side] & here[:, None]
    rare = np.zeros(len(counted), dtype=bool)
    rare[counted] = turned
    known = (~np.isnan(figures.numerator) & teams[:, None]).sum(axis=2) * counted
    return Judgement(VERDICTS[said.verdict], said.since, because_of, *evidences, organisation(ratios, known, rare))


def without_residue(numerators: np.ndarray, denominators: np.ndarray) -> np.ndarray:
    """The numerators, nothing where 1e-15 vacancies are left of two sums of whole-time equivalents, and all likewise.

    What is expected of such a unit would else be so many, and every verdict hang on the order in which a machine adds.
    """
    for whole in (0 * denominators, denominators):
        numerators = np.where(np.abs(numerators - whole) <= RESIDUE * np.abs(denominators), whole, numerators)
    return numerators


def mostly(numerators: np.ndarray, denominators: np.ndarray) -> np.ndarray:
    """The indicators that are shares of more than a half: there, what is not in the numerator is what chance draws.

    Shares, because no team's numerator is more than its denominator.
    """
    early = _early(numerators)
    found, out_of = (np.where(early, block, 0).sum(axis=(0, 2)) for block in (numerators, denominators))
    within = (np.where(early, numerators - denominators, 0) <= 0).all(axis=(0, 2))
    return within & (found > out_of / 2)


def differences(numerators: np.ndarray) -> np.ndarray:
    """The indicators that may be less than nothing: no model of counts, shares or hours fits those, so they are left out."""
    return (np.where(_early(numerators), numerators, 0) < 0).any(axis=(0, 2))


def _early(numerators: np.ndarray) -> np.ndarray:
    """The cells before an indicator's first verdict: what is told of it by these uses nothing later."""
    some = ~np.isnan(numerators)
    return some & (np.cumsum(some.any(axis=2), axis=0) <= UNJUDGED)[:, :, None]


def quietness(evidences: np.ndarray) -> np.ndarray:
    """How far a unit may teach what is quiet, from 0 to 1."""
    loudest = np.fmax(*evidences)
    return np.where(np.isnan(loudest), 1, np.clip((LOUD - loudest) / (LOUD - CALM), 0, 1))


def settled(distance: np.ndarray, steepness: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The distances once the quiet units lie about 0 together, as they should were the shared months told exactly."""
    known = ~np.isnan(distance) & (weight > 0)
    slope = np.where(known, steepness, 0) * weight
    total = (slope * np.where(known, steepness, 0)).sum(axis=1)
    off = (slope * np.where(known, np.clip(distance, -MILD, MILD), 0)).sum(axis=1)
    enough = (known.sum(axis=1) >= FEWEST_TEAMS) & (total > 0)
    return distance - np.where(enough, off / np.where(enough, total, 1), 0)[:, None] * steepness


def reasons(distance: np.ndarray) -> np.ndarray:
    """The indicators that have changed enough by themselves, and always the one that has changed most."""
    changed = np.nan_to_num(distance, nan=-np.inf)
    return (changed >= TELLING) | ((changed == changed.max(axis=0, initial=-np.inf)) & (changed > 0))


def beginning(recent: np.ndarray, telling: np.ndarray) -> np.ndarray:
    """How many months ago, this one being 1, the change most likely began: recent is month × indicator × unit, how far each
    month was from expected; telling how far those are that make it so, 0 for others."""
    each = (np.nan_to_num(recent) * telling).sum(axis=1)[::-1]
    months = np.arange(1, len(each) + 1)[:, None]
    return 1 + np.argmax(np.cumsum(each, axis=0) / np.sqrt(months), axis=0)
