"""What several releases say of the same month, where they do not all say the same: a list of statements, and what follows.

A statement is of certain units at the bottom (leaves). A figure that is unchanged from one release to the next says nothing
new, whoever stands under it now; one that has changed is a statement of its own, about the units of its own release.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from etl.disclosure.attack.kinds import CLOSE
from etl.disclosure.attack.view import View


@dataclass
class Cell:
    """One figure of one unit and month as a reader has it."""

    unit: int
    column: int
    leaves: frozenset[int]
    people: float
    denominator: float
    value: float
    low: float
    high: float

    @property
    def shown(self) -> bool:
        return not np.isnan(self.value)


@dataclass(frozen=True)
class Change:
    """A figure that was told twice, differently, of the same units."""

    unit: int
    column: int
    before: float
    after: float
    people: float  # how many more, or fewer, than before


class Ledger:
    """The statements of several releases, in order. `only`: the leaves that matter (all, if None)."""

    def __init__(self, few: int, only: frozenset[int] | None = None):
        self.few, self.only = few, only
        self.cells: dict[tuple[int, int], Cell] = {}  # of each unit and column the statement that stands
        self.others: list[Cell] = []  # statements under the same name, of other units
        self.changes: list[Change] = []
        self.merged: dict[int, set[int]] = {}

    def all(self) -> list[Cell]:
        return [*self.cells.values(), *self.others]

    def read(self, view: View, columns: np.ndarray, followed: dict[int, int], hidden: bool = True) -> None:
        """Adds what one release says; `columns` are the numbers of the view's months, `hidden` whether to add what is
        not shown."""
        for old, new in followed.items():
            self.merged.setdefault(new, set()).add(old)
        for place, column in enumerate(columns):
            self._read_month(view, place, int(column), hidden)

    def _read_month(self, view: View, place: int, column: int, hidden: bool) -> None:
        parent, below = view.forest.parent[:, place].tolist(), {}
        for leaf in np.flatnonzero(view.leaf[:, place]).tolist():
            whole = self._with_merged(leaf)
            if self.only is not None:
                whole &= self.only
            row = leaf
            while row >= 0:
                below.setdefault(row, set()).update(whole)
                row = parent[row]
        listed = (view.present | view.spoken)[:, place]
        if not hidden:
            listed = listed & view.shown[:, place]
        for unit in np.flatnonzero(listed).tolist():
            if below.get(unit):
                numbers = [float(each[unit, place]) for each in (view.people, view.numbers["denominator"], view.value)]
                edges = float(view.low[unit, place]), float(view.high[unit, place])
                self._add(Cell(unit, column, frozenset(below[unit]), *numbers, *edges))

    def _add(self, new: Cell) -> None:
        at = new.unit, new.column
        old = self.cells.get(at)
        if old is None:
            self.cells[at] = new
        elif new.shown and not (old.shown and abs(old.value - new.value) < CLOSE):
            same, people = new.leaves == old.leaves, abs(new.people - old.people)
            if old.shown and same:
                self.changes.append(Change(*at, old.value, new.value, people))
            if not same:  # the same name for other units: another figure altogether
                self.others.append(new)
            elif not old.shown or people >= self.few:
                self.cells[at] = new

    def _with_merged(self, leaf: int) -> set[int]:
        """A unit that others were merged into is, from then on and in its past, all of them."""
        whole, more = {leaf}, {leaf}
        while more := {old for new in more for old in self.merged.get(new, ())} - whole:
            whole |= more
        return whole

    def determined(self) -> list[tuple[Cell, bool]]:
        """The hidden cells in the row space of what is shown (of one column); and whether a shown one is the same."""
        shown = [cell for cell in self.all() if cell.shown]
        sets = {cell.leaves for cell in shown}
        space = RowSpace(sorted(sets, key=len))
        hidden = [cell for cell in self.all() if not cell.shown]
        return [(cell, cell.leaves in sets) for cell in hidden if space.holds(cell.leaves)]


class RowSpace:
    """What follows from sums of leaves. Each sum is first taken apart into smaller ones, which leaves small independent
    parts: a directorate's hidden teams, say."""

    def __init__(self, sums: list[frozenset[int]]):
        self.number = {leaf: n for n, leaf in enumerate(sorted(set().union(*sums)))} if sums else {}
        rows = [dict(rest) for rest in self._rests(sums) if rest]
        shape = len(rows), len(self.number)
        at = [(n, self.number[leaf], weight) for n, row in enumerate(rows) for leaf, weight in row.items()]
        if not at:
            self.part = np.zeros(0, dtype=int)
            return
        row, column, weight = (np.array(each) for each in zip(*at, strict=True))
        matrix = csr_array((weight.astype(float), (row, column)), shape=shape)
        _, part = connected_components(abs(matrix.T) @ abs(matrix), directed=False)
        self.part, self.matrix = part, matrix
        self.rows_of: dict[int, list[int]] = {}
        for n, leaf in enumerate(matrix.indices[matrix.indptr[:-1]]):
            self.rows_of.setdefault(part[leaf], []).append(n)
        self.bases: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    @staticmethod
    def _rests(sums: list[frozenset[int]]):
        """Each sum less the largest of those before it that lie within it, whole; smallest first."""
        top: dict[int, frozenset[int]] = {}
        for each in sums:
            rest = Counter(each)
            for inner in {top[leaf] for leaf in each if leaf in top}:
                if inner < each:
                    rest.subtract(inner)
            for leaf in each:
                top[leaf] = each
            yield {leaf: weight for leaf, weight in rest.items() if weight}

    def holds(self, leaves: frozenset[int]) -> bool:
        if not all(leaf in self.number for leaf in leaves):
            return False
        numbers = np.array(sorted(self.number[leaf] for leaf in leaves))
        return all(
            self._holds_part(part, numbers[self.part[numbers] == part]) for part in np.unique(self.part[numbers])
        )

    def _holds_part(self, part: int, numbers: np.ndarray) -> bool:
        if part not in self.rows_of:
            return False
        if part not in self.bases:
            columns = np.flatnonzero(self.part == part)
            dense = self.matrix[self.rows_of[part]].toarray()[:, columns]
            _, sizes, rows = np.linalg.svd(dense, full_matrices=False)
            self.bases[part] = columns, rows[sizes > CLOSE]
        columns, base = self.bases[part]
        wanted = np.isin(columns, numbers).astype(float)
        return bool(np.abs(wanted - base.T @ (base @ wanted)).max() < CLOSE)
