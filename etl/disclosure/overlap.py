"""R8 overlap: amounts told over rolling windows add up over their quarters, so windows that overlap bound each other.

A hidden year of days lies within the shown years before and after it, and so do those hidden beside it: together they
may leave fewer than `min_num` people's worth of it in doubt, though no month by itself gives anything away. What each
unit at the bottom has in each quarter is an unknown of a linear programme, never below nought; every shown figure bounds a
sum of them to the step that it is told in.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from etl.disclosure.rows import NOWHERE, Rows

TOLERANCE = 1e-6
MAX_UNKNOWNS = 4000  # of one programme; a larger organisation is gone through by the largest of its parts that fit
MAX_GLANCES = 6  # pairs of histories that are looked at for all hidden figures at once, before one is looked at alone


@dataclass(frozen=True)
class Windows:
    """One indicator as a reader has it (rows × quarters, in people): whether there is a figure, whether it is shown, and the
    amounts between which it lies. `most`: what a figure could be at all, infinite if it is no share; `window`: in quarters;
    `since` and `told_in`: the numbers of the releases that first spoke of a row, and that told its figure."""

    there: np.ndarray
    shown: np.ndarray
    low: np.ndarray
    high: np.ndarray
    most: np.ndarray
    people: np.ndarray
    window: int
    since: np.ndarray
    told_in: np.ndarray


def to_hide(rows: Rows, each: Windows, free: np.ndarray, rules) -> np.ndarray:
    """Which of the shown figures that are `free` (rows × quarters) to be withheld must go, so that no hidden window is left
    too little room: of each that is, the next window of the same row, or of the nearest kin that has one."""
    more = np.zeros(rows.shape, dtype=bool)
    free = free & each.shown
    for row, quarter in np.argwhere(narrow(rows, each, rules)):
        for kin in _kin(rows, row, quarter):
            at = np.flatnonzero(free[kin])
            at = at[(np.abs(at - quarter) < each.window)]
            if len(at):  # a later one first, for the earlier ones are told already
                more[kin, min(at, key=lambda n: (n <= quarter, abs(n - quarter)))] = True
                break
    return more


def _kin(rows: Rows, row: int, quarter: int):
    """The row, its siblings, and so on upwards; those above after those below them."""
    while row != NOWHERE:
        yield row
        above = rows.parent[row, quarter]
        if above != NOWHERE:
            yield from np.flatnonzero((rows.parent[:, quarter] == above) & (np.arange(len(rows.parent)) != row))
        row = above


def narrow(rows: Rows, each: Windows, rules) -> np.ndarray:
    """The hidden figures (rows × quarters) of which fewer than `min_num` people's worth is left in doubt, unless all that they
    may be is safe to know."""
    found = np.zeros(rows.shape, dtype=bool)
    leaf, quarter, row = _stand(rows, each)
    if not len(leaf) or not (each.there & ~each.shown).any() or not each.shown.any():
        return found
    span = rows.shape[1] + each.window - 1  # a window reaches back before the first quarter
    for block in _blocks(rows.shape[0], leaf, row, max(1, MAX_UNKNOWNS // span)):
        own = np.isin(leaf, block)
        whole = ~np.isin(row, np.unique(row[~own])) & own
        cell, place = np.unique(row[whole] * rows.shape[1] + quarter[whole], return_inverse=True)
        at = np.searchsorted(block, leaf[whole])
        unknown = (at * span + quarter[whole])[:, None] + np.arange(each.window)
        stands = csr_array(
            (np.ones(unknown.size), (np.repeat(place, each.window), unknown.ravel())),
            shape=(len(cell), len(block) * span),
        )
        found.flat[cell[_narrow_of(stands, each, cell, rules)]] = True
    return found


def _stand(rows: Rows, each: Windows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(leaf, quarter, row) wherever the figure of a row counts a unit at the bottom."""
    bottom = np.zeros(rows.shape, dtype=bool)
    bottom[np.setdiff1d(np.arange(rows.shape[0]), np.unique(rows.parent))] = True
    leaf, quarter = np.nonzero(bottom & each.there)
    row, parts = leaf, []
    while len(leaf):
        counted = each.there[row, quarter] & (each.since[leaf, quarter] <= each.told_in[row, quarter])
        parts.append((leaf[counted], quarter[counted], row[counted]))
        above = rows.parent[row, quarter]
        on = above != NOWHERE
        leaf, quarter, row = leaf[on], quarter[on], above[on]
    return tuple(np.concatenate(some) for some in zip(*parts, strict=True)) if parts else (leaf, quarter, row)


def _blocks(number: int, leaf: np.ndarray, row: np.ndarray, most: int) -> list[np.ndarray]:
    """The largest parts of the organisation, units at the bottom, that have no more than `most`."""
    pairs = np.unique(row.astype(np.int64) * number + leaf)
    parts = np.split(pairs % number, np.flatnonzero(np.diff(pairs // number)) + 1)
    blocks, placed = [], np.zeros(number, dtype=bool)
    for part in sorted(parts, key=len, reverse=True):
        if len(part) <= most and not placed[part].any():
            blocks.append(np.sort(part))
            placed[part] = True
    return blocks


def _narrow_of(stands: csr_array, each: Windows, cell: np.ndarray, rules) -> np.ndarray:
    """Which of the figures `cell`, whose unknowns are the rows of `stands`, are hidden and have too little room."""
    shown, most, people = (some.ravel()[cell] for some in (each.shown, each.most, each.people))
    low = np.where(shown, np.maximum(each.low.ravel()[cell], 0), 0)
    high = np.where(shown, np.minimum(each.high.ravel()[cell], most), most)
    targets = np.flatnonzero(~shown)
    need = np.minimum(np.minimum(rules.min_num, most[targets]), people[targets])
    if not len(targets) or not shown.any():
        return targets[:0]
    bounded = np.isfinite(high)
    matrix = vstack([stands[bounded], -stands]).tocsr()
    limits = np.concatenate([high[bounded], -low]) + TOLERANCE
    # What no figure bounds may be anything.
    loose = np.bincount(stands[bounded].indices, minlength=stands.shape[1]) == 0
    bounds = np.column_stack([np.zeros(len(loose)), np.where(loose, 1e6, np.inf)])
    forms, random = stands[targets], np.random.default_rng(0)
    least, greatest = np.full(len(targets), np.inf), np.full(len(targets), -np.inf)

    def look(goal: np.ndarray) -> bool:
        solved = linprog(goal, A_ub=matrix, b_ub=limits, bounds=bounds, method="highs")
        if solved.x is None:
            return False
        np.minimum(least, forms @ solved.x, out=least)
        np.maximum(greatest, forms @ solved.x, out=greatest)
        return True

    for _ in range(MAX_GLANCES):
        tight = greatest - least < need
        if not tight.any():
            return targets[:0]
        goal = forms[tight].T @ random.choice([-1.0, 1.0], tight.sum())
        if not (look(goal) and look(-goal)):
            return targets[:0]  # the figures do not add up over time: nothing follows from their sums
    for n in np.flatnonzero(greatest - least < need):
        if greatest[n] - least[n] < need[n]:
            goal = forms[[n]].toarray().ravel()
            look(goal)
            look(-goal)
    safe = (people[targets] >= rules.k_people) & (least >= rules.min_num)
    safe &= most[targets] - greatest >= rules.min_num
    return targets[(greatest - least < need - TOLERANCE) & ~safe]
