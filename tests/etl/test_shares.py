"""Limits that follow denominators agree with qicharts2's figures, one series at a time or many at once."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.spc import laney
from etl.spc.conformance import answers
from etl.spc.run_chart import crossings
from etl.spc.xmr import UnreadableSeries

FILE = Path(__file__).parent / "spc" / "golden_pprime.jsonl"
GOLDEN = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
P, P_PRIME, U, U_PRIME = (laney.METHODS[name] for name in ("p", "p_prime", "u", "u_prime"))
EVERY = {"argvalues": laney.METHODS.values(), "ids": laney.METHODS}
NAN = np.nan


@pytest.mark.parametrize("case", GOLDEN, ids=[case["id"] for case in GOLDEN])
def test_golden(case):
    (answer,) = answers([json.dumps(case).encode()], "nhsr")
    assert answer.keys() == {"id"} | case["expected"].keys()
    for name, expected in case["expected"].items():
        if name in ("sigma_signal", "parts"):
            assert answer[name] == expected
        else:
            got, wanted = np.array(answer[name], dtype=float), np.array(expected, dtype=float)
            np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-14, err_msg=name)


COUNTS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda pair: (min(pair), max(pair))), min_size=1, max_size=20
)


@settings(deadline=None, max_examples=60)
@given(st.lists(COUNTS, min_size=1, max_size=5), st.sampled_from([*laney.METHODS.values()]), st.booleans(), st.data())
def test_neither_company_nor_padding_changes_a_series(batch, method, screened, data):
    width = max(map(len, batch)) + 2
    table = np.full((2, len(batch), width), NAN)
    groups = np.zeros(table.shape[1:], dtype=int)
    for row, series in enumerate(batch):
        table[:, row, : len(series)] = np.array(series).T
        groups[row, data.draw(st.integers(0, width)) :] += 1
    settled = data.draw(st.sampled_from([np.inf, 3, 8]))
    whole = laney.limits(*table, method, groups, settled, screened)
    for row, series in enumerate(batch):
        here = np.s_[[row], : len(series)]
        alone = laney.limits(table[0][here], table[1][here], method, groups[here], settled, screened)
        np.testing.assert_allclose(whole.centre[here], alone.centre)
        np.testing.assert_allclose(np.array(whole.at(3))[:, *here], alone.at(3), atol=1e-12)
        assert whole.outside[here].tolist() == alone.outside.tolist()


@pytest.mark.parametrize("method", **EVERY)
def test_a_point_out_of_nothing_has_no_value_and_no_limits(method):
    drawn = laney.limits([[3, 0, 4, NAN, 5, 4]], [[9, 0, 8, 7, NAN, 9]], method)
    gone = [False, True, False, True, True, False]
    lower, upper = drawn.at(3)
    assert np.isnan(drawn.value[0]).tolist() == gone
    assert drawn.centre[0, 0] == pytest.approx(11 / 26)
    if not method.beyond_chance:
        assert np.isnan(lower[0]).tolist() == np.isnan(upper[0]).tolist() == gone
    else:  # no two neighbours are left
        assert np.isnan(lower).all()


def test_moving_ranges_do_not_bridge_a_gap():
    with_gap = laney.limits([[3, 4, 0, 9, 8]], [[10, 10, 0, 10, 10]], P_PRIME)
    ranges = 0.1 / np.sqrt(0.6 * 0.4 / 10)
    assert with_gap.sigma[0, 0] == pytest.approx(ranges / 1.128 * np.sqrt(0.6 * 0.4 / 10))


@pytest.mark.parametrize("method", [P_PRIME, U_PRIME])
def test_where_nothing_ever_happened_primed_charts_have_no_limits(method):
    drawn = laney.limits([[0] * 6], [[10, 11, 9, 4, 8, 9]], method)
    assert np.isnan(drawn.at(3)).all() and not drawn.outside.any() and (drawn.centre == 0).all()


def test_where_all_always_happened_p_has_limits_without_width_and_p_prime_none():
    counts = [[10, 11, 9, 4, 8, 9]]
    assert np.array(laney.limits(counts, counts, P).at(3)).tolist() == [[[1] * 6]] * 2
    assert np.isnan(laney.limits(counts, counts, P_PRIME).at(3)).all()


@pytest.mark.parametrize("method", **EVERY)
def test_a_share_that_never_changes_is_never_outside(method):
    for share in (0.1, 0.3, 0.7, 1 / 3):
        out_of = np.array([[30, 60, 90, 30, 300, 990, 30, 120, 60, 3000]])
        assert not laney.limits(np.round(out_of * share), out_of, method).outside.any()


def test_limits_are_cut_to_what_is_possible():
    events, out_of = [[1, 0, 5, 4, 1, 5]], [[5, 6, 5, 4, 5, 5]]
    lower, upper = laney.limits(events, out_of, P).at(3)
    assert lower.min() == 0 and upper.max() == 1
    assert laney.limits(events, out_of, U).at(3)[1].max() > 1
    assert laney.weighted_individuals(events, out_of).at(3)[0].min() < 0


@pytest.mark.parametrize(
    ("events", "out_of", "method", "sentence"),
    [
        ([[5]], [[4]], P, "nor more"),
        ([[-1]], [[4]], U, "fewer events"),
        ([[1]], [[-4]], U, "out of fewer"),
        ([[1, 2]], [[4]], P, "alike in shape"),
        ([[]], [[]], P, "two tables"),
        ([1], [4], P, "two tables"),
        ([[np.inf]], [[4]], U, "finite"),
    ],
)
def test_what_cannot_be_a_share_is_refused(events, out_of, method, sentence):
    with pytest.raises(UnreadableSeries, match=sentence):
        laney.limits(events, out_of, method)


def test_more_events_than_trials_are_a_rate():
    assert laney.limits([[5, 4]], [[4, 4]], U).centre.tolist() == [[1.125, 1.125]]


# Runs and crossings


def test_crossings_leave_out_missing_points_and_points_on_the_centre():
    found = crossings([1, 1, 0, NAN, 1, -1, 1], 0)
    assert (found.n_useful, found.longest_run, found.n_crossings, found.runs_signal) == (5, 3, 2, False)
    nothing = crossings([0, NAN], 0)
    assert (nothing.n_useful, nothing.longest_run, nothing.runs_signal) == (0, None, False)
    assert crossings([7], 0).n_crossings_min == 0


def test_a_long_run_is_a_signal_and_so_are_few_crossings():
    assert crossings([1] * 8 + [-1, 1, -1, 1], 0).runs_signal
    assert crossings([1] * 6 + [-1] * 6, 0).runs_signal
    assert not crossings([1, 1, -1, -1] * 3, 0).runs_signal
