"""R4 for a survey: what a score, and the range told with it, say of how many people agree.

An answer is worth nought to four steps of 2.5 points, and agrees from three on. The reader is taken to know how many sheets
there are and what their answers add up to, without any rounding; and of how they differ whatever the told range says. Whoever
gives several answers to one score leaves more doubt than that, never less.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from etl.disclosure import audit, rounding
from etl.disclosure.rows import Rows
from etl.disclosure.suppress import Sensitive

MIN_PEOPLE_FOR_DISTRIBUTION = 30  # under this no distribution is told, and the point is drawn in outline
ANSWER_STEP = 2.5  # points
MAX_STEPS, AGREEING_STEPS = 4, 3  # the most that an answer is worth, and the least that agrees
NOT_AGREEING_STEPS = AGREEING_STEPS - 1
MAX_GAP = 6  # between two sums of squares of whole steps that so many who agree can come to
UNBOUNDED = 1e6
TOLERANCE = 1e-9
SPREADS = np.arange(4, 22) * ANSWER_STEP / 10  # standard deviations in points, at some of which ranges are told


# What answers a questionnaire offers, in steps: the lowest, the highest that does not agree, the lowest that does, the highest.
Scale = tuple[int, int, int, int]
FIVE_POINTS: Scale = (0, NOT_AGREEING_STEPS, AGREEING_STEPS, MAX_STEPS)


def scale_of(points: Iterable[float]) -> Scale:
    """Where none agrees, or all do, the highest counts as agreeing, and the lowest as not: somebody chose between them."""
    steps = sorted({round(each / ANSWER_STEP) for each in points}) or [0, MAX_STEPS]
    agree = [each for each in steps if each >= AGREEING_STEPS] or steps[-1:]
    others = [each for each in steps if each < AGREEING_STEPS and each not in agree] or steps[:1]
    return steps[0], others[-1], next((each for each in agree if each > others[-1]), agree[-1]), steps[-1]


@dataclass(frozen=True)
class Score(Sensitive):
    """Scores as a matter of people. `counted` are those who may agree, given what all answers add up to; outside of them are
    those who may not: a sum near either end of the scale leaves too few. In amounts it is the sheets that count: an answer
    is worth the same whatever it says."""

    steps: np.ndarray
    sheets: np.ndarray
    scale: tuple

    @classmethod
    def of(cls, people: np.ndarray, points: np.ndarray, sheets: np.ndarray, scale: tuple = FIVE_POINTS) -> "Score":
        """From the people behind each score, the points that its sheets add up to, and how many sheets they are. `scale`: the
        four of Scale, each a number or one for every month."""
        agree, not_agree = _possible(points, sheets, scale)
        return cls(
            people, agree + not_agree, agree, sheets + UNBOUNDED, sheets, points / ANSWER_STEP, sheets, tuple(scale)
        )

    def unsafe(self, min_num: int) -> np.ndarray:
        """R4: too few who may agree, or may not; and, where few answers are offered, how many agree is known to too few, unless
        that many are safe to know."""
        least, most = agreeing_by_mean(self.steps * ANSWER_STEP, self.sheets, self.scale)
        with np.errstate(invalid="ignore"):
            known = np.floor(most + audit.SLACK) - np.ceil(least - audit.SLACK) < min_num  # people are whole
        known &= (least < min_num - audit.SLACK) | (self.sheets - most < min_num - audit.SLACK)
        return super().unsafe(min_num - audit.SLACK) | known

    def given_away(self, rows: Rows, shown: np.ndarray, rules) -> np.ndarray:
        """R6: a hidden sum is known too well where it is known to fewer steps than `min_num` people who agree would bring."""
        lowest, _, agrees, highest = self.scale
        each = np.maximum(agrees - lowest, 1)
        whole, part = (highest - lowest) * self.sheets / each, (self.steps - lowest * self.sheets) / each
        return audit.given_away(rows, self.people, whole, np.nan_to_num(part), shown, rules)


def _possible(points: np.ndarray, sheets: np.ndarray, scale: tuple) -> tuple[np.ndarray, np.ndarray]:
    """How many people at the most may agree, and how many may not, given what all answers add up to."""
    lowest, others, agrees, highest = scale
    steps = points / ANSWER_STEP
    agree = (steps - lowest * sheets) / np.maximum(agrees - lowest, 1)
    return agree, (highest * sheets - steps) / np.maximum(highest - others, 1)


def agreeing_by_mean(
    points: np.ndarray, sheets: np.ndarray, scale: tuple = FIVE_POINTS
) -> tuple[np.ndarray, np.ndarray]:
    """The fewest and the most people who can agree, given what all answers add up to."""
    agree, not_agree = _possible(points, sheets, scale)
    return np.maximum(0, sheets - not_agree), np.minimum(sheets, agree)


def agreeing(
    sheets: int, steps: np.ndarray, above: np.ndarray | float, to: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each whole sum of `steps`, where the standard deviation is more than `above` points and at most `to`: the fewest and
    the most who can certainly agree (the fewest are more than the most where that is nobody), and whether any answers may be so.

    Sums of squares of so many who agree lie between the least and the most that they can be, no more than MAX_GAP apart.
    """
    people, total = np.arange(sheets + 1)[None, :], steps[:, None]
    others = sheets - people
    possible = (AGREEING_STEPS * people <= total) & (total <= MAX_STEPS * people + NOT_AGREEING_STEPS * others)
    spare = total - AGREEING_STEPS * people  # what is left once all who agree have given the least that agrees
    least = 9 * people + np.where(
        spare <= NOT_AGREEING_STEPS * others, _level(spare, others), 4 * others + 7 * (spare - 2 * others)
    )
    strongly = np.minimum(people, spare)
    rest = spare - strongly
    most = 9 * people + 7 * strongly + rest + 2 * (rest // 2)

    about_mean = total**2 / sheets
    above = np.broadcast_to(above, steps.shape)[:, None]
    low = np.where(above < 0, -1.0, (sheets - 1) * (above / ANSWER_STEP) ** 2 + about_mean + TOLERANCE)
    high = (sheets - 1) * (to / ANSWER_STEP) ** 2 + about_mean + TOLERANCE
    perhaps = possible & (least <= high) & (most > low)
    surely = ((least > low) & (least <= high)) | ((most > low) & (most <= high)) | (high - low >= MAX_GAP)
    surely &= perhaps
    fewest, highest = (np.where(surely, people, no).T for no in (sheets + 1, -1))
    return fewest.min(axis=0), highest.max(axis=0), perhaps.any(axis=1)


def _level(total: np.ndarray, people: np.ndarray) -> np.ndarray:
    """The least sum of squares of so many whole numbers with that sum."""
    each, rest = np.divmod(total, np.maximum(people, 1))
    return (people - rest) * each**2 + rest * (each + 1) ** 2


def spreads_told(
    spread: np.ndarray,
    points: np.ndarray,
    sheets: np.ndarray,
    fewest: np.ndarray,
    most: np.ndarray,
    min_num: int,
    scale: tuple = FIVE_POINTS,
) -> np.ndarray:
    """The standard deviation, in points, from which the range of each score is worked out: one of SPREADS, or the most that a
    scale allows; never less than its own, and so coarse that with it, too, at least `min_num` people are in doubt. `fewest`
    and `most` are what a share that is told says of those who agree (people; 0 and all: nothing).

    How coarse it is depends on nothing but what the reader knows: so that it is coarse tells nothing either.
    """
    cells = np.stack([sheets, points / ANSWER_STEP, fewest, most], axis=1).round(6)
    kinds, kind = np.unique(cells, axis=0, return_inverse=True)
    told_at = spreads_to_tell(kinds, min_num)[kind.reshape(-1)]
    # Where fewer answers are offered the sum says more: then nothing is told of how they differ, or all is safe to know.
    five = np.logical_and.reduce([np.equal(mine, usual) for mine, usual in zip(scale, FIVE_POINTS, strict=True)])
    least, highest = agreeing_by_mean(points, sheets, scale)
    told_at &= np.broadcast_to(five, sheets.shape)[:, None]
    told_at |= ((least >= min_num) & (sheets - highest >= min_num))[:, None]
    reaches = told_at & (spread[:, None] <= SPREADS + TOLERANCE)
    with np.errstate(divide="ignore", invalid="ignore"):
        widest = ANSWER_STEP * MAX_STEPS / 2 * np.sqrt(sheets / (sheets - 1))
    return np.where(reaches.any(axis=1), SPREADS[np.argmax(reaches, axis=1)], widest)


def spreads_to_tell(kinds: np.ndarray, min_num: int) -> np.ndarray:
    """For each kind of cell (sheets, steps, fewest, most) at which of SPREADS its range may be told: as many as there can be, so
    that between two of them, and beyond the last, enough people are in doubt."""
    chosen = np.zeros((len(kinds), len(SPREADS)), dtype=bool)
    for sheets in np.unique(kinds[:, 0]).astype(int):
        mine = np.flatnonzero(kinds[:, 0] == sheets)
        of_these = kinds[mine, 1:].T
        above = np.full(len(mine), -1.0)
        some = np.zeros((len(mine), len(SPREADS)), dtype=bool)
        for number, to in enumerate(SPREADS):
            enough, _ = _in_doubt(sheets, *of_these, above, to, min_num)
            some[:, number] = enough
            above = np.where(enough, to, above)
        while True:  # what lies beyond the last must leave enough in doubt as well; else the last is taken away
            enough, nobody = _in_doubt(sheets, *of_these, above, UNBOUNDED, min_num)
            short = ~enough & ~nobody & some.any(axis=1)
            if not short.any():
                break
            last = len(SPREADS) - 1 - np.argmax(some[:, ::-1], axis=1)
            some[short, last[short]] = False
            last = len(SPREADS) - 1 - np.argmax(some[:, ::-1], axis=1)
            above = np.where(some.any(axis=1), SPREADS[last], -1.0)
        chosen[mine] = some
    return chosen


def _in_doubt(
    sheets: int, steps: np.ndarray, fewest: np.ndarray, most: np.ndarray, above: np.ndarray, to: float, min_num: int
) -> tuple[np.ndarray, np.ndarray]:
    """Whether how many agree is left open by at least `min_num`; whether no answers are possible at all. A sum between two whole
    steps, of sheets with several answers, leaves at least what both of them leave."""
    around = [np.floor(steps), np.ceil(steps)]
    if np.array_equal(*around):
        around = around[:1]
    ends = [agreeing(sheets, whole.astype(np.int64), above, to) for whole in around]
    low = np.maximum.reduce([np.ceil(fewest - TOLERANCE), *(each[0] for each in ends)])
    high = np.minimum.reduce([np.floor(most + TOLERANCE), *(each[1] for each in ends)])
    nobody = ~np.logical_or.reduce([each[2] for each in ends])
    return high - low >= min_num, nobody


def agreement_step(
    points: np.ndarray, sheets: np.ndarray, people: int, min_num: int, scale: tuple = FIVE_POINTS
) -> np.ndarray:
    """The step in which a share that agrees is told, in points of 100: the finest that stands for so many `people`, and that,
    whichever step the share lies in, leaves more than `min_num` people in doubt for one who knows the score too; NaN where there
    is none. Depends on nothing that the share itself says."""
    least, most = agreeing_by_mean(points, sheets, scale)
    found = np.full(np.shape(sheets), np.nan)
    for points_of_step in rounding.AGREEMENT_STEPS[::-1]:
        step = points_of_step * sheets / 100
        with np.errstate(invalid="ignore"):
            first_edge = (np.floor(least / step + TOLERANCE) + 1) * step
            last_edge = np.minimum(np.floor(most / step + TOLERANCE) * step, sheets - step)
            within = last_edge < first_edge - TOLERANCE  # one step only: telling it adds nothing
            # People are whole: of a range one may be lost at its ends.
            enough = (first_edge - least >= min_num + 1) & (most - last_edge >= min_num + 1)
            found = np.where((step >= people - TOLERANCE) & (within | enough), points_of_step, found)
    return found


def to_withdraw(
    rows: Rows,
    low: np.ndarray,
    high: np.ndarray,
    without: tuple[np.ndarray, np.ndarray],
    told: np.ndarray,
    exact: np.ndarray,
    fixed: np.ndarray,
    people: np.ndarray,
    min_num: int,
) -> np.ndarray:
    """Which of the shares that are `told` (rows × months) may not be: along the sums, some row would be left with fewer than
    `min_num` people in doubt.

    `low` and `high` are how many agree as far as a reader knows where a share is told, `without` the same where it is not; NaN
    where there is no figure. Where it is `exact`, the share itself is told; what is `fixed` has been told before.
    """
    there = ~np.isnan(people)
    nothing = there | audit.counts_for_nothing(rows, there)
    fewest, most = (np.where(there, each, 0) for each in without)
    most = np.where(nothing, most, np.inf)
    told = told & there
    gone = np.zeros(rows.shape, dtype=bool)
    while True:
        still = told & ~gone
        least, highest = audit.bounds(rows, np.where(still, low, fewest), np.where(still, high, most))
        need = np.minimum(min_num, np.minimum(np.where(there, most - fewest, 0), np.where(there, people, 0)))
        falls = there & ~(exact & still) & (highest - least < need - audit.SLACK)
        around = falls | rows.above(falls) | rows.of_parent(falls, False)
        more = around & still & ~fixed
        if not more.any():
            return gone
        gone |= more
