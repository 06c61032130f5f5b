"""Leaver rates: whether a release leaves room for some people more, or fewer, in any one quarter of any team.

A rolling year told every quarter can be undone: one window less the next is one quarter less another, and parents less
their parts are the rest. So a release is safe only if there is another history, one that gives exactly the same
release, with room to spare: every step that is told has `min_num` people left at its top. Then that many leavers could
be added in any one team and quarter, and nothing that was ever published would speak against it. One linear programme
looks for that history; where there is none it says which figures stand in its way, and those are hidden.
"""

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack, identity, vstack

from etl.disclosure.rows import NOWHERE, Rows

TOLERANCE = 1e-6


def in_the_way(
    rows: Rows,
    told: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    weight: np.ndarray,
    window: int,
    room: float,
    absent: np.ndarray,
) -> np.ndarray:
    """Which of the figures `told` (rows × quarters) must go, so that the rest leave room; those of the fewest people.

    `low` and `high` are the counts between which a figure says it lies; `window` is in quarters; `weight` is the people
    behind each figure, infinite where it has been told already; `absent` are the units that came when a quarter had been
    told without them.
    """
    stands, cell_row, cell_quarter = _atoms(rows, told, window, absent)
    none = np.zeros(rows.shape, dtype=bool)
    if not len(cell_row):
        return none
    lows, highs = low[cell_row, cell_quarter], high[cell_row, cell_quarter] - room
    weights = weight[cell_row, cell_quarter]
    weights = np.where(np.isinf(weights), 1e3 * max(1, weights[~np.isinf(weights)].max(initial=1)), weights)
    number, atoms = stands.shape
    slack = identity(number, format="csr")
    solved = linprog(
        np.concatenate([np.zeros(atoms), weights, weights]),
        A_ub=vstack([hstack([stands, -slack, 0 * slack]), hstack([-stands, 0 * slack, -slack])]).tocsr(),
        b_ub=np.concatenate([highs, -lows]),
        method="highs",
    )
    blamed = solved.x[atoms : atoms + number] + solved.x[atoms + number :] > TOLERANCE
    none[cell_row[blamed], cell_quarter[blamed]] = True
    return none


def _atoms(rows: Rows, told: np.ndarray, window: int, absent: np.ndarray) -> tuple[csr_array, np.ndarray, np.ndarray]:
    """Which quarters' leavers of which teams each told figure counts. Teams that stand in the same rows throughout are
    one: nothing in the release tells them apart."""
    quarters = told.shape[1]
    lowest = np.where(told, np.arange(rows.shape[0])[:, None], NOWHERE)
    for height in range(int(rows.height.max()) - 1, -1, -1):
        at = (rows.height == height)[:, None] & (lowest == NOWHERE)
        lowest = np.where(at, rows.of_parent(lowest, NOWHERE), lowest)
    lowest[absent] = NOWHERE
    bottom = np.setdiff1d(np.arange(rows.shape[0]), np.unique(rows.parent))
    kinds = np.unique(lowest[bottom], axis=0)
    kind, quarter = np.nonzero(kinds != NOWHERE)
    row = kinds[kind, quarter]
    found = [(kind[:0], quarter[:0], row[:0])]
    while len(row):
        seen = told[row, quarter]
        found.append((kind[seen], quarter[seen], row[seen]))
        row = rows.parent[row, quarter]
        on = row != NOWHERE
        kind, quarter, row = kind[on], quarter[on], row[on]
    kind, quarter, row = (np.concatenate(each) for each in zip(*found, strict=True))
    cell, place = np.unique(row * quarters + quarter, return_inverse=True)
    span = quarters + window - 1  # a window reaches back before the first quarter
    counts = (kind * span + quarter)[:, None] + np.arange(window)
    shape = len(cell), len(kinds) * span
    stands = csr_array((np.ones(counts.size), (np.repeat(place, window), counts.ravel())), shape=shape)
    return stands, cell // quarters, cell % quarters
