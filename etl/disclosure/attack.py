"""The attacker: what a patient reader with pencil and computer can work out from every release ever published.

It reads releases alone, and knows what colleagues know: each unit's people and the size of each denominator. It sets up
every sum that a reader could: units are the sum of the units (and pools) under them, a rolling window is the sum of its
months, what an earlier release said stays said. Each shown figure lies within half a step of its rounding. A hidden
figure falls if the sums determine it (null space), or leave it within fewer than `min_num` people (linear programme).
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.disclosure import rounding
from etl.disclosure.figures import LEAVERS, SENSITIVE, WORKING, counts_those_who_stay, kind_of
from etl.disclosure.programme import CLOSE, has_room, intervals, matrix
from etl.disclosure.releases import Release, of_workspace
from etl.indicators import AGREEMENT
from etl.paths import Workspace
from etl.settings import DisclosureRules

NARROW = 1e-4
MOST_ATOMS = 4000  # of one linear programme; in a larger organisation the attacker goes through its parts
SAID = {
    "determined": "hidden, and yet it follows from what is shown",
    "bounded": "hidden, and yet known to a few people",
    "revised": "revised for the sake of a few people, who are told apart by it",
    "fine": "told more finely than the rules allow",
    "small": "shown, though of too few people",
}
KNOWN = (
    *("release", "indicator", "unit", "month", "people", "denominator"),
    *("public_numerator", "public_denominator", "per_person"),
)


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that a reader can know and should not: `how` is determined, bounded, revised, fine or small."""

    how: str
    kind: str
    indicator: str
    unit: str
    month: dt.date
    low: float = field(compare=False)
    high: float = field(compare=False)


@dataclass
class Cell:
    """One figure of one unit and month as a reader has it; `low` and `high` are in the numerator's own amounts, without
    the part that is already public."""

    people: float
    denominator: float
    public_numerator: float = 0.0
    public_denominator: float = 0.0
    value: float = np.nan
    low: float = 0.0
    high: float = np.inf

    @property
    def shown(self) -> bool:
        return not np.isnan(self.value)


def attack(releases: Iterable[Release], known: pa.Table, rules: DisclosureRules) -> list[Finding]:
    """Everything that falls. `known` has the columns KNOWN: what colleagues know at the time of each release, and how
    much of the numerator one person in it stands for. What is not said anew at a release is as it was before."""
    releases = list(releases)
    told = _known(known, {release.name for release in releases})
    found: list[Finding] = []
    for name in sorted({name for release in releases for name in release.headers}):
        if not any(name in by_indicator for by_indicator in told.values()):
            continue
        found += Reader(name, releases, told, rules).findings()
    return sorted(set(found))


def _known(known: pa.Table, names: set[str]) -> dict[str, dict[str, dict]]:
    """release → indicator → (unit, month) → (people, denominator, its public part, that of the numerator, per person)."""
    anew: dict[str, dict[str, dict]] = {}
    for release, indicator, unit, month, *rest in zip(*(known[column].to_pylist() for column in KNOWN), strict=True):
        anew.setdefault(release, {}).setdefault(indicator, {})[unit, _number(month)] = rest
    told, before = {}, {}
    for release in sorted(names | set(anew), key=lambda name: (name[:10], len(name), name)):
        before = before | {name: before.get(name, {}) | cells for name, cells in anew.get(release, {}).items()}
        told[release] = before
    return told


def _number(month: dt.date) -> int:
    return month.year * 12 + month.month - 1


def _date(number: int) -> dt.date:
    return dt.date(number // 12, number % 12 + 1, 1)


class Reader:
    """All that one reader knows of one indicator."""

    def __init__(self, name: str, releases: list[Release], told: dict, rules: DisclosureRules):
        self.name, self.rules = name, rules
        self.header = next(release.headers[name] for release in reversed(releases) if name in release.headers)
        self.kind = kind_of(self.header)
        self.share = self.header.unit == "%"
        self.found: list[Finding] = []
        self.cells: dict[tuple[str, int], Cell] = {}
        self.bottom: dict[tuple[str, int], frozenset[str]] = {}  # the units at the bottom that a cell is the sum of
        self.teams: dict[tuple[str, int], bool] = {}
        self.merged: dict[str, str] = {}
        self.fewest: dict[str, float] = {}
        self.per_person = 1.0
        for release in releases:
            if name in release.headers and name in told.get(release.name, {}):
                self._read(release, told[release.name][name])
        self.stay = counts_those_who_stay(self.header)

    # --- reading

    def _read(self, release: Release, known: dict) -> None:
        self.per_person = next((each[-1] for each in known.values() if each[-1] > 0), self.per_person)
        mine = release.value.filter((pc.field("indicator") == self.name) & pc.field("shown").isin(["yes", "protected"]))
        if "numerator" in mine.column_names:  # those that have one are public, and tell of nobody here
            mine = mine.filter(pc.field("numerator").is_null())
        shown = {
            (unit, _number(month)): np.nan if value is None else value
            for unit, month, value in zip(*(mine[c].to_pylist() for c in ("unit", "month", "value")), strict=True)
        }
        months = sorted({month for _, month in known} | {month for _, month in shown})
        parent, level = _tree(release.unit, months)
        pools = {unit for unit, _ in shown}
        columns = ("unit", "pool", "from_month", "to_month", "indicators")
        for unit, pool, begins, ends, names in zip(*(release.pool[c].to_pylist() for c in columns), strict=True):
            if pool in pools and self.name in names:
                for month in months:
                    if _number(begins) <= month and (ends is None or month <= _number(ends)):
                        parent[unit, month] = pool
        self.merged |= release.followed
        bottom = {at: self._with_merged(below) for at, below in _bottoms(parent, known).items()}
        for at in {*known, *shown}:
            if at not in bottom:
                continue
            value = shown.get(at, np.nan)
            sizes = self._size(at, known, bottom[at])
            old = self.cells.get(at)
            if old is None:
                self.cells[at] = Cell(*sizes, value)
                self.bottom[at], self.teams[at] = bottom[at], level.get(at) == "team"
                self._narrow(at, self.cells[at])
            elif not np.isnan(value) and not (old.shown and abs(old.value - value) < CLOSE):
                self._read_again(at, old, Cell(*sizes, value), bottom[at])

    def _with_merged(self, below: set[str]) -> frozenset[str]:
        """A unit that others were merged into is, from then on and in its past, all of them."""
        whole = set(below)
        while more := {old for old, new in self.merged.items() if new in whole} - whole:
            whole |= more
        return frozenset(whole)

    def _size(self, at, known: dict, bottom: frozenset) -> list[float]:
        if at in known:
            return known[at][:-1]
        each = [known[unit, at[1]][:-1] for unit in bottom if (unit, at[1]) in known]
        return [sum(numbers) for numbers in zip(*each, strict=True)]

    def _read_again(self, at, old: Cell, new: Cell, bottom: frozenset) -> None:
        """A figure that says something else than before, of nearly the same people, tells of the few who make the
        difference."""
        few = abs(new.people - old.people) < self.rules.min_num and bottom == self.bottom[at]
        if old.shown and few and self.kind != WORKING:
            self._fell("revised", at, old.value, new.value)
        self._narrow(at, new)
        if bottom != self.bottom[at]:  # the same name for other units: another figure altogether
            self.cells[at[0] + "'", at[1]], self.bottom[at[0] + "'", at[1]] = new, bottom
            self.teams[at[0] + "'", at[1]] = self.teams[at]
        elif not old.shown or not few:
            self.cells[at] = new

    def _narrow(self, at, cell: Cell) -> None:
        """Puts a figure's rounding into bounds of its numerator; finds figures that are told too finely or of too few."""
        if self.share and self.kind == SENSITIVE:
            cell.high = cell.denominator
        if not cell.shown:
            return
        if cell.people < self.rules.k_people:
            self._fell("small", at, cell.value, cell.value)
        step = self._step(at, cell)
        if not _on_grid(cell.value, step, self.kind == LEAVERS or self._in_steps(cell)):
            self._fell("fine", at, cell.value, cell.value)
            step = 10.0 ** -_decimals(cell.value)
        half, whole = step / 2, (cell.denominator + cell.public_denominator) / self.header.scale
        cell.low = max(cell.low, (cell.value - half) * whole - cell.public_numerator)
        cell.high = min(cell.high, (cell.value + half) * whole - cell.public_numerator)

    def _step(self, at, cell: Cell) -> float:
        if self.kind == LEAVERS:
            return float(rounding.leaver_step(min(cell.denominator, cell.people), self.rules.leaver_step))
        if self._in_steps(cell):
            return rounding.widest_agreement_step(cell.value)
        if self.kind == SENSITIVE:
            return float(rounding.sensitive_step(np.array(cell.people), np.array(self.teams[at]), self.share))
        return rounding.FINE

    def _in_steps(self, cell: Cell) -> bool:
        return self.header.family == AGREEMENT and not np.isnan(rounding.widest_agreement_step(cell.value))

    # --- working it out

    def findings(self) -> list[Finding]:
        self._peel()
        if self.kind == WORKING:
            return self.found
        # A person ill in each of twelve months is one person: counts of people do not add up over time, amounts do.
        over_time = self.header.window > 1 and (self.kind == LEAVERS or self.per_person != 1)
        months = sorted({month for _, month in self.cells})
        if over_time:
            self._solve(months)
        else:
            for month in months:
                self._solve([month])
        return self.found

    def _peel(self) -> None:
        """The null space: with sums along a tree, a hidden figure is determined if it is, in some order, the only
        unknown one of a sum."""
        by_month: dict[int, list] = {}
        for (unit, month), below in self.bottom.items():
            by_month.setdefault(month, []).append((unit, below))
        for month, units in by_month.items():
            index = {leaf: n for n, leaf in enumerate(sorted(set().union(*(below for _, below in units))))}
            matrix = np.zeros((len(units), len(index)))
            for n, (_, below) in enumerate(units):
                matrix[n, [index[leaf] for leaf in below]] = 1
            shown = np.array([self.cells[unit, month].shown for unit, _ in units])
            if not shown.any() or shown.all():
                continue
            _, sizes, rows = np.linalg.svd(matrix[shown])
            space = rows[: (sizes > CLOSE).sum()]
            hidden = np.flatnonzero(~shown)
            rest = matrix[hidden] - matrix[hidden] @ space.T @ space
            for n in hidden[np.abs(rest).max(axis=1) < CLOSE]:
                unit, below = units[n]
                same = any(below == other for at, (_, other) in enumerate(units) if shown[at])
                cell = self.cells[unit, month]
                if cell.people < self.rules.k_people or (
                    not same and self.kind == SENSITIVE and self.header.family != AGREEMENT
                ):
                    self._fell("determined", (unit, month), np.nan, np.nan)

    def _solve(self, months: list[int]) -> None:
        """The interval of every target, by linear programming over what each bottom unit has in each stretch of time."""
        step = int(np.gcd.reduce(np.diff(months))) if len(months) > 1 else self.header.window
        window = 1 if self.stay else max(1, self.header.window // step)
        span = (months[-1] - months[0]) // step + window
        mine = {at: below for at, below in self.bottom.items() if months[0] <= at[1] <= months[-1]}
        if self.kind == LEAVERS:
            mine = self._alike(mine)
        for block in _blocks(mine.values(), max(1, MOST_ATOMS // span)):
            cells = sorted(at for at, below in mine.items() if below and below <= block)
            self._solve_block(cells, sorted(block), mine, months[0], step, window, span)

    def _alike(self, cells: dict) -> dict:
        """Units that stand in the same shown figures throughout are told apart by nothing: of each sort the one with
        the most people and one for all the others will do."""
        stands: dict[str, list] = {}
        for at in sorted(cells):
            for unit in cells[at]:
                stands.setdefault(unit, []).extend([at] if self.cells[at].shown else [])
        sorts: dict[tuple, list[str]] = {}
        for unit in sorted(stands, key=self._fewest, reverse=True):
            sorts.setdefault(tuple(stands[unit]), []).append(unit)
        kept = {unit for units in sorts.values() for unit in units[:2]}
        return {at: below & kept for at, below in cells.items()}

    def _fewest(self, unit: str) -> float:
        """The fewest people that a unit had in any month."""
        if not self.fewest:
            for (name, _), cell in self.cells.items():
                self.fewest[name] = min(cell.people, self.fewest.get(name, np.inf))
        return self.fewest.get(unit, 0)

    def _solve_block(self, cells, units, bottom, first: int, step: int, window: int, span: int) -> None:
        place = {unit: n * span for n, unit in enumerate(units)}
        atoms = len(units) * span

        def form(at) -> list[int]:
            begin = (at[1] - first) // step
            return [place[unit] + n for unit in bottom[at] for n in range(begin, begin + window)]

        few = self.rules.min_num
        if self.kind == LEAVERS:
            targets = [[n] for n in range(atoms)]
            names = [(unit, first + (n - window + 1) * step) for unit in units for n in range(span)]
            size = people = np.repeat([self._fewest(unit) for unit in units], span)
        else:
            names = [at for at in cells if not self.cells[at].shown]
            targets = [form(at) for at in names]
            size = np.array([self.cells[at].denominator if self.share else np.inf for at in names]) / self._unit
            people = np.array([self.cells[at].people for at in names])
        if not targets:
            return
        need = np.minimum(np.minimum(few, size), people)
        low, high = (np.array([getattr(self.cells[at], end) for at in cells]) for end in ("low", "high"))
        if self.stay:  # who has gone, of those who were there
            whole = np.array([self.cells[at].denominator for at in cells])
            low, high = np.maximum(whole - high, 0), whole - low
        stands, forms = (matrix(each, atoms) for each in ([form(at) for at in cells], targets))
        enough = need + (self.kind == LEAVERS)  # rounding to whole people takes less than two
        if self.kind == LEAVERS and has_room(stands, low, high, few + 1):
            return
        least, most = (each / self._unit for each in intervals(stands, low, high, forms, enough * self._unit))
        if self.kind == LEAVERS:  # people are whole
            least, most = np.ceil(least - CLOSE), np.floor(most + CLOSE)
        narrow = most - least < need - NARROW
        safe = (self.kind == SENSITIVE) & (people >= self.rules.k_people)
        safe &= (least >= few - NARROW) & (size - most >= few - NARROW)
        for n in np.flatnonzero(narrow & ~safe):
            self._fell("bounded", names[n], least[n], most[n])

    @property
    def _unit(self) -> float:
        return self.per_person if self.kind == SENSITIVE else 1.0

    def _fell(self, how: str, at: tuple[str, int], low: float, high: float) -> None:
        self.found.append(Finding(how, self.kind, self.name, at[0], _date(at[1]), float(low), float(high)))


def _blocks(bottoms: Iterable[frozenset], most: int) -> list[frozenset]:
    """The largest parts of an organisation that have no more than `most` units at the bottom."""
    blocks: list[frozenset] = []
    placed: set[str] = set()
    for below in sorted(set(bottoms), key=lambda units: (-len(units), sorted(units))):
        if below and len(below) <= most and not below & placed:
            blocks.append(below)
            placed |= below
    return blocks


def _tree(units: pa.Table, months: list[int]) -> tuple[dict, dict]:
    """Who stands under whom, and at which level, by unit and month."""
    parent, level = {}, {}
    columns = ("unit", "level", "parent", "from_month", "to_month")
    spells: dict[str, list[tuple]] = {}
    for unit, at, above, begins, _ in zip(*(units[c].to_pylist() for c in columns), strict=True):
        spells.setdefault(unit, []).append((_number(begins), above, at))
    for (
        unit,
        found,
    ) in spells.items():  # what is told of a month in which a unit did not stand belongs to where it stood next
        found.sort(key=lambda spell: spell[0])
        for month in months:
            _, above, at = next((spell for spell in reversed(found) if spell[0] <= month), found[0])
            parent[unit, month], level[unit, month] = above, at
    return parent, level


def _bottoms(parent: dict, known: dict) -> dict[tuple[str, int], set[str]]:
    """Of each cell the units at the bottom that it is the sum of: those with people and nobody under them."""
    above = {(parent.get(at), at[1]) for at in known}
    found: dict[tuple[str, int], set[str]] = {}
    for unit, month in known:
        if (unit, month) in above:
            continue
        row = unit
        while row is not None:
            found.setdefault((row, month), set()).add(unit)
            row = parent.get((row, month))
    return found


def _on_grid(value: float, step: float, middle: bool) -> bool:
    place = value / step - (0.5 if middle else 0)
    return abs(place - round(place)) < 1e-3 / step if step < 1 else abs(place - round(place)) < CLOSE


def _decimals(value: float) -> int:
    return len(f"{value:.10f}".rstrip("0").partition(".")[2])


def workspace(home: Workspace, rules: DisclosureRules) -> list[Finding]:
    """The attack on every release of a workspace."""
    return attack(*of_workspace(home), rules)
