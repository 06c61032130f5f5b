"""Judges every unit in every month, each as it would have been said at the time."""

from dataclasses import dataclass

import numpy as np

from etl.strain.combine import Echoes, evidence
from etl.strain.figures import Figures
from etl.strain.model import RECENT, Expectation
from etl.strain.null import Null
from etl.strain.season import FEWEST_TEAMS, Shared
from etl.strain.verdict import VERDICTS, decide

CALM, LOUD = 1.5, 2.5  # evidence from which a unit teaches less, and nothing, about what is quiet
BACK = 6  # months that a change is dated back, at most
SETTLING = 2  # rounds
MILD = 2.0  # standard deviations from which a unit says no more about what all shared
TELLING = 1.64  # an indicator that has changed by less is no reason; the most changed one always is


@dataclass(frozen=True)
class Judgement:
    """month × unit, and month × indicator × unit for `because`."""

    verdict: np.ndarray  # of VERDICTS
    since: np.ndarray  # month numbers
    because: np.ndarray  # bool: the indicators that make it so
    shared: np.ndarray  # month × indicator: the organisation's month, as a ratio to what histories expect
    strain: np.ndarray
    easing: np.ndarray


def judge(figures: Figures) -> Judgement:
    counted = figures.better != 0
    sign = -figures.better[counted].astype(float)[:, None]
    months, indicators, units = figures.numerator[:, counted].shape
    season, expectation = Shared(indicators, units), Expectation(indicators, units)
    echoes = Echoes(figures.families[counted])
    null = Null(len(echoes.names))
    strain, easing = np.full((2, months, units), np.nan)
    began = np.full((2, months, units), -1)
    because = np.zeros((2, months, indicators, units), dtype=bool)
    shared = np.ones((months, len(counted)))
    present = ~np.isnan(figures.numerator[:, counted]).all(axis=1)
    quiet, teams, recent, lately = np.ones(units), figures.teams, [], []
    for month in range(months):
        numerator, denominator = figures.numerator[month, counted], figures.denominator[month, counted]
        weight = quiet * teams[month]
        ratio = season.month(numerator, denominator, weight)
        shared[month, counted] = ratio
        distance, steepness, error = expectation.month(numerator, denominator, ratio, weight, figures.parent[month])
        distance, error = distance * sign, error * sign
        echoes.month(error, weight)
        raw, weights = echoes.family_scores(distance)
        scores = null.standardised(raw)
        for _ in range(SETTLING):
            weight = quietness(evidence(scores, weights), evidence(-scores, weights)) * teams[month]
            distance = settled(distance, steepness, weight)
            raw, weights = echoes.family_scores(distance)
            scores = null.standardised(raw)
        null.learn(np.where(teams[month], raw, np.nan))
        recent = [*recent, echoes.family_scores(error)[0]][-BACK:]
        for side, way in enumerate((1, -1)):
            found = evidence(way * scores, weights)
            (strain, easing)[side][month] = found
            because[side, month] = reasons(way * distance)
            began[side, month] = month + 1 - beginning(np.array(recent) * way, way * scores)
        now = quietness(strain[month], easing[month])
        lately = [*lately, now][-len(RECENT) :]
        quiet = now
        expectation.learn(np.min(lately, axis=0))
    said = decide(strain, easing, present, began)
    reason = np.where(np.isin(said.verdict, [4, 5])[:, None], because[1], because[0])
    reason &= (said.verdict >= 2)[:, None]
    every = np.zeros(figures.numerator.shape, dtype=bool)
    every[:, counted] = reason
    return Judgement(VERDICTS[said.verdict], said.since, every, shared, strain, easing)


def quietness(strain: np.ndarray, easing: np.ndarray) -> np.ndarray:
    """How far a unit may teach what is quiet, from 0 to 1."""
    loudest = np.fmax(strain, easing)
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


def beginning(recent: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """How many months ago, this one being 1, the change most likely began: recent is month × family × unit."""
    towards = np.maximum(np.nan_to_num(scores), 0)
    each = (np.nan_to_num(recent) * towards).sum(axis=1)[::-1]
    months = np.arange(1, len(each) + 1)[:, None]
    return 1 + np.argmax(np.cumsum(each, axis=0) / np.sqrt(months), axis=0)
