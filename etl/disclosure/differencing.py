"""R8 across releases: which people follow from the difference of two figures, of all that was ever told and is told now.

A row is the sum of the units at the bottom under it that had a figure when it was counted. The tree of a month stays (where
it does not, nothing is told anew), so what a reader holds are, for each release that brought units (a *vintage*), the rows
told of exactly the units known by then. Less those told beneath them, they part the units into groups: one partition a
vintage. With one partition the groups are all that a reader gets; with several, the row space of all of them.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from etl.disclosure.rows import NOWHERE, Rows

NEVER = -1  # comes before every release
CLOSE = 1e-6


@dataclass(frozen=True)
class Tellings:
    """One indicator's figures in some months, rows × months, releases numbered from the oldest."""

    rows: Rows
    there: np.ndarray  # has a figure now
    people: np.ndarray
    since: np.ndarray  # the release that first spoke of it; the one being made, where none did
    told_in: np.ndarray  # the release whose figure stands now; NEVER: none is shown
    known: np.ndarray  # an earlier release spoke of it
    release: int  # the one being made

    @property
    def bottom(self) -> np.ndarray:
        return self.there & (self.rows.count(self.there) == 0)

    def only(self, months: np.ndarray) -> "Tellings":
        arrays = (self.there, self.people, self.since, self.told_in, self.known)
        return Tellings(self.rows.only(months), *(each[:, months] for each in arrays), self.release)


def extreme_below(rows: Rows, values: np.ndarray, pick: np.ufunc) -> np.ndarray:
    """The most (or the least) of what stands at each row and, at any depth, under it."""
    found = values.copy()
    child, month = np.nonzero(rows.parent != NOWHERE)
    order = np.argsort(rows.height[child], kind="stable")
    child, month = child[order], month[order]
    for height in np.unique(rows.height[child]):
        at = rows.height[child] == height
        below, column = child[at], month[at]
        pick.at(found, (rows.parent[below, column], column), found[below, column])
    return found


def late(now: Tellings) -> np.ndarray:
    """The rows not known yet that may not be shown in a month of which others are: one above units that are known already,
    for its sum is of another vintage than theirs; and those under a row that was at the bottom when it was told."""
    first = np.where(now.bottom, now.since, now.release)
    oldest = extreme_below(now.rows, first, np.minimum)
    inner = now.there & ~now.bottom
    was_bottom = inner & now.known & (oldest > now.since)
    return now.there & ~now.known & ((inner & (oldest < now.release)) | now.rows.below(was_bottom))


def revisable(now: Tellings, then: np.ndarray, wanted: np.ndarray, shown: np.ndarray, least: int) -> np.ndarray:
    """Which of the `wanted` rows (known and shown) may be counted anew: of exactly the units that were known when they were
    told, but for those that came later and are `shown` themselves; and no few people more or fewer in any of them than
    `then`, save where as many as `least` have changed together."""
    bottom, rows = now.bottom, now.rows
    newest = extreme_below(rows, np.where(bottom & ~shown, now.since, NEVER), np.maximum)
    wanted = wanted & (newest <= now.since)
    came = bottom & shown & ~now.known
    changed = np.where(bottom & ~came, np.nan_to_num(np.abs(now.people - then)), 0.0)
    revised = np.zeros(rows.shape, dtype=bool)
    for height in range(int(rows.height.max(initial=0)) + 1):
        at = rows.height == height
        few = (changed > CLOSE) & (changed < least)
        revised[at] = (wanted & ~few)[at]
        row, month = np.nonzero(at[:, None] & ~revised & (rows.parent != NOWHERE) & (changed > 0))
        np.add.at(changed, (rows.parent[row, month], month), changed[row, month])
    return revised


def lowest(rows: Rows, told: np.ndarray) -> np.ndarray:
    """The nearest row that is told at or above each; NOWHERE: none."""
    found = np.where(told, np.arange(len(told))[:, None], NOWHERE)
    for height in range(int(rows.height.max(initial=0)) - 1, -1, -1):
        at = np.flatnonzero(rows.height == height)
        parent = rows.parent[at]
        above = np.where(parent == NOWHERE, NOWHERE, np.take_along_axis(found, np.maximum(parent, 0), axis=0))
        found[at] = np.where(found[at] == NOWHERE, above, found[at])
    return found


def fallen(now: Tellings, new: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray]:
    """(units at the bottom that `new` tellings would tell apart, fewer than `least` people of them; the told rows from which
    they would follow), rows × months."""
    told = (now.told_in != NEVER) | new
    bottom = now.bottom
    units, source = np.zeros(now.rows.shape, dtype=bool), np.zeros(now.rows.shape, dtype=bool)
    one = ~now.known.any(axis=0)  # months of which nothing was told before: one partition
    if one.any():
        label = np.where(bottom & one, lowest(now.rows, told & one), NOWHERE)
        few = _small(label, now.people, least)
        units |= few
        source |= _at(label, few)
    for month in np.flatnonzero(~one & new.any(axis=0)):
        labels = _labels(now.only(np.array([month])), new[:, [month]])
        before = _labels(now.only(np.array([month])), np.zeros((len(new), 1), dtype=bool))
        more = _apart(labels, now.people[:, month], least) & ~_apart(before, now.people[:, month], least)
        units[:, month] = more
        for label in labels:
            at = label[more & (label != NOWHERE)]
            source[at, month] = True
    return units, source


def _small(label: np.ndarray, people: np.ndarray, least: int) -> np.ndarray:
    row, month = np.nonzero(label != NOWHERE)
    group = label[row, month].astype(np.int64) * label.shape[1] + month
    size = np.bincount(group, people[row, month], minlength=label.size)
    found = np.zeros(label.shape, dtype=bool)
    found[row, month] = size[group] < least - CLOSE
    return found


def _at(label: np.ndarray, which: np.ndarray) -> np.ndarray:
    found = np.zeros(label.shape, dtype=bool)
    month = np.nonzero(which)[1]
    found[label[which], month] = True
    return found


def _labels(now: Tellings, new: np.ndarray) -> list[np.ndarray]:
    """One month: for each vintage the row whose told sum, less those told beneath it, counts each unit; NOWHERE: none, or
    the unit was not known by then."""
    since = np.where(now.bottom, now.since, NEVER)
    told = [(now.since, now.known & (now.told_in != NEVER)), (now.told_in, now.told_in != NEVER)]
    told.append((np.full(now.rows.shape, now.release), new))

    def by(vintage: int) -> np.ndarray:
        return extreme_below(now.rows, np.where(since <= vintage, since, NEVER), np.maximum)

    vintages = {int(each) for each in np.unique(since[now.bottom])}
    vintages |= {int(each) for when, which in told for each in np.unique(when[which])}
    newest = {vintage: by(vintage) for vintage in vintages}  # of two vintages the same units, if the same is the newest
    labels = []
    for vintage in sorted(vintages):
        stands = np.zeros(now.rows.shape, dtype=bool)
        for when, which in told:
            for other in np.unique(when[which]):
                stands |= which & (when == other) & (newest[int(other)] == newest[vintage])
        label = lowest(now.rows, stands)
        labels.append(np.where(now.bottom & (since <= vintage), label, NOWHERE)[:, 0])
    return labels


def _apart(labels: list[np.ndarray], people: np.ndarray, least: int) -> np.ndarray:
    """The units in groups of fewer than `least` people that follow from the partitions together."""
    found = np.zeros(len(people), dtype=bool)
    stands = np.flatnonzero(np.logical_or.reduce([label != NOWHERE for label in labels]))
    if not len(stands):
        return found
    sorts, sort = np.unique(np.stack([label[stands] for label in labels], axis=1), axis=0, return_inverse=True)
    sort = sort.ravel()  # units that stand in the same sums throughout are told apart by nothing
    size = np.bincount(sort, people[stands])
    sums = sorted({tuple(np.flatnonzero(column == each)) for column in sorts.T for each in set(column) - {NOWHERE}})
    few = np.zeros(len(sorts), dtype=bool)
    for group, mine in _linked(sums, len(sorts)):
        for members in _reduced(group, mine):
            if size[members].sum() < least - CLOSE:
                few[members] = True
    found[stands] = few[sort]
    return found


def _linked(sums: list[tuple], number: int):
    """The parts that share no unit: (their sorts, their sums)."""
    row = np.concatenate([np.full(len(each), n) for n, each in enumerate(sums)])
    column = np.concatenate([np.array(each) for each in sums])
    size = len(sums) + number
    graph = coo_array((np.ones(len(row)), (row, len(sums) + column)), shape=(size, size))
    parts = connected_components(graph, directed=False)[1]
    by_part: dict[int, list[tuple]] = {}
    for part, each in zip(parts[: len(sums)], sums, strict=True):
        by_part.setdefault(int(part), []).append(each)
    for part, some in by_part.items():
        yield np.flatnonzero(parts[len(sums) :] == part), some


def _reduced(sorts: np.ndarray, sums: list[tuple]):
    """The groups that sums tell of: those of the reduced echelon form (single sorts among them, if they are determined), and
    the differences of any two sums one of which holds the other."""
    if len(sums) == 1:
        yield np.array(sums[0])
        return
    place = {each: n for n, each in enumerate(sorts)}
    matrix = np.zeros((len(sums), len(sorts)))
    for n, some in enumerate(sums):
        matrix[n, [place[each] for each in some]] = 1
    for one in sums:
        yield np.array(one)
        for other in sums:
            if set(one) < set(other):
                yield np.array(sorted(set(other) - set(one)))
    top = 0
    for column in range(len(sorts)):
        pivot = top + int(np.argmax(np.abs(matrix[top:, column]))) if top < len(matrix) else top
        if top >= len(matrix) or abs(matrix[pivot, column]) < CLOSE:
            continue
        matrix[[top, pivot]] = matrix[[pivot, top]]
        matrix[top] /= matrix[top, column]
        rest = np.arange(len(matrix)) != top
        matrix[rest] -= np.outer(matrix[rest, column], matrix[top])
        top += 1
    for row in matrix[:top]:
        yield sorts[np.abs(row) > CLOSE]
