"""R4, R5 and R11: which sensitive figures are hidden because few people are behind them, and which to hide those.

One pattern holds for all sensitive indicators of a family. A row hidden for itself needs company: the rows hidden
beside it, added up, must be safe to know, for their sum is what a reader gets by subtracting.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from etl.disclosure import audit
from etl.disclosure.rows import NOWHERE, Rows

Choose = Callable[[np.ndarray, np.ndarray, np.ndarray, int, int], np.ndarray]


@dataclass(frozen=True)
class Sensitive:
    """One indicator as a matter of people (rows × months; NaN: no figure): how many stand behind it, how many of the
    `whole` make up its numerator, and both again in amounts, an amount counting as so many people as it would take on
    average.

    Hours or days of five people who were ill but briefly are soon told apart; so a group must be safe either way.
    """

    people: np.ndarray
    whole: np.ndarray
    counted: np.ndarray
    amount: np.ndarray
    part: np.ndarray

    def unsafe(self, min_num: int) -> np.ndarray:
        """R4: fewer than `min_num` inside, or outside; nought is few."""
        return (self.counted < min_num) | (self.whole - self.counted < min_num)

    def both(self) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """(all, those in the numerator), by people and by amount."""
        return (self.whole, self.counted), (self.amount, self.part)

    def given_away(self, rows: Rows, shown: np.ndarray, rules) -> np.ndarray:
        """R6: the rows × months that are not shown and could be worked out."""
        told = np.zeros(rows.shape, dtype=bool)
        for whole, part in self.both():
            told |= audit.given_away(rows, self.people, whole, np.nan_to_num(part), shown, rules)
        return told


def suppress(
    rows: Rows,
    family: list[Sensitive],
    listed: np.ndarray,
    hidden: np.ndarray,
    rules,
    choose: Callable | None = None,
) -> np.ndarray:
    """The rows × months to hide in every indicator of a family: `hidden`, and the fewest people beside.

    `listed` says what would be shown; `choose` picks company (default `least`; `smallest` is the plain greedy choice).
    """
    choose = choose or least
    hidden = hidden & listed
    weight = np.nanmax(np.stack([np.where(np.isnan(each.people), 0, each.people) for each in family]), axis=0)
    there = np.logical_or.reduce([~np.isnan(each.people) for each in family])
    # What must reach min_num in every hidden group: those inside and those outside of each numerator.
    inside = np.nan_to_num(
        np.stack([count for each in family for whole, part in each.both() for count in (part, whole - part)])
    )
    # And `min_units` units that have a figure at all: one that lacks it is no company.
    units = np.stack([~np.isnan(each.people) for each in family]) * (rules.min_num / rules.min_units)
    inside = np.concatenate([inside, units])
    while True:
        shown = listed & ~hidden
        short = _short(rows, inside, there, shown, hidden, rules)
        if not short.any():
            before = hidden.copy()
            for each in family:
                hidden |= _mend(rows, each, listed & ~hidden, rules)
            if (hidden == before).all():
                return hidden
            continue
        child, month = np.nonzero(there & rows.of_parent(short, False))
        above = rows.parent[child, month]
        order = np.lexsort((child, month, above))
        child, month, above = child[order], month[order], above[order]
        begins = np.flatnonzero(np.r_[True, (above[1:] != above[:-1]) | (month[1:] != month[:-1])])
        for begin, end in zip(begins, np.r_[begins[1:], len(child)], strict=True):
            parent, column, children = above[begin], month[begin], child[begin:end]
            seen = shown[children, column]
            gone, candidates = children[~seen], children[seen]
            units = max(0, rules.min_units - len(gone))
            company = None
            if shown[parent, column]:
                lack = rules.min_num - inside[:, gone, column].sum(axis=1)
                # An indicator without a figure in the whole group asks for nothing.
                lack[~(inside[:, children, column].sum(axis=1) > 0)] = 0
            else:
                lack = np.zeros(len(inside))
            company = choose(weight[candidates, column], inside[:, candidates, column], lack, units)
            if company is None:  # no company is enough: the unit above is hidden too
                hidden[candidates, column] = True
                hidden[parent, column] |= listed[parent, column]
            else:
                hidden[candidates[company], column] = True


def _short(rows: Rows, inside, there, shown, hidden, rules) -> np.ndarray:
    """The parents (rows × months) whose hidden children lack company, and still have shown siblings to give it."""
    gone, seen = rows.count(there & ~shown), rows.count(there & shown)
    lacking = np.zeros(rows.shape, dtype=bool)
    for each in inside:
        rest = rows.sum_up(np.where(there & ~shown, each, np.nan))
        all_of_it = rows.sum_up(np.where(there, each, np.nan))
        lacking |= (rest < rules.min_num) & (all_of_it > 0)
    under_shown = shown & (gone > 0) & ((gone < rules.min_units) | lacking)
    under_hidden = hidden & (gone < rules.min_units)
    return (seen > 0) & (under_shown | under_hidden)


def _mend(rows: Rows, each: Sensitive, shown: np.ndarray, rules) -> np.ndarray:
    """What else to hide where the audit still finds a row given away: the shown row right above it, or else the
    smallest shown sibling, or whatever is shown nearest above."""
    shown = shown & ~np.isnan(each.people)
    told = each.given_away(rows, shown, rules)
    more = np.zeros(rows.shape, dtype=bool)
    for row, month in zip(*np.nonzero(told), strict=True):
        above = rows.parent[row, month]
        while above != NOWHERE and not shown[above, month]:
            siblings = np.flatnonzero((rows.parent[:, month] == above) & shown[:, month])
            if len(siblings):
                more[siblings[np.argmin(each.people[siblings, month])], month] = True
                break
            above = rows.parent[above, month]
        else:
            if above != NOWHERE:
                more[above, month] = True
    return more


def least(weight: np.ndarray, inside: np.ndarray, lack: np.ndarray, units: int) -> np.ndarray | None:
    """The candidates with the fewest people in all that make up what is lacking: one, or two, or else as many of the
    smallest as it takes. None: not even all of them do."""
    if len(weight) < units or (inside.sum(axis=1) < lack).any():
        return None
    one = (inside >= lack[:, None]).all(axis=0)
    if units <= 1 and one.any():
        return np.array([np.flatnonzero(one)[np.argmin(weight[one])]])
    if units <= 2 and len(weight) > 1:
        pairs = np.array(list(combinations(range(len(weight)), 2)))
        two = (inside[:, pairs].sum(axis=2) >= lack[:, None]).all(axis=0)
        if two.any():
            return pairs[two][np.argmin(weight[pairs[two]].sum(axis=1))]
    return smallest(weight, inside, lack, units)


def smallest(weight: np.ndarray, inside: np.ndarray, lack: np.ndarray, units: int) -> np.ndarray | None:
    """Plain greedy: the smallest candidates, one after the other, until nothing is lacking."""
    order = np.argsort(weight, kind="stable")
    enough = (np.cumsum(inside[:, order], axis=1) >= lack[:, None]).all(axis=0)
    enough &= np.arange(1, len(order) + 1) >= units
    return order[: np.argmax(enough) + 1] if enough.any() else None
