"""Windows of days that overlap: a hidden year lies within the shown ones beside it, and must keep room all the same."""

import numpy as np
import pytest

from etl.config.settings import DisclosureRules
from etl.disclosure import overlap
from etl.disclosure.rows import NOWHERE, Rows

RULES = DisclosureRules()


def pair(first: list[list[float]], shown: list[list[bool]]) -> tuple[Rows, overlap.Windows]:
    """Two teams under one unit: the years' amounts of the teams, told exactly, and which of the teams' are shown."""
    amounts = np.array([*first, np.sum(first, axis=0)])
    seen = np.array([*shown, [True] * amounts.shape[1]])
    parent = np.full(amounts.shape, 2)
    parent[2] = NOWHERE
    names = np.array(["a", "b", "all"], dtype=object)
    level = np.array(["team", "team", "above"], dtype=object)
    months = np.arange(np.datetime64("2024-03"), np.datetime64("2031-03"), 3)[: amounts.shape[1]]
    rows = Rows(names, names, level, months, parent, np.array([0, 0, 1]))
    zeros = np.zeros(amounts.shape, dtype=int)
    windows = overlap.Windows(
        np.ones(amounts.shape, bool), seen, amounts, amounts, amounts + 100, amounts + 40, 4, zeros, zeros
    )
    return rows, windows


def test_a_hidden_year_between_two_that_leave_it_too_little_is_found_and_a_later_one_goes():
    # One person's worth in the year before and in the one after: no more than two between. Of b 29 to 31 is safe to know.
    rows, windows = pair([[1, 1, 1], [30, 30, 30]], [[True, False, True], [True, False, True]])
    assert overlap.narrow(rows, windows, RULES).tolist() == [[False, True, False]] + [[False] * 3] * 2
    more = overlap.to_hide(rows, windows, np.ones(rows.shape, bool), RULES)
    assert more.tolist() == [[False, False, True]] + [[False] * 3] * 2


def test_what_has_been_told_already_is_never_withheld():
    rows, windows = pair([[1, 1, 1], [30, 30, 30]], [[True, False, True], [True, False, True]])
    told = np.zeros(rows.shape, bool)
    told[:, 0] = True
    assert not overlap.to_hide(rows, windows, told, RULES)[:, 1:].any()


@pytest.mark.parametrize("gap", [1, 2, 3, 4])
def test_years_with_a_quarter_between_that_none_of_them_reaches_have_room(gap):
    shown = [True] + [False] * gap + [True]
    rows, windows = pair([[1] * len(shown), [30] * len(shown)], [shown, shown])
    assert overlap.narrow(rows, windows, RULES).any() == (gap < 4)
