"""Rolling windows: each is the sum of its quarters (or months), so windows that overlap tell of each other.

What each unit at the bottom has in each stretch of time is an unknown; every figure bounds a sum of them; linear programmes
say how far each target can go.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from etl.disclosure.attack.kinds import CLOSE, LEAVERS
from etl.disclosure.attack.ledger import Cell
from etl.disclosure.attack.programme import has_room, intervals, matrix

MAX_UNKNOWNS = 4000  # of one linear programme; in a larger organisation the attacker goes through its parts


@dataclass(frozen=True)
class Shape:
    """How the figures of one indicator lie in time. `window` is in steps of `step` months; `stay`: who has gone is the
    rest of the denominator; `per_person`: what one person in the numerator stands for."""

    kind: str
    share: bool
    stay: bool
    window: int
    step: int
    per_person: float


@dataclass(frozen=True)
class Narrow:
    """A target with too little room: a unit and the month it ends with (a column), and what is known of it, in people."""

    unit: int
    column: int
    least: float
    most: float


def narrow(cells: list[Cell], shape: Shape, smallest: np.ndarray, rules) -> list[Narrow]:
    """`smallest`: the fewest people that each unit ever had."""
    columns = sorted({cell.column for cell in cells})
    if not columns:
        return []
    window = 1 if shape.stay else shape.window
    span = (columns[-1] - columns[0]) // shape.step + window
    found = []
    for block in _blocks([cell.leaves for cell in cells], max(1, MAX_UNKNOWNS // span)):
        inside = [cell for cell in cells if cell.leaves and cell.leaves <= block]
        found += _Block(inside, sorted(block), columns[0], window, span, shape).solve(smallest, rules)
    return found


class _Block:
    def __init__(self, cells: list[Cell], leaves: list[int], first: int, window: int, span: int, shape: Shape):
        self.cells, self.leaves, self.first = cells, leaves, first
        self.window, self.span, self.shape = window, span, shape
        self.place = {leaf: n * span for n, leaf in enumerate(leaves)}

    def form(self, cell: Cell) -> list[int]:
        begin = (cell.column - self.first) // self.shape.step
        return [self.place[leaf] + n for leaf in sorted(cell.leaves) for n in range(begin, begin + self.window)]

    def solve(self, smallest: np.ndarray, rules) -> list[Narrow]:
        leaving, shape = self.shape.kind == LEAVERS, self.shape
        unit = 1.0 if leaving else shape.per_person
        if leaving:
            targets = [[n] for n in range(len(self.leaves) * self.span)]
            size = people = np.repeat(smallest[self.leaves], self.span)
        else:
            hidden = [cell for cell in self.cells if not cell.shown]
            targets = [self.form(cell) for cell in hidden]
            size = np.array([cell.denominator if shape.share else np.inf for cell in hidden]) / unit
            people = np.array([cell.people for cell in hidden])
        if not targets:
            return []
        low, high = (np.array([getattr(cell, end) for cell in self.cells]) for end in ("low", "high"))
        if shape.stay:  # who has gone, of those who were there
            whole = np.array([cell.denominator for cell in self.cells])
            low, high = np.maximum(whole - high, 0), whole - low
        unknowns = len(self.leaves) * self.span
        stands, forms = (matrix(each, unknowns) for each in ([self.form(cell) for cell in self.cells], targets))
        if leaving and has_room(stands, low, high, rules.min_num + 1):
            return []
        need = np.minimum(np.minimum(rules.min_num, size), people)
        enough = (need + leaving) * unit  # rounding to whole people takes less than two
        least, most = (each / unit for each in intervals(stands, low, high, forms, enough))
        if leaving:
            least, most = np.ceil(least - CLOSE), np.floor(most + CLOSE)
        with np.errstate(invalid="ignore"):
            tight = most - least < need - 1e-4
            safe = ~np.full(len(need), leaving) & (people >= rules.k_people)
            safe &= (least >= rules.min_num - 1e-4) & (size - most >= rules.min_num - 1e-4)
        return [self._named(n, hidden if not leaving else None, least, most) for n in np.flatnonzero(tight & ~safe)]

    def _named(self, number: int, hidden: list[Cell] | None, least: np.ndarray, most: np.ndarray) -> Narrow:
        if hidden is not None:
            at = hidden[number].unit, hidden[number].column
        else:
            ends = number % self.span - self.window + 1
            at = self.leaves[number // self.span], self.first + ends * self.shape.step
        return Narrow(*at, float(least[number]), float(most[number]))


def _blocks(sets: Iterable[frozenset[int]], most: int) -> list[frozenset[int]]:
    """The largest parts of an organisation that have no more than `most` units at the bottom."""
    blocks: list[frozenset[int]] = []
    placed: set[int] = set()
    for below in sorted(set(sets), key=lambda units: (-len(units), sorted(units))):
        if below and len(below) <= most and not below & placed:
            blocks.append(below)
            placed |= below
    return blocks
