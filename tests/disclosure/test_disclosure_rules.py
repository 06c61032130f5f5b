"""Each rule by itself, on cases worked out by hand."""

import datetime as dt

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl.config.settings import DisclosureRules
from etl.disclosure import audit, memory, rounding
from etl.disclosure.pools import pool
from etl.disclosure.rows import NOWHERE, Rows
from etl.disclosure.suppress import Sensitive, least, smallest, suppress
from etl.disclosure.time import frozen_size, sticky

RULES = DisclosureRules()


def family(*people: float) -> tuple[Rows, np.ndarray]:
    """Siblings under one parent in one month, the parent last, and their people."""
    number = len(people)
    parent = np.array([[number]] * number + [[NOWHERE]], dtype=np.int32)
    names = np.array([f"u{n}" for n in range(number + 1)], dtype=object)
    level = np.array(["team"] * number + ["directorate"], dtype=object)
    rows = Rows(names, names, level, np.array(["2025-03"], "datetime64[M]"), parent, np.array([0] * number + [1]))
    return rows, np.array([*people, sum(people)], dtype=float)[:, None]


@pytest.mark.parametrize(
    ("sizes", "alone", "members"),
    [
        ((20, 30, 11), {0, 1, 2}, set()),
        ((5, 6, 30), {2}, {0, 1}),
        ((10, 20, 30), {2}, {0, 1}),  # one small unit is no pool: the next smallest joins
        ((3, 4, 20, 30), {3}, {0, 1, 2}),  # seven people are no pool either
        ((10, 4, 12, 30), {3}, {0, 1, 2}),  # 4 people beside the 10: too few to hide them
        ((10, 20), set(), set()),  # nothing left outside: only the unit above
        ((40,), {0}, set()),
    ],
)
def test_small_siblings_are_pooled(sizes, alone, members):
    rows, people = family(*sizes)
    pooling = pool(rows, people, RULES.k_people, RULES.min_units, RULES.min_num)
    assert set(np.flatnonzero(pooling.alone[: len(sizes), 0])) == alone
    assert set(np.flatnonzero(pooling.pooled[: len(sizes), 0])) == members
    assert pooling.alone[-1, 0]


def test_units_of_a_unit_that_is_not_listed_are_not_listed():
    rows, people = family(4, 5)
    assert not pool(rows, people, RULES.k_people, RULES.min_units, RULES.min_num).alone.any()


def test_a_unit_counts_as_large_only_a_year_later_and_from_the_start_of_a_quarter():
    months = np.arange(np.datetime64("2023-01", "M"), np.datetime64("2025-01", "M"))
    people = np.full((1, 24), 12.0)
    people[0, 3] = 10  # April 2023
    small = frozen_size(people, months, 1)[0] < RULES.k_people
    assert small.tolist() == [False] * 3 + [True] * 12 + [False] * 9  # grown again in April 2024, when a quarter begins
    people[0, 3], people[0, 4] = 12, 10
    small = frozen_size(people, months, 1)[0] < RULES.k_people
    assert small.tolist() == [False] * 4 + [True] * 14 + [False] * 6  # not in May, but in July


def test_hiding_sticks_until_two_quarters_in_a_row_pass():
    unsafe = np.array([[True, False, False, True, False, True, False, False]])
    assert sticky(unsafe, 2).tolist() == [[True, True, False, True, True, True, True, False]]


def hidden(people: tuple, counted: tuple, choose=None) -> set[int]:
    rows, size = family(*people)
    inside = np.array([*counted, sum(counted)], dtype=float)[:, None]
    each = Sensitive(size, size, inside, size, inside)
    listed = np.ones(rows.shape, dtype=bool)
    unsafe = each.unsafe(RULES.min_num)
    gone = suppress(rows, [each], listed, unsafe, RULES, choose)
    assert not each.given_away(rows, listed & ~gone, RULES).any()
    return set(np.flatnonzero(gone[:, 0]))


@pytest.mark.parametrize(
    ("people", "counted", "gone"),
    [
        ((20, 30, 40), (8, 9, 10), set()),
        ((20, 30, 40), (2, 9, 10), {0, 1}),  # the smaller of the two keeps it company
        ((20, 30, 40), (0, 4, 10), {0, 1, 2, 3}),  # 4 together: too few; with the third all are hidden: so is their sum
        ((20, 30, 40, 50), (0, 4, 10, 20), {0, 1, 2}),
        ((20, 30, 40), (19, 29, 10), {0, 1, 2, 3}),  # two outside
        ((20,), (8,), set()),
    ],
)
def test_a_hidden_figure_has_company(people, counted, gone):
    found = hidden(people, counted)
    assert found == gone or (len(gone) == 4 and {0, 1, 2} <= found)


def test_the_company_with_the_fewest_people_is_chosen():
    """The smallest sibling brings nobody: plain greedy takes it and then needs another."""
    people, counted = (12, 13, 20, 60), (4, 5, 10, 30)
    inside = np.array([[5.0, 10, 30], [8, 10, 30]])
    weight = np.array([13.0, 20, 60])
    assert least(weight, inside, np.array([1.0, 0]), 1).tolist() == [0]
    assert least(weight, inside, np.array([6.0, 0]), 1).tolist() == [1]
    assert smallest(weight, inside, np.array([6.0, 0]), 1).tolist() == [0, 1]
    assert least(weight, inside, np.array([99.0, 0]), 1) is None
    assert hidden(people, counted) == {0, 1}


def test_bounds_are_those_of_the_sums():
    """10 in all, 3 of them shown: the other two have between nought and 7."""
    rows, _ = family(20, 20, 20)
    low, high = audit.bounds(rows, np.array([[3.0], [0], [0], [10]]), np.array([[3.0], [20], [20], [10]]))
    assert low.ravel().tolist() == [3, 0, 0, 10] and high.ravel().tolist() == [3, 7, 7, 10]


def test_a_leaver_rate_is_told_in_steps_of_ten_people():
    assert rounding.leaver_step(np.array([60.0, 100, 150, 200, 500, 20000]), 10).tolist() == [20, 10, 10, 5, 2, 0.1]
    assert RULES.k_leavers == 100
    assert rounding.to_middle(np.array([0.0, 4.9, 5.0, 12.4]), 5.0).tolist() == [2.5, 2.5, 7.5, 12.5]


def test_sensitive_shares_are_told_to_five_points_in_small_teams():
    people, team = np.array([30.0, 50, 30]), np.array([True, True, False])
    assert rounding.sensitive_step(people, team, True).tolist() == [5, 1, 0.1]
    assert rounding.to_nearest(np.array([37.4, 37.5]), 5.0).tolist() == [35, 40]


def test_people_are_told_in_bands():
    assert [rounding.BAND_NAMES[n] for n in rounding.band(np.array([11, 15, 16, 50, 51, 101]))] == [
        *("11–15", "11–15", "16–20", "31–50", "51–100", "101+")
    ]
    assert rounding.band(np.array([10])) == NOWHERE


def test_what_is_loosened_is_said():
    assert DisclosureRules().loosened() == []
    assert DisclosureRules(k_people=15, leaver_points=5).loosened() == []
    said = DisclosureRules(min_num=3, restate=(dt.date(2025, 3, 1),)).loosened()
    assert [record["setting"] for record in said] == ["min_num", "restate"]
    assert said[0] == {"setting": "min_num", "value": "3", "default_value": "5"}


def test_the_newest_release_to_decide_a_figure_is_remembered(tmp_path):
    for release, value in (("2026-01-01z", 1.0), ("2026-01-01za", 2.0), ("2025-12-31b", 3.0)):
        cell = dict.fromkeys(memory.SCHEMA.names) | {"release": release, "indicator": "i", "unit": "u", "value": value}
        cell["month"] = dt.date(2025, 3, 1)
        pq.write_table(pa.Table.from_pylist([cell], memory.SCHEMA), tmp_path / f"{release}.parquet")
    with duckdb.connect() as con:
        memory.recall(con, tmp_path)
        assert con.execute("SELECT release, value FROM remembered").fetchall() == [("2026-01-01za", 2.0)]
