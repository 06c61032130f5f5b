"""The rules as a reader knows them, from docs/disclosure.md and the headers of a release.

Written down a second time on purpose: what the protection gets wrong, the attacker shall not get wrong with it.
"""

import numpy as np

WORKING, LEAVERS, SENSITIVE = "working", "leaving", "sensitive"
AGREEMENT = "agreement"  # the family of the shares of a survey's answers that agree
POOL = "smaller:"  # what the name of every pool begins with
CLOSE = 1e-6
STEPS_OF_LEAVERS = np.array([0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0])
PEOPLE_OF_A_LARGE_TEAM = 50
DECIMAL, POINT, FIVE_POINTS = 0.1, 1.0, 5.0
WHOLE_POSTS = 1  # that a step of a rate of posts stands for


def kind_of(header) -> str:
    if header.disclosure == "A":
        return SENSITIVE
    return LEAVERS if header.refresh == "quarterly" else WORKING


def told_in_bands(header) -> bool:
    """Whether a sensitive share is told as the step it lies in; releases of older engines do not say, and told none so."""
    return getattr(header, "told_in", "rates") == "bands"


def told_finely(header) -> bool:
    """Whether a sum of shown figures, less others, tells a sensitive one nearly exactly; of wide steps it tells a range."""
    return kind_of(header) == SENSITIVE and not told_in_bands(header) and header.family != AGREEMENT


def counts_those_who_stay(header) -> bool:
    """Whether a leavers' indicator counts those who stayed: those who went are the rest, and each window has its own."""
    return kind_of(header) == LEAVERS and header.better == "higher"


def leaver_step(size: np.ndarray, people: int) -> np.ndarray:
    """The finest step, in points, that stands for at least `people` people; infinite where none does."""
    at = np.searchsorted(STEPS_OF_LEAVERS, 100 * people / np.maximum(size, 1) - 1e-9)
    return np.append(STEPS_OF_LEAVERS, np.inf)[at]


def step_of(header, numbers: dict[str, np.ndarray], team: np.ndarray, rules) -> np.ndarray:
    """The step in which each figure may be told."""
    kind, people, denominator = kind_of(header), numbers["people"], numbers["denominator"]
    if kind == LEAVERS or told_in_bands(header):
        return leaver_step(np.minimum(denominator, people), rules.leaver_step)
    if getattr(header, "told_in", "rates") == "posts":
        return leaver_step(denominator + numbers["public_denominator"], WHOLE_POSTS)
    if kind == SENSITIVE and header.unit == "%":
        return np.where(team, np.where(people >= PEOPLE_OF_A_LARGE_TEAM, POINT, FIVE_POINTS), DECIMAL)
    return np.full(np.shape(people), DECIMAL)


def in_the_middle(header) -> bool:
    """Whether a figure stands in the middle of its step."""
    return kind_of(header) == LEAVERS or told_in_bands(header)


def widest_step(share: np.ndarray) -> np.ndarray:
    """The widest step, of a point at the least, that has a share in its middle: all that can be read out of a share that
    agrees. NaN: none has."""
    wide = np.full(np.shape(share), np.nan)
    for step in STEPS_OF_LEAVERS[STEPS_OF_LEAVERS >= POINT]:
        wide = np.where(on_grid(share, np.full(np.shape(share), step), True), step, wide)
    return wide


def on_grid(value: np.ndarray, step: np.ndarray, middle: bool) -> np.ndarray:
    """Whether values stand on a step, or, of leavers, in its middle."""
    with np.errstate(invalid="ignore"):
        place = value / step - (0.5 if middle else 0)
        off = np.abs(place - np.round(place))
        return np.where(step < 1, off < 1e-3 / step, off < CLOSE)


def decimals(value: float) -> int:
    return len(f"{value:.10f}".rstrip("0").partition(".")[2])
