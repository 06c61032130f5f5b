"""What could be found at all: a judge who knows every team's true rate, what all shared, the noise and what is planted.

For each team and month, the logarithm of the likelihood ratio of "what is planted began k months ago" to "nothing", the
largest over k (a matched filter: Gaussian, with single months winsorised). A method that has to learn all this from the
same figures can hardly find more at the same false-alarm rate. A second oracle knows what all shared, the noise, and how
large the change is, but must learn each team's own rates from its past, and does not know which families have changed.
"""

from itertools import combinations

import numpy as np

from tests.benchmarks.strain.simulators import CREEP, Truth

MONTHS = 8  # looked back upon
FIRST = 12  # month judged
CLIP = 3.0


def scores(truth: Truth, learns: bool = False) -> np.ndarray:
    """month × unit, the higher the likelier; -inf where too little is there.

    learns: each team's own rates are not known, but learned from its months before those looked back upon; nor is
    it known which families have changed.
    """
    months, _, units = truth.usual.shape
    reached, shapes = everywhere(truth) if learns else planted(truth), _shapes(truth)
    families = truth.figures.families
    scores = np.full((months, units), -np.inf)
    for unit in range(units):
        some = np.flatnonzero(reached[:, unit] != 0)
        if not some.size:
            continue
        bad, usual = truth.bad[:, some, unit], truth.usual[:, some, unit]
        covariance, lasting = _covariance(truth, some, unit)
        spread = np.sqrt(covariance.diagonal().reshape(len(some), MONTHS)[:, 0])
        scopes = _scopes(families[some]) if learns else np.ones((1, len(some)))
        signs = np.array([np.outer(reached[some, unit] * scope, shape).ravel() for scope in scopes for shape in shapes])
        kept = usual * np.clip(bad / usual, np.maximum(1 - CLIP * spread, 0), 1 + CLIP * spread)
        for month in range(FIRST, months):
            start, rate, error = month - MONTHS + 1, 1.0, 0.0
            if learns:
                before = ~np.isnan(bad[:start])
                count = np.maximum(before.sum(axis=0), 1)
                rate = np.nansum(kept[:start], axis=0) / np.maximum((usual[:start] * before).sum(axis=0), 1e-9)
                rate = np.where(before.any(axis=0) & (rate > 0), rate, np.nan)
                error = np.kron(lasting / np.sqrt(np.outer(count, count)), np.ones((MONTHS, MONTHS)))
            off = np.clip(bad[start : month + 1] / (usual[start : month + 1] * rate) - 1, -CLIP * spread, CLIP * spread)
            window = off.T.ravel()
            known = ~np.isnan(window)
            if not known.any():
                continue
            filters = np.linalg.solve((covariance + error)[np.ix_(known, known)], signs[:, known].T).T
            scores[month, unit] = (filters @ window[known] - (filters * signs[:, known]).sum(axis=1) / 2).max()
    return scores


def planted(truth: Truth) -> np.ndarray:
    """indicator × unit: the whole change, as a share of what is usual; in teams that are quiet, what could be."""
    whole = truth.effect[-1] - 1
    struck = np.flatnonzero(truth.onset < len(truth.effect))
    quiet = np.setdiff1d(np.arange(len(truth.onset)), struck)
    whole = whole.copy()
    whole[:, quiet] = whole[:, struck[np.arange(len(quiet)) % len(struck)]]
    return whole


def everywhere(truth: Truth) -> np.ndarray:
    """indicator × unit: the change, had it reached every indicator."""
    whole = truth.effect[-1] - 1
    size = whole.flat[np.argmax(np.abs(whole))]
    return np.full(whole.shape, size)


def _scopes(families: np.ndarray) -> np.ndarray:
    """scope × indicator, 0 or 1: every choice of families."""
    names = np.unique(families)
    chosen = [some for many in range(1, len(names) + 1) for some in combinations(names, many)]
    return np.array([np.isin(families, some) for some in chosen]).astype(float)


def _shapes(truth: Truth) -> list[np.ndarray]:
    """For each onset, how far the change has come in each of the months looked back upon."""
    since = np.arange(MONTHS)[None] - np.arange(MONTHS)[:, None]
    full = (since >= 0) if truth.plant.shape == "sudden" else np.clip((since + 1) / CREEP, 0, 1)
    return list(full.astype(float))


def _covariance(truth: Truth, some: np.ndarray, unit: int) -> tuple[np.ndarray, np.ndarray]:
    """Of (indicator, month) pairs in a window, indicators outermost; and of indicators' means over many months, times those."""
    chance = truth.chance[:, some, unit].mean(axis=0)
    matrix, lasting = np.kron(np.diag(chance), np.eye(MONTHS)), np.diag(chance)
    lags = np.abs(np.subtract.outer(np.arange(MONTHS), np.arange(MONTHS)))
    for wave in truth.waves:
        names = np.array(wave.groups)[some]
        together = ((names[:, None] == names) & (names != "")) * wave.sd**2
        matrix = matrix + np.kron(together, wave.memory**lags)
        lasting = lasting + together * (1 + wave.memory) / (1 - wave.memory)
    return matrix, lasting
