"""What else an organisation might use to say which teams are under strain, each with a score so that its alarms can be rationed.

A score's whole part is what the rule counts (indicators or families); the rest ranks what ties. An alarm by the rule's own
lights is a score of at least OWN. Each month is judged with nothing later. Blocks are month × unit.
"""

from collections.abc import Callable

import numpy as np

from etl.spc import xmr
from etl.strain.arrays import Figures

WORST = 0.15


def rates(figures: Figures, way: int) -> np.ndarray:
    """month × indicator × unit, higher being worse (way 1) or better (way -1)."""
    return -way * figures.better[:, None] * figures.numerator / figures.denominator


def rag(figures: Figures, way: int) -> np.ndarray:
    """How many of a team's indicators are among the worst 15 % of teams that month."""
    rate = rates(figures, way)
    known = ~np.isnan(rate)
    rank = np.where(known, np.argsort(np.argsort(-rate, axis=2), axis=2) + 0.5, np.nan)
    part = rank / np.maximum(known.sum(axis=2, keepdims=True), 1)
    red = (part < WORST).sum(axis=1)
    return red + np.clip(1 - np.nanmean(part, axis=1), 0, 0.99)


def signals(figures: Figures) -> tuple[np.ndarray, np.ndarray]:
    """(1 concern, -1 improvement, else 0; how far from the mean in limits' widths), month × indicator × unit."""
    months, indicators, units = figures.numerator.shape
    values = (figures.numerator / figures.denominator).reshape(months, -1).T
    better = np.repeat(figures.better, units)
    found, far = np.zeros((2, months, indicators, units))
    for month in range(xmr.FEWEST_POINTS - 1, months):
        chart = xmr.for_dashboard(values[:, : month + 1], better)
        last = chart.verdict[:, -1]
        found[month] = ((last == "concern") * 1 - (last == "improvement")).reshape(indicators, units)
        with np.errstate(invalid="ignore", divide="ignore"):
            off = np.abs(values[:, month] - chart.mean[:, -1]) / (chart.upper[:, -1] - chart.mean[:, -1])
        far[month] = np.nan_to_num(off, nan=0, posinf=0).reshape(indicators, units)
    return found, far


def xmr_any(figures: Figures, way: int, found: np.ndarray, far: np.ndarray) -> np.ndarray:
    """How many indicators have an XmR signal of any rule."""
    flagged = found == way
    return flagged.sum(axis=1) + np.minimum((flagged * far).max(axis=1) / 10, 0.99)


def xmr_families(figures: Figures, way: int, found: np.ndarray, far: np.ndarray) -> np.ndarray:
    """In how many families some indicator has an XmR signal of any rule."""
    flagged = found == way
    families = [flagged[:, figures.families == family].any(axis=1) for family in np.unique(figures.families)]
    return np.sum(families, axis=0) + np.minimum(flagged.sum(axis=1) / 100 + (flagged * far).max(axis=1) / 100, 0.99)


def scores(figures: Figures, way: int) -> dict[str, np.ndarray]:
    found, far = signals(figures)
    return {
        "RAG": rag(figures, way),
        "XmR any": xmr_any(figures, way, found, far),
        "XmR two": xmr_families(figures, way, found, far),
    }


OWN = {"RAG": 3, "XmR any": 1, "XmR two": 2}
RIVALS: tuple[str, ...] = tuple(OWN)
Scores = Callable[[Figures, int], dict[str, np.ndarray]]
