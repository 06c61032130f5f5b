"""R7: how finely each figure is told. The steps are public: whoever reads a release may know them."""

import numpy as np

BANDS = ((11, "11–15"), (16, "16–20"), (21, "21–30"), (31, "31–50"), (51, "51–100"), (101, "101+"))
BAND_NAMES = np.array([name for _, name in BANDS], dtype=object)
LEAVER_STEPS = np.array([0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0])
AGREEMENT_STEPS = LEAVER_STEPS[LEAVER_STEPS >= 1]  # of a share that agrees, in points; which one: scores.agreement_step
LARGE_TEAM = 50  # people from which a sensitive rate of a team is told to one point
CLOSE, ALL = 1e-9, 100.0
FINE, POINT, FIVE_POINTS = 0.1, 1.0, 5.0
MIN_POSTS = 1  # that a step of a vacancy rate stands for, at every level: a joiner's hours are nobody's business
MAX_BAND_POINTS = 20.0  # a band in wider steps than this says nothing, and is not shown


def sensitive_step(people: np.ndarray, team: np.ndarray, share: bool) -> np.ndarray:
    """The step of a class A figure: for shares one decimal above team level, in a team one point or five."""
    if not share:
        return np.full(np.shape(people), FINE)
    return np.where(team, np.where(people >= LARGE_TEAM, POINT, FIVE_POINTS), FINE)


def leaver_step(denominator: np.ndarray, people: int) -> np.ndarray:
    """The step of a leaver rate, in points: the finest that stands for at least `people` people."""
    return _finest(100 * people / np.maximum(denominator, 1))


def least_for_bands(people: int) -> int:
    """The people from which a unit's share can be told in bands of at least `people` people."""
    return round(100 * people / MAX_BAND_POINTS)


def band_step(denominator: np.ndarray, people: int) -> np.ndarray:
    """The step of a share that is told in bands, in points: that of a leaver rate, and NaN where it would be too wide."""
    step = leaver_step(denominator, people)
    return np.where(step <= MAX_BAND_POINTS, step, np.nan)


def post_step(funded: np.ndarray) -> np.ndarray:
    """The step of a vacancy rate, in points: the finest that stands for at least a whole post of those `funded` (FTE). NaN
    where there is none: fewer than two posts."""
    step = _finest(100 * MIN_POSTS / np.maximum(funded, CLOSE))
    return np.where(np.isinf(step), np.nan, step)


def _finest(needed: np.ndarray) -> np.ndarray:
    at = np.searchsorted(LEAVER_STEPS, needed - CLOSE)
    return np.append(LEAVER_STEPS, np.inf)[at]


def agreement(share: np.ndarray, step: np.ndarray) -> np.ndarray:
    """The middle of the step a share of up to 100 % lies in; all of them lie in the last one."""
    return np.minimum(to_middle(share, step), 100 - step / 2)


def widest_agreement_step(share: float) -> float:
    """The widest step that has this share in its middle, which is all that can be read out of the share; NaN: none has."""
    place = share / AGREEMENT_STEPS - 0.5
    middle = AGREEMENT_STEPS[np.abs(place - np.round(place)) < 1e-6]
    return float(middle.max()) if len(middle) else np.nan


def half_range(half: np.ndarray, ends: int = 1) -> np.ndarray:
    """Half the range told about a figure that is itself told to one decimal, or about the difference of two such: rounded
    outward, so that it holds the range about the exact figure too."""
    return np.round(np.ceil((half + ends * FINE / 2) / FINE - 1e-9) * FINE, 6)


def to_nearest(value: np.ndarray, step: np.ndarray) -> np.ndarray:
    return np.round(np.floor(value / step + 0.5 + 1e-9) * step, 6)


def to_middle(value: np.ndarray, step: np.ndarray) -> np.ndarray:
    """The middle of the step a value lies in: unlike the nearest step it leaves nought as much room as any other."""
    return np.round((np.floor(value / step + CLOSE) + 0.5) * step, 6)


def all_in_the_last_step(share: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Shares as they are but for all, which lies in the last step below 100 %: in one of its own it would be said."""
    return np.where(share > ALL - CLOSE, ALL - step / 2, share)


def band(people: np.ndarray) -> np.ndarray:
    """The number of R7's band among BAND_NAMES; NOWHERE (-1) under the least."""
    return np.searchsorted([least for least, _ in BANDS], people, side="right") - 1
