"""Linear programmes over what a reader does not know: whether some history leaves room, and how far each unknown can go."""

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

CLOSE = 1e-6
GLANCES = 6  # cheap looks for room before each figure is looked at alone


def has_room(stands: csr_array, low: np.ndarray, high: np.ndarray, room: float) -> bool:
    """Whether some history leaves `room` at the top of every figure: then that much fits in any one place, and there is
    no need to look at each."""
    bounded = np.isfinite(high)
    matrix = vstack([stands[bounded], -stands]).tocsr()
    limits = np.concatenate([high[bounded] - room, -low])
    return linprog(np.zeros(stands.shape[1]), A_ub=matrix, b_ub=limits, method="highs").x is not None


def intervals(
    stands: csr_array, low: np.ndarray, high: np.ndarray, targets: csr_array, need: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The least and the most that each of `targets` can be, where `low <= stands @ x <= high` and x is not negative.

    Exact for the targets that have less room than they `need`; for the others any two histories that leave as much
    room will do. The most is infinite where a target counts an unknown that no release bounds: as nothing here is ever
    subtracted, that is the only way to be without a bound. Nothing is said (no bounds) where nothing fits: the sums that
    the reader assumed do not hold.
    """
    bounded = np.isfinite(high)
    free = np.bincount(stands[bounded].indices, minlength=stands.shape[1]) == 0
    endless = targets @ free.astype(float) > 0
    matters = (low > 0) & ~(stands @ free.astype(float) > 0)
    stands, targets = stands[:, ~free], targets[:, ~free]
    matrix = vstack([stands[bounded], -stands[matters]]).tocsr()
    limits = np.concatenate([high[bounded], -low[matters]]) + CLOSE
    number = targets.shape[0]
    least, most = np.full(number, np.inf), np.where(endless, np.inf, -np.inf)
    if not stands.shape[1]:
        return np.zeros(number), most

    def look(goal: np.ndarray) -> bool:
        solved = linprog(goal, A_ub=matrix, b_ub=limits, method="highs")
        if solved.x is None:
            return False
        at = targets @ solved.x
        np.minimum(least, at, out=least)
        np.maximum(most, at, out=most)
        return True

    random = np.random.default_rng(0)
    every = np.asarray(targets.sum(axis=0)).ravel().astype(float)
    if not look(every):
        return np.full(number, -np.inf), np.full(number, np.inf)
    look(-every)
    for _ in range(GLANCES):
        open_ = most - least < need
        if not open_.any():
            break
        look(-(targets[open_].T @ random.random(open_.sum())))
    for n in range(number):
        if most[n] - least[n] < need[n]:
            look(-targets[[n]].toarray().ravel())
        if most[n] - least[n] < need[n]:
            look(targets[[n]].toarray().ravel())
    return least, most


def matrix(forms: list[list[int]], columns: int) -> csr_array:
    rows = np.repeat(np.arange(len(forms)), [len(each) for each in forms])
    at = np.concatenate([np.asarray(each, int) for each in forms]) if forms else np.array([], int)
    return csr_array((np.ones(len(at)), (rows, at)), shape=(len(forms), columns))
