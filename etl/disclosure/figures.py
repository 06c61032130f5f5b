"""One indicator's figures, and what earlier releases said of them, as arrays: a row a unit or pool, a column a month.

Indicators of one family and kind share one pattern of pools and hidden rows. There are four kinds: *working* facts
(class B), *leaving* (class B, but renewed by quarter: their window counts events of few people), *sensitive* figures
(class A), and those of them that are *banded*: told everywhere in steps of at least ten people, as leaving is, for they
count so few people that an exact figure could hardly ever be shown.
"""

from dataclasses import dataclass

import numpy as np

from etl.config.indicators import AGREEMENT
from etl.disclosure.rows import Rows
from etl.disclosure.scores import Score
from etl.disclosure.suppress import Sensitive
from etl.disclosure.survey import is_survey

MARGIN = 1.1  # what one person in a numerator stands for on average moves a little from release to release
EVERYBODY = 1e6
# Why a figure is not shown; the first: it is. Readers see none of this, and of its counts only what tells nothing.
WHY = ("shown", "pooled", "too small", "for itself", "for another", "no room", "not a year", "late")
SHOWN, POOLED, SMALL, ITSELF, ANOTHER, NO_ROOM, NOT_A_YEAR, LATE = range(len(WHY))
POOL = "smaller:"  # what the name of every pool begins with
# "part" is the working facts of part of a team, of its registered nights, say: their few people shall not hide the rest.
WORKING, PART, LEAVERS, SENSITIVE = "working", "part", "leaving", "sensitive"
BANDED = "banded"
PART_OF = (
    0.6  # of the people that the family's figures have in the middle; under that an indicator is of part of a team
)
NOT_REMEMBERED, GONE = -2, -3  # in place of the row above: a memory of an older engine, or a unit that is no more
AMOUNTS = ("numerator", "denominator", "people", "counted", "public_numerator", "public_denominator", "ceiling")


def kind_of(header) -> str:
    if header.disclosure == "A":
        return BANDED if told_in(header) == "bands" else SENSITIVE
    return LEAVERS if header.refresh == "quarterly" else WORKING


def part_of(header) -> tuple[str, ...]:
    """The indicators whose numerators bound this one's."""
    return tuple(getattr(header, "part_of", ()))


def told_in(header) -> str:
    """rates, posts or bands; an earlier release, or one of the engine's older headers, does not say."""
    return getattr(header, "told_in", "rates")


def counts_those_who_stay(header) -> bool:
    """Of a leavers' indicator: whether its numerator is those who stayed. Those who went are then what is left of the
    denominator, and each window has its own: its quarters do not add up."""
    return kind_of(header) == LEAVERS and header.better == "higher"


@dataclass(frozen=True)
class Figures:
    """One indicator's figures (rows × months), not rounded; NaN where there is none. Where a row is partly made of what
    is already public, that part stands apart: everybody knows it, and it protects nobody."""

    header: object
    numerator: np.ndarray
    denominator: np.ndarray
    people: np.ndarray
    counted: np.ndarray  # people in the numerator
    public_numerator: np.ndarray
    public_denominator: np.ndarray
    ceiling: np.ndarray  # what the numerator is known to be part of, by what class B tells of the whole; else infinite

    @property
    def value(self) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.header.scale * (self.numerator + self.public_numerator) / self.whole

    @property
    def whole(self) -> np.ndarray:
        """The denominators with their public part."""
        return self.denominator + self.public_denominator

    @property
    def share(self) -> bool:
        return self.header.unit == "%"

    @property
    def of_people(self) -> bool:
        """Whether the numerator is the people themselves, and no amount of theirs."""
        there = ~np.isnan(self.counted)
        return bool((self.numerator[there] == self.counted[there]).all())

    @property
    def in_bands(self) -> bool:
        """The shares of a survey's answers that agree: told in steps of so many people that none of them is too few."""
        return self.header.family == AGREEMENT

    @property
    def per_person(self) -> float:
        """What one person in the numerator stands for on average, and a little more."""
        there = ~np.isnan(self.counted) & ~np.isnan(self.numerator)
        return MARGIN * self.numerator[there].sum() / max(1.0, self.counted[there].sum()) or 1.0

    @property
    def sensitive(self) -> Sensitive:
        """In people. Where the numerator is no part of the denominator (days for each episode, a score), nobody is outside
        of it, and so there is nobody to look for there; of a score it is those whose answers could differ (scores.py)."""
        if is_survey(self.header.family) and not self.share:
            return Score.of(self.people, self.numerator, self.denominator)
        per_person = self.per_person
        part = self.numerator / per_person
        if self.share:
            amount = np.fmin(self.denominator, self.ceiling) / per_person
            return Sensitive(self.people, self.people, self.counted, amount, part)
        return Sensitive(self.people, self.counted + EVERYBODY, self.counted, part + EVERYBODY, part)

    def with_nobody(self, rows: Rows, there: np.ndarray) -> "Figures":
        """The same figures with noughts where a unit is `there` (units × months) and others have a figure: nobody was ill in
        it, which is few, and what the others have would tell it."""
        at_levels = np.isin(np.where(rows.team, "team", "above"), self.header.levels)[:, None]
        nobody = there & at_levels & np.isnan(self.people) & ~np.isnan(self.people).all(axis=0)
        return Figures(self.header, *(np.where(nobody, 0.0, getattr(self, name)) for name in AMOUNTS))

    def with_pools(self, rows: Rows, pooled: np.ndarray) -> "Figures":
        """The same figures with those of the pools: the sums of their members'."""
        units = len(self.people)

        def and_pools(each: np.ndarray) -> np.ndarray:
            members = np.full(rows.shape, np.nan)
            members[:units] = np.where(pooled, each, np.nan)
            there = rows.count(~np.isnan(members))[units:] > 0
            return np.concatenate([each, np.where(there, rows.sum_up(members)[units:], np.nan)])

        return Figures(self.header, *(and_pools(getattr(self, name)) for name in AMOUNTS))


@dataclass(frozen=True)
class Remembered:
    """What earlier releases said of one indicator (rows × months), and what they said it of."""

    known: np.ndarray
    value: np.ndarray  # NaN: withheld
    numbers: dict[str, np.ndarray]  # denominator, people, public_numerator and public_denominator, as they were then
    why: np.ndarray
    frozen: np.ndarray
    unit_gone: np.ndarray  # by month: some unit had a figure then that has none now
    since: np.ndarray  # the number of the release that first spoke of it, and
    told_in: np.ndarray  # of the one that counted the value; NEVER: none
    moved: np.ndarray  # by month: some unit stands elsewhere now, or where it stood is not remembered
