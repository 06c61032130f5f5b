"""The statistics of a survey, on arrays of units: intervals, shares, shrinkage, change between waves, bands.

Scores are points of ten. Everything is worked out from sums that add up over units: the total of the sheets' scores, the
total of their squares and the number of sheets. Nothing is corrected for a finite population: we want the conditions, not
the census of those who happened to work there.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from etl.disclosure.scores import MIN_PEOPLE_FOR_DISTRIBUTION

LOWEST, HIGHEST = 0.0, 10.0
LEVEL = 0.95
FEWEST = 11  # answers, of a wave and of every item
LEAST_CHANGE = 0.5  # points: a change between waves is named from here on, and only if its interval leaves out none
LEAST_IN_GROUP = 5  # people in each group of a distribution, and outside it
RESPONSE_BANDS = ((60, "60 % or more"), (40, "40 to 59 %"), (25, "25 to 39 %"), (0, "under 25 %"))
CAUTION = 40  # per cent who answered: under this the answers are read with caution


@dataclass(frozen=True)
class Means:
    """Means of units and how sure they are; NaN in `low` and `high` where one sheet alone tells no spread."""

    mean: np.ndarray
    variance: np.ndarray  # between sheets
    sheets: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def error(self) -> np.ndarray:
        """The variance of the mean."""
        return self.variance / self.sheets


def means(total: np.ndarray, squares: np.ndarray, sheets: np.ndarray) -> Means:
    """The mean of each unit's sheets with its t interval, kept within the scale."""
    total, squares, sheets = (np.asarray(each, float) for each in (total, squares, sheets))
    mean = total / sheets
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = np.where(sheets > 1, np.maximum(squares - sheets * mean**2, 0) / (sheets - 1), np.nan)
        half = stdtrit(np.maximum(sheets - 1, 1), (1 + LEVEL) / 2) * np.sqrt(variance / sheets)
    return Means(mean, variance, sheets, np.maximum(mean - half, LOWEST), np.minimum(mean + half, HIGHEST))


def half_of_interval(sheets: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Half the t interval of means of so many sheets with such a standard deviation."""
    sheets = np.asarray(sheets, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return stdtrit(np.maximum(sheets - 1, 1), (1 + LEVEL) / 2) * spread / np.sqrt(sheets)


def around(shown: np.ndarray, half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The interval about the means that are shown, kept within the scale."""
    return np.maximum(shown - half, LOWEST), np.minimum(shown + half, HIGHEST)


def wilson(share: np.ndarray, people: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The Wilson score interval of a share of so many people: 9 of 14 is 38.8 to 83.7 %."""
    share, people, z = np.asarray(share, float), np.asarray(people, float), float(ndtri((1 + LEVEL) / 2))
    middle = share + z**2 / (2 * people)
    half = z * np.sqrt(share * (1 - share) / people + z**2 / (4 * people**2))
    whole = 1 + z**2 / people
    return (middle - half) / whole, (middle + half) / whole


def welch(after: Means, before: Means) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How far each unit's mean moved between two waves, with its interval. The sheets of two waves are two samples: nobody's
    are linked."""
    moved, error = after.mean - before.mean, after.error + before.error
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = error**2 / (after.error**2 / (after.sheets - 1) + before.error**2 / (before.sheets - 1))
        half = np.where(error > 0, stdtrit(np.maximum(freedom, 1), (1 + LEVEL) / 2) * np.sqrt(error), 0.0)
    half = np.where(np.isnan(error), np.nan, half)
    return moved, moved - half, moved + half


def called(moved: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """up, down or none: a change is named where its interval leaves out nought and it is half a point or more."""
    far = np.abs(moved) >= LEAST_CHANGE - 1e-9
    return np.select([far & (low > 0), far & (high < 0)], ["up", "down"], "none")


def pooled_error(means_of: Means) -> np.ndarray:
    """The variance of each mean if sheets differ within every unit as they do within units on the whole: a handful of people
    who happen to agree know no more than as many who do not."""
    freedom = means_of.sheets - 1
    known = ~np.isnan(means_of.variance)
    within = float((freedom * means_of.variance)[known].sum() / freedom[known].sum()) if known.any() else np.nan
    return within / means_of.sheets


def spread_between(means_of: Means) -> float:
    """The variance between the true means of units (method of moments); 0 where chance alone explains how they differ."""
    error = pooled_error(means_of)
    if len(error) < 3 or np.isnan(error).any():
        return 0.0
    return max(0.0, float(np.var(means_of.mean, ddof=1) - np.mean(error)))


def shrunk(means_of: Means, centre: np.ndarray, between: float) -> tuple[np.ndarray, np.ndarray]:
    """Each mean drawn towards the centre by how little is known of it (w = τ² / (τ² + s²/n)), and its standard error."""
    error = pooled_error(means_of)
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = np.where(between > 0, between / (between + error), 0.0)
        return weight * means_of.mean + (1 - weight) * centre, np.sqrt(weight * error)


def stands(means_of: Means, centre: np.ndarray, between: float) -> np.ndarray:
    """above, below or with the benchmark, once drawn towards it: a few warm answers alone raise no flag."""
    drawn, error = shrunk(means_of, centre, between)
    z = float(ndtri((1 + LEVEL) / 2))
    known = (between > 0) & ~np.isnan(error)
    return np.select(
        [known & (drawn - z * error > centre), known & (drawn + z * error < centre)], ["above", "below"], "with"
    )


def chance_above(means_of: Means, centre: np.ndarray, between: float) -> np.ndarray:
    """How likely it is, from 0 to 1, that the true mean lies above the centre, given how units differ and how few answered."""
    drawn, error = shrunk(means_of, centre, between)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where((error > 0) & ~np.isnan(error), ndtr((drawn - centre) / error), 0.5)


def response_band(per_cent: float) -> str:
    """In which band a response lies: never the number itself, which would tell who had not answered yet."""
    return next(band for least, band in RESPONSE_BANDS if per_cent >= least)


def groups(positive: float, negative: float, answers: float, people: float) -> dict[str, float] | None:
    """The shares of answers that agree, neither, and do not; None where they may not be told: fewer than 30 people, or fewer
    than five in a group or outside it."""
    if people < MIN_PEOPLE_FOR_DISTRIBUTION:
        return None
    counts = {"positive": positive, "between": answers - positive - negative, "negative": negative}
    each = people / answers
    if any(count * each < LEAST_IN_GROUP or (answers - count) * each < LEAST_IN_GROUP for count in counts.values()):
        return None
    step = 1 if people >= 50 else 5
    return {group: float(step * round(100 * count / answers / step)) for group, count in counts.items()}
