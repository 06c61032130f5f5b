"""Who stands under whom, month by month, as arrays: a row a unit or a pool, a column a month.

Every row's figure is the sum of the rows under it, so what a reader can work out is a matter of sums along this tree.
"""

from dataclasses import dataclass, replace

import duckdb
import numpy as np

NOWHERE = -1


@dataclass(frozen=True)
class Rows:
    """The rows of every array in this package. `parent` (rows × months) is the row above, NOWHERE at the top or in a
    month in which the row did not stand; `height` is 0 at the bottom. A pool is at its members' level."""

    names: np.ndarray
    titles: np.ndarray
    level: np.ndarray
    months: np.ndarray
    parent: np.ndarray
    height: np.ndarray

    @property
    def team(self) -> np.ndarray:
        return self.level == "team"

    @property
    def shape(self) -> tuple[int, int]:
        return self.parent.shape

    def only(self, months: np.ndarray) -> "Rows":
        """The same rows in some of the months."""
        return replace(self, months=self.months[months], parent=self.parent[:, months])

    def sum_up(self, values: np.ndarray) -> np.ndarray:
        """What the rows right under each row add up to; a missing value adds nothing."""
        row, month = np.nonzero((self.parent != NOWHERE) & ~np.isnan(values))
        return self._gather(row, month, values[row, month])

    def count(self, which: np.ndarray) -> np.ndarray:
        """How many of the rows right under each row are among `which`."""
        row, month = np.nonzero((self.parent != NOWHERE) & which)
        return self._gather(row, month, None).astype(np.int64)

    def largest(self, values: np.ndarray) -> np.ndarray:
        """The largest of what stands right under each row; 0 where nothing does."""
        row, month = np.nonzero((self.parent != NOWHERE) & ~np.isnan(values))
        found = np.zeros(self.parent.size)
        np.maximum.at(found, self.parent[row, month].astype(np.int64) * self.shape[1] + month, values[row, month])
        return found.reshape(self.shape)

    def below(self, which: np.ndarray) -> np.ndarray:
        """All rows that stand, at whatever depth, under one among `which`."""
        found = np.zeros(self.shape, dtype=bool)
        for height in range(int(self.height.max()) - 1, -1, -1):
            at = self.height == height
            found[at] = self.of_parent(which | found, False)[at]
        return found

    def above(self, which: np.ndarray) -> np.ndarray:
        """All rows under which, at whatever depth, one among `which` stands."""
        found = np.zeros(self.shape, dtype=bool)
        for height in range(1, int(self.height.max()) + 1):
            at = self.height == height
            found[at] = (self.count(which | found) > 0)[at]
        return found

    def of_parent(self, values: np.ndarray, at_top) -> np.ndarray:
        """What stands at the row above, `at_top` where there is none."""
        above = np.take_along_axis(values, np.maximum(self.parent, 0), axis=0)
        return np.where(self.parent == NOWHERE, at_top, above)

    def _gather(self, row: np.ndarray, month: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        at = self.parent[row, month].astype(np.int64) * self.shape[1] + month
        return np.bincount(at, weights, minlength=self.parent.size).reshape(self.shape)


def stand(con: duckdb.DuckDBPyConnection) -> Rows | None:
    """The units of `unit_spell` in the months of `figure` that have any that is not public; None: there are none.

    Who stood under whom is read from `stands`, as the figures were added up."""
    first, last = con.execute("SELECT min(month), max(month) FROM figure WHERE provenance <> 'published'").fetchall()[0]
    if first is None:
        return None
    months = np.arange(np.datetime64(first, "M"), np.datetime64(last, "M") + 1)
    units = con.execute("""
        SELECT unit, any_value(title ORDER BY from_month DESC) AS title, any_value(level) AS level
        FROM unit_spell
        GROUP BY unit
        ORDER BY unit
    """).fetchnumpy()
    number = {unit: place for place, unit in enumerate(units["unit"])}
    parent = np.full((len(number), len(months)), NOWHERE, dtype=np.int32)
    for unit, above, begins, ends in con.execute(
        "SELECT unit, parent, from_month, before_month FROM stands WHERE parent IS NOT NULL"
    ).fetchall():
        begin = max(0, (np.datetime64(begins, "M") - months[0]).astype(int))
        end = (np.datetime64(ends, "M") - months[0]).astype(int)
        parent[number[unit], begin : max(0, end)] = number[above]
    text = [np.asarray(units[column], dtype=object) for column in ("unit", "title", "level")]
    return Rows(*text, months, parent, _height(parent))


def with_pools(rows: Rows, pooled: np.ndarray, prefix: str) -> Rows:
    """The same units with one row more for each unit that has a pool under it, between it and the pooled ones; `prefix`
    tells pools from units."""
    parents = np.unique(rows.parent[pooled])
    slot = np.full(len(rows.names) + 1, NOWHERE, dtype=np.int32)
    slot[parents] = len(rows.names) + np.arange(len(parents))
    own = np.where(pooled, slot[rows.parent], rows.parent)
    below = np.zeros((len(parents), len(rows.months)), dtype=np.int32) + parents[:, None]
    member = np.full(len(rows.names), NOWHERE)
    member[rows.parent[pooled]] = np.nonzero(pooled)[0]
    return Rows(
        np.r_[rows.names, np.array([f"{prefix}{rows.names[each]}" for each in parents], dtype=object)],
        np.r_[rows.titles, rows.titles[parents]],
        np.r_[rows.level, rows.level[member[parents]]],
        rows.months,
        np.concatenate([own, below]).astype(np.int32),
        np.concatenate([2 * rows.height, 2 * rows.height[parents] - 1]),
    )


def _height(parent: np.ndarray) -> np.ndarray:
    height = np.zeros(len(parent), dtype=np.int32)
    child, month = np.nonzero(parent != NOWHERE)
    edges = np.unique(np.column_stack([child, parent[child, month]]), axis=0)
    for _ in range(len(parent) + 1):
        raised = height.copy()
        np.maximum.at(raised, edges[:, 1], height[edges[:, 0]] + 1)
        if (raised == height).all():
            break
        height = raised
    return height
