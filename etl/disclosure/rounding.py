"""R7: how finely each figure is told. The steps are public: whoever reads a release may know them."""

import numpy as np

BANDS = ((11, "11–15"), (16, "16–20"), (21, "21–30"), (31, "31–50"), (51, "51–100"), (101, "101+"))
BAND_NAMES = np.array([name for _, name in BANDS], dtype=object)
LEAVER_STEPS = np.array([0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0])
AGREEMENT_STEPS = LEAVER_STEPS[LEAVER_STEPS >= 1]  # of a share that agrees, in points; which one: scores.agreement_step
LARGE_TEAM = 50  # people from which a sensitive rate of a team is told to one point
FINE, POINT, FIVE_POINTS = 0.1, 1.0, 5.0


def sensitive_step(people: np.ndarray, team: np.ndarray, share: bool) -> np.ndarray:
    """The step of a class A figure: for shares one decimal above team level, in a team one point or five."""
    if not share:
        return np.full(np.shape(people), FINE)
    return np.where(team, np.where(people >= LARGE_TEAM, POINT, FIVE_POINTS), FINE)


def leaver_step(denominator: np.ndarray, people: int) -> np.ndarray:
    """The step of a leaver rate, in points: the finest that stands for at least `people` people."""
    needed = 100 * people / np.maximum(denominator, 1)
    at = np.searchsorted(LEAVER_STEPS, needed - 1e-9)
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
    return np.round((np.floor(value / step + 1e-9) + 0.5) * step, 6)


def band(people: np.ndarray) -> np.ndarray:
    """The number of R7's band among BAND_NAMES; NOWHERE (-1) under the least."""
    return np.searchsorted([least for least, _ in BANDS], people, side="right") - 1
