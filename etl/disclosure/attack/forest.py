"""Sums along a tree, for all months at once: what follows from what is shown, and how far each figure can go.

Along a tree the null space is peeling: a hidden figure is determined if it is made of shown ones, or is all that a shown one
above it has besides shown ones. The tightest bounds are one pass up and one down. All arrays are units × months.
"""

import numpy as np

from etl.disclosure.attack.kinds import CLOSE

NOWHERE = -1


class Forest:
    """Who stands under whom. `parent` is the number of the unit above, NOWHERE at the top."""

    def __init__(self, parent: np.ndarray):
        self.parent, self.shape = parent, parent.shape
        child, month = np.nonzero(parent != NOWHERE)
        above = parent[child, month]
        height = _heights(len(parent), child, above)
        self.levels = []  # (place of the unit, place of the one above), from the bottom up
        level = height[above]
        for each in np.unique(level):
            at = np.flatnonzero(level == each)
            self.levels.append((child[at] * self.shape[1] + month[at], above[at] * self.shape[1] + month[at]))

    def only(self, months: np.ndarray) -> "Forest":
        return self if months.all() else Forest(self.parent[:, months])

    def add_up(self, own: np.ndarray) -> np.ndarray:
        """What stands in a unit and everywhere below it."""
        total = own.astype(float).ravel().copy()
        for below, above in self.levels:
            total += np.bincount(above, total[below], total.size)
        return total.reshape(self.shape)

    def leaves(self, present: np.ndarray) -> np.ndarray:
        """The units that have a figure, and nobody with one below them."""
        return present & (self.add_up(present) == 1)

    def determined(self, leaf: np.ndarray, shown: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(which hidden units are determined, which of all units are the same as a shown one: of exactly its leaves)."""
        size = self.add_up(leaf).ravel()
        seen = shown.ravel()
        rest = leaf.astype(float).ravel().copy()  # leaves under no shown unit below this one
        parts = np.zeros(rest.size)  # shown units right below it, with hidden ones between
        for below, above in self.levels:
            hidden = ~seen[below]
            rest += np.bincount(above, rest[below] * hidden, rest.size)
            parts += np.bincount(above, np.where(hidden, parts[below], 1.0), rest.size)
        rest_above, size_above = np.full(rest.size, -1.0), np.full(rest.size, -1.0)  # of the nearest shown one above
        for below, above in reversed(self.levels):
            rest_above[below] = np.where(seen[above], rest[above], rest_above[above])
            size_above[below] = np.where(seen[above], size[above], size_above[above])
        follows = ~seen & (size > 0) & ((rest == 0) | (rest == rest_above))
        same = ((rest == 0) & (parts == 1)) | (size_above == size)
        return follows.reshape(self.shape), same.reshape(self.shape)

    def bounds(self, low: np.ndarray, high: np.ndarray, leaf: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(low, high, consistent): the tightest bounds that follow from given ones and from each unit being the sum of
        those under it; of a leaf there is no such sum, whoever stands under it without a figure. Where the sums do not hold,
        nothing is said of what stands below."""
        low, high = low.ravel().copy(), high.ravel().copy()
        fits = np.ones(low.size, dtype=bool)
        sums, leaf = [], leaf.ravel()
        levels = [(below[~leaf[above]], above[~leaf[above]]) for below, above in self.levels]
        for below, above in levels:
            endless = np.isinf(high[below])
            lows = np.bincount(above, low[below], low.size)
            highs = np.bincount(above, np.where(endless, 0, high[below]), low.size)
            open_ = np.bincount(above, endless, low.size)
            at = np.unique(above)
            least = np.maximum(low[at], lows[at])
            most = np.minimum(high[at], np.where(open_[at] > 0, np.inf, highs[at]))
            bad = least > most + CLOSE * np.maximum(1, np.abs(least))
            fits[at[bad]] = False
            low[at[~bad]], high[at[~bad]] = least[~bad], most[~bad]
            sums.append((lows[above], highs[above], open_[above]))
        for (below, above), (lows, highs, open_) in zip(reversed(levels), reversed(sums), strict=True):
            mine, ours = low[below], high[below]
            endless = np.isinf(ours)
            others = np.where(open_ - endless > 0, np.inf, highs - np.where(endless, 0, ours))
            push = fits[above]
            low[below] = np.where(push, np.maximum(mine, low[above] - others), mine)
            high[below] = np.where(push, np.minimum(ours, high[above] - (lows - mine)), ours)
            fits[below] &= push
        return tuple(each.reshape(self.shape) for each in (low, high, fits))


def _heights(units: int, child: np.ndarray, above: np.ndarray) -> np.ndarray:
    height = np.zeros(units, dtype=np.int64)
    edges = np.unique(child.astype(np.int64) * units + above)
    child, above = edges // units, edges % units
    for _ in range(units + 1):
        raised = height.copy()
        np.maximum.at(raised, above, height[child] + 1)
        if (raised == height).all():
            break
        height = raised
    return height
