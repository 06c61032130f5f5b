"""R2 and R3: small units are shown together, as "Smaller teams in …", before anything is hidden."""

from dataclasses import dataclass

import numpy as np

from etl.disclosure.rows import NOWHERE, Rows


@dataclass(frozen=True)
class Pooling:
    """For each unit and month: whether it is listed alone, or is a member of its parent's pool; else neither, and only
    a unit above it is shown."""

    alone: np.ndarray
    pooled: np.ndarray


def pool(rows: Rows, people: np.ndarray, k_people: int, min_units: int, min_rest: int) -> Pooling:
    """Small siblings (under `k_people`) are pooled; while the pool has too few units or people, or leaves too few
    people beside its largest member, the next smallest sibling joins it. If nothing is left outside, none is listed.

    `people` (rows × months) is NaN where a unit has no figure.
    """
    alone, pooled = ~np.isnan(people) & (people >= k_people), np.zeros(rows.shape, dtype=bool)
    row, month = np.nonzero(~np.isnan(people) & (rows.parent != NOWHERE))
    family = rows.parent[row, month].astype(np.int64) * rows.shape[1] + month
    size = people[row, month]
    order = np.lexsort((row, size, family))
    row, month, family, size = row[order], month[order], family[order], size[order]
    if not len(row):
        return Pooling(alone, pooled)
    new = np.flatnonzero(np.r_[True, family[1:] != family[:-1]])
    number = np.cumsum(np.r_[True, family[1:] != family[:-1]]) - 1
    before = np.arange(len(row)) - new[number]  # siblings smaller than this one
    total = np.cumsum(size)
    people_before = total - size - (total - size)[new][number]
    largest_before = np.where(before > 0, np.r_[0, size[:-1]], 0)
    small = np.bincount(number, size < k_people)[number]
    enough = (
        (before >= np.maximum(small, min_units))
        & (people_before >= k_people)
        & (people_before - largest_before >= min_rest)
    )
    in_pool = (small > 0) & ~enough
    nothing_left = np.bincount(number, in_pool)[number] == np.bincount(number)[number]
    alone[row, month] &= ~in_pool
    pooled[row, month] = in_pool & ~nothing_left
    # The teams of a unit that has a figure and is not itself listed are not listed either.
    unseen = ~np.isnan(people) & ~alone
    for height in range(int(rows.height.max()) - 1, -1, -1):
        at = rows.height == height
        under_unseen = rows.of_parent(unseen, False)[at]
        unseen[at] |= ~np.isnan(people[at]) & under_unseen
        alone[at] &= ~under_unseen
        pooled[at] &= ~under_unseen
    return Pooling(alone, pooled)
