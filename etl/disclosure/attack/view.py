"""One indicator in one release, as arrays: what is shown, what is hidden, of whom, and how far each figure can go."""

from dataclasses import dataclass

import numpy as np

from etl.disclosure.attack import kinds
from etl.disclosure.attack.forest import Forest
from etl.disclosure.attack.kinds import CLOSE, SENSITIVE
from etl.disclosure.attack.library import NUMBERS, Library, Page


@dataclass
class View:
    """All arrays are units × months. `present`: the unit has a figure of its own. `low` and `high` are in the numerator's
    own amounts, without the part that is public; `off_grid`: told more finely than its step."""

    page: Page
    forest: Forest
    value: np.ndarray
    spoken: np.ndarray
    present: np.ndarray
    leaf: np.ndarray
    team: np.ndarray
    numbers: dict[str, np.ndarray]
    low: np.ndarray
    high: np.ndarray
    off_grid: np.ndarray
    step: np.ndarray

    @property
    def shown(self) -> np.ndarray:
        return ~np.isnan(self.value)

    @property
    def people(self) -> np.ndarray:
        return self.numbers["people"]

    @property
    def target(self) -> np.ndarray:
        return (self.present | self.spoken) & ~self.shown

    def only(self, months: np.ndarray) -> "View":
        arrays = {name: each[:, months] for name, each in vars(self).items() if isinstance(each, np.ndarray)}
        numbers = {name: each[:, months] for name, each in self.numbers.items()}
        return View(self.page, self.forest.only(months), numbers=numbers, **arrays)


@dataclass(frozen=True)
class Told:
    """What one release says of an indicator. `public`: the row gives its numerator, as public ones do."""

    value: np.ndarray
    spoken: np.ndarray
    public: np.ndarray


def laid_out(library: Library, page: Page, indicator: str) -> Told:
    rows = page.value.of(indicator)
    at = rows["unit"], rows["month"]
    value = np.full(library.shape, np.nan)
    spoken, public = np.zeros(library.shape, bool), np.zeros(library.shape, bool)
    value[at] = rows["value"].astype(float)
    spoken[at] = True
    public[at] = rows["public"]
    return Told(value, spoken, public)


class Memory:
    """What colleagues know of one indicator, release by release."""

    def __init__(self, library: Library, indicator: str):
        self.library, self.indicator = library, indicator
        self.numbers = {name: np.full(library.shape, np.nan) for name in NUMBERS}

    def turn_to(self, release: str) -> tuple[dict[str, np.ndarray], bool, np.ndarray]:
        """(numbers, whether they are complete, which cells were weighed anew) as of a release; in order."""
        rows = self.library.known.rows.get(release)
        complete = release in self.library.known.complete
        anew = np.zeros(self.library.shape, bool)
        if complete:
            self.numbers = {name: np.full(self.library.shape, np.nan) for name in NUMBERS}
        if rows is not None:
            some = rows.of(self.indicator)
            at = some["unit"], some["month"]
            for name in NUMBERS:
                self.numbers[name][at] = some[name].astype(float)
            anew[at] = True
        return {name: each.copy() for name, each in self.numbers.items()}, complete, anew


def view(library: Library, page: Page, indicator: str, told: Told, known: tuple[dict, bool], months, rules) -> View:
    """What a release says of some months (an array of bools)."""
    numbers, complete = known
    forest = page.forest(indicator).only(months)
    value, spoken = told.value[:, months], told.spoken[:, months]
    header = page.release.headers[indicator]
    numbers = {name: each[:, months] for name, each in numbers.items()}
    there = ~np.isnan(numbers["people"]) & ~library.pool[:, None]
    present = there & (spoken.any(axis=0) if complete else spoken)
    leaf = forest.leaves(present)
    numbers = {
        name: np.where(np.isnan(each), forest.add_up(np.where(leaf, each, 0)), each) for name, each in numbers.items()
    }
    made = View(
        page, forest, value, spoken, present, leaf, page.team[:, months], numbers,
        *(np.zeros(value.shape) for _ in range(2)), np.zeros(value.shape, bool), np.zeros(value.shape),
    )  # fmt: skip
    _narrow(made, header, rules)
    return made


def _narrow(each: View, header, rules) -> None:
    """Puts the rounding of what is shown into bounds of its numerator."""
    shown, numbers = each.shown, each.numbers
    some = each.forest.add_up(each.leaf) > 0
    share = header.unit == "%" and kinds.kind_of(header) == SENSITIVE
    each.high = np.where(some | shown, numbers["denominator"] if share else np.inf, 0.0)
    each.step = kinds.step_of(header, numbers, each.team, rules)
    middle = np.full(shown.shape, kinds.in_the_middle(header))
    if header.family == kinds.AGREEMENT:
        wide = kinds.widest_step(each.value)
        each.step, middle = np.where(np.isnan(wide), each.step, wide), ~np.isnan(wide)
    each.off_grid = shown & ~np.where(
        middle, kinds.on_grid(each.value, each.step, True), kinds.on_grid(each.value, each.step, False)
    )
    last = (
        shown & middle & share & (np.abs(each.value + each.step / 2 - 100) < CLOSE)
    )  # a last step need not begin on the grid
    each.off_grid &= ~last
    for at in zip(*np.nonzero(each.off_grid), strict=True):
        each.step[at] = 10.0 ** -kinds.decimals(each.value[at])
    whole = (numbers["denominator"] + numbers["public_denominator"]) / header.scale
    with np.errstate(invalid="ignore"):  # a step may be without end
        low = (each.value - each.step / 2) * whole - numbers["public_numerator"]
        high = (each.value + each.step / 2) * whole - numbers["public_numerator"]
    each.low = np.where(shown, np.maximum(0, np.nan_to_num(low, nan=0, neginf=0)), 0)
    each.high = np.where(shown, np.minimum(each.high, np.nan_to_num(high, nan=np.inf, posinf=np.inf)), each.high)


def determined(each: View, fine: bool, rules) -> np.ndarray:
    """The hidden cells that follow exactly, and may not. `fine`: sensitive, and told finely."""
    follows, same = each.forest.determined(each.leaf, each.shown)
    return each.target & follows & ((each.people < rules.k_people) | (~same & fine))


def bounded(each: View, share: bool, per_person: float, rules) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(which hidden sensitive cells are known to a few people, least, most), both in people."""
    low, high, fits = each.forest.bounds(each.low, each.high, each.leaf)
    least, most = low / per_person, high / per_person
    size = each.numbers["denominator"] / per_person if share else np.full(low.shape, np.inf)
    need = np.minimum(np.minimum(rules.min_num, size), each.people)
    with np.errstate(invalid="ignore"):
        narrow = most - least < need - 1e-4
        safe = (each.people >= rules.k_people) & (least >= rules.min_num - 1e-4) & (size - most >= rules.min_num - 1e-4)
    return each.target & fits & narrow & ~safe & (need > CLOSE), least, most
