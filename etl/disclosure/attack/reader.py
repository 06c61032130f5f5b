"""All that one reader can work out of one indicator from every release there is.

Of most months a single release speaks, for what it said is repeated by those after it: such months are worked out all at once
along the tree (forest.py). Where releases differ their statements are put together month by month (ledger.py). Windows that
overlap go through linear programmes (over_time.py).
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from etl.disclosure.attack import kinds, over_time
from etl.disclosure.attack.finding import Finding
from etl.disclosure.attack.kinds import CLOSE, LEAVERS, SENSITIVE, WORKING
from etl.disclosure.attack.ledger import Ledger
from etl.disclosure.attack.library import Library, Page
from etl.disclosure.attack.over_time import Shape
from etl.disclosure.attack.view import Memory, Told, View, bounded, determined, laid_out, view

Found = dict[tuple, Finding]


class Reader:
    def __init__(self, library: Library, name: str, rules):
        self.library, self.name, self.rules = library, name, rules
        self.header = library.header(name)
        self.kind = kinds.kind_of(self.header)
        self.share = self.header.unit == "%"
        self.per_person = library.known.per_person(name)
        # A person ill in each of twelve months is one person: counts of people do not add up over time, amounts do.
        over = self.header.window > 1 and (self.kind == LEAVERS or (self.kind == SENSITIVE and self.per_person != 1))
        self.over_time = over
        self.findings_: list[Finding] = []
        self._read()

    def _read(self) -> None:
        """Which releases say something new of which months, and what each of them says then."""
        library, memory = self.library, Memory(self.library, self.name)
        self.views: list[tuple[View | None, np.ndarray]] = []
        self.smallest = np.full(len(library.units), np.inf)
        ever_hidden = np.full(library.shape, -1)
        last = np.full(library.shape, np.nan), np.zeros(library.shape, bool)
        speaks = []
        for number, page in enumerate(library.pages):
            numbers, complete, anew = memory.turn_to(page.name)
            if not self._counts_the_same(page):
                self.views.append((None, np.zeros(0, dtype=int)))
                speaks.append(np.zeros(library.months, dtype=bool))
                continue
            told = self._as_told(page, anew)
            new = told.spoken & ~(last[1] & _equal(told.value, last[0]))
            months, shown = new.any(axis=0), ~np.isnan(told.value)
            speaks.append(months)
            later = shown & (ever_hidden >= 0) & ~(last[1] & ~np.isnan(last[0]))
            for at in np.argwhere(later):
                self._fell("later", [at], [library.pages[ever_hidden[tuple(at)]].name, page.name], told.value)
            ever_hidden[told.spoken & ~shown & (ever_hidden < 0)] = number
            columns, each = np.flatnonzero(months), None
            if len(columns):
                each = view(library, page, self.name, told, (numbers, complete), months, self.rules)
                self._look_at(each, new[:, months], columns)
                least = np.where(each.present | each.spoken, each.people, np.inf).min(axis=1)
                self.smallest = np.minimum(self.smallest, least)
            self.views.append((each, columns))
            last = told.value, told.spoken
        self.speaks = np.array(speaks)

    def _counts_the_same(self, page: Page) -> bool:
        """What an older release counted otherwise is another figure, of which nothing follows for this one."""
        header = page.release.headers.get(self.name)
        mine = self.kind, self.header.window, kinds.told_in_bands(self.header)
        return header is not None and (kinds.kind_of(header), header.window, kinds.told_in_bands(header)) == mine

    def _as_told(self, page: Page, anew: np.ndarray) -> Told:
        """What a release says of private figures: a public one is public by its sources, and weighed by no protection."""
        told = laid_out(self.library, page, self.name)
        sources = getattr(page.release.headers[self.name], "sources", ())
        faked = told.public & (anew if page.release.published & set(sources) else True)
        self._fell("numerator", np.argwhere(faked), [page.name], told.value)
        public = told.public & ~faked
        return replace(told, value=np.where(public, np.nan, told.value), spoken=told.spoken & ~public)

    def _look_at(self, each: View, new: np.ndarray, columns: np.ndarray) -> None:
        """What is wrong with a figure by itself."""
        names, shown = [each.page.name], each.shown & new
        small = shown & (each.people < self.rules.k_people)
        largest = _largest_member(each)
        few = each.people - largest < self.rules.min_num
        pooled = shown & self.library.pool[:, None] & (few & (largest < self.rules.k_people) | (_members(each) < 2))
        for how, which in {"small": small, "fine": shown & each.off_grid, "pool": pooled & ~small}.items():
            at = np.argwhere(which)
            self._fell(how, [(unit, columns[month]) for unit, month in at], names, None)

    def _fell(self, how: str, at, releases: list[str], value) -> None:
        for unit, column in at:
            number = float("nan") if value is None else float(value[unit, column])
            self.findings_.append(self._finding(how, unit, column, number, number, tuple(releases)))

    def _finding(self, how: str, unit, column, low=np.nan, high=np.nan, releases=()) -> Finding:
        month = self.library.month(column)
        return Finding(how, self.kind, self.name, self.library.units[unit], month, float(low), float(high), releases)

    # --- working it out

    def findings(self, since: int | None = None) -> list[Finding]:
        """Everything that falls; with `since` only what that release, the last, adds."""
        last = None if since is None else self.library.pages[since].name
        found = [each for each in self.findings_ if last is None or each.releases[-1] == last]
        once = self.speaks.sum(axis=0) == 1
        for number, (each, columns) in enumerate(self.views):
            if each is not None and since in (None, number) and once[columns].any():
                found += self._along_the_tree(each, columns, once[columns])
        more = ~once & self.speaks.any(axis=0)
        for column in np.flatnonzero(more & (self.speaks[since] if since is not None else True)):
            speakers = np.flatnonzero(self.speaks[:, column]).tolist()
            found += self._added(speakers, since, lambda some, at=column: self._in_one_month(some, at))
        if self.over_time and (since is None or self.speaks[since].any()):
            speakers = np.flatnonzero(self.speaks.any(axis=1)).tolist()
            found += self._added(speakers, since, self._in_time)
        return found

    def _along_the_tree(self, each: View, columns: np.ndarray, once: np.ndarray) -> list[Finding]:
        some, columns = each.only(once), columns[once]
        names = (each.page.name,)
        follows = determined(some, kinds.told_finely(self.header), self.rules)
        found = [self._finding("determined", u, columns[m], releases=names) for u, m in np.argwhere(follows)]
        if self.kind == SENSITIVE and not self.over_time:
            tight, least, most = bounded(some, self.share, self.per_person, self.rules)
            found += [
                self._finding("bounded", u, columns[m], least[u, m], most[u, m], names) for u, m in np.argwhere(tight)
            ]
        return found

    def _added(self, speakers: list[int], since: int | None, work_out: Callable[[list[int]], Found]) -> list[Finding]:
        """What several releases tell together, each with those it rests on; with `since` only what that one adds."""
        solved: dict[tuple, Found] = {}

        def solve(some: list[int]) -> Found:
            key = tuple(some)
            if key not in solved:
                solved[key] = work_out(some)
            return solved[key]

        every = solve(speakers)
        if every and since is not None:
            before = solve(speakers[:-1])
            every = {key: each for key, each in every.items() if key not in before}
        found, placed = [], set()
        for end in range(1, len(speakers) + 1):
            if len(placed) == len(every):
                break
            prefix = every if end == len(speakers) else solve(speakers[:end])
            fresh = {key for key in prefix if key in every and key not in placed}
            placed |= fresh
            for key in sorted(fresh):
                found.append(self._resting(every[key], key, speakers[:end], solve))
        return found

    def _resting(self, each: Finding, key: tuple, speakers: list[int], solve) -> Finding:
        """With the fewest releases that do: the last alone, or with one before it, or all."""
        last = speakers[-1]
        for some in ([last], *([other, last] for other in reversed(speakers[:-1]))):
            if key in solve(some):
                break
        else:
            some = speakers
        names = tuple(self.library.pages[n].name for n in some)
        return Finding(*(getattr(each, a) for a in ("how", "kind", "indicator", "unit", "month", "low", "high")), names)

    def _ledger(self, speakers: list[int], column: int | None, only=None, hidden: bool = True) -> Ledger:
        ledger = Ledger(self.rules.min_num, only)
        for number in speakers:
            each, columns = self.views[number]
            if column is not None:
                which = columns == column
                each, columns = each.only(which), columns[which]
            place = self.library.place
            followed = {place[old]: place[new] for old, new in each.page.release.followed.items()}
            ledger.read(each, columns, followed, hidden)
        return ledger

    def _in_one_month(self, speakers: list[int], column: int) -> Found:
        ledger = self._ledger(speakers, column)
        found = []
        for cell, same in ledger.determined():
            if cell.people < self.rules.k_people or (not same and kinds.told_finely(self.header)):
                found.append(self._finding("determined", cell.unit, column))
        if self.kind != WORKING:
            found += [
                self._finding("revised", each.unit, column, each.before, each.after)
                for each in ledger.changes
                if each.people < self.rules.min_num
            ]
        if self.kind == SENSITIVE and not self.over_time:
            shape = Shape(self.kind, self.share, False, 1, 1, self.per_person)
            found += [
                self._finding("bounded", each.unit, each.column, each.least, each.most)
                for each in over_time.narrow(ledger.all(), shape, self.smallest, self.rules)
            ]
        return {each.key: each for each in found}

    def _in_time(self, speakers: list[int]) -> Found:
        columns = np.flatnonzero(self.speaks.any(axis=0))
        stay = kinds.counts_those_who_stay(self.header)
        step = int(np.gcd.reduce(np.diff(columns))) if len(columns) > 1 else self.header.window
        shape = Shape(self.kind, self.share, stay, max(1, self.header.window // step), step, self.per_person)
        leaving = self.kind == LEAVERS
        ledger = self._ledger(speakers, None, self._told_apart(speakers) if leaving else None, hidden=not leaving)
        found = [
            self._finding("bounded" if leaving else "overlap", each.unit, each.column, each.least, each.most)
            for each in over_time.narrow(ledger.all(), shape, self.smallest, self.rules)
        ]
        return {each.key: each for each in found}

    def _told_apart(self, speakers: list[int]) -> frozenset[int]:
        """Units that stand in the same shown figures throughout are told apart by nothing: of each sort the two with the
        most people stand for all."""
        random = np.random.default_rng(1)
        sort = np.zeros(len(self.library.units), dtype=np.uint64)
        leaf = np.zeros(len(sort), dtype=bool)
        for number in speakers:
            each, _ = self.views[number]
            mark = random.integers(1, 2**63, each.value.shape, dtype=np.uint64) * each.shown
            flat = mark.ravel()
            for below, above in reversed(each.forest.levels):
                flat[below] += flat[above]
            sort += np.where(each.leaf, flat.reshape(mark.shape), 0).sum(axis=1, dtype=np.uint64)
            leaf |= each.leaf.any(axis=1)
        kept: dict[int, list[int]] = {}
        for unit in sorted(np.flatnonzero(leaf).tolist(), key=lambda unit: -self.smallest[unit]):
            kept.setdefault(int(sort[unit]), []).append(unit)
        return frozenset(unit for some in kept.values() for unit in some[:2])


def _equal(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return (np.isnan(one) & np.isnan(other)) | (np.abs(one - other) < CLOSE)


def _members(each: View) -> np.ndarray:
    """How many units stand right below each, with a figure or without."""
    count = np.zeros(each.value.size)
    for _, above in each.forest.levels:
        count += np.bincount(above, minlength=count.size)
    return count.reshape(each.value.shape)


def _largest_member(each: View) -> np.ndarray:
    """The people of the largest unit right below each."""
    people = np.where(each.present, each.people, 0).ravel()
    largest = np.zeros(people.size)
    for below, above in each.forest.levels:
        np.maximum.at(largest, above, people[below])
    return largest.reshape(each.value.shape)
