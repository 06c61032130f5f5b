"""Scores of a survey: golden intervals worked out elsewhere, and what must hold whatever people answer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.survey import scoring

SHEETS = st.lists(st.sampled_from([0, 2.5, 5, 7.5, 10]), min_size=2, max_size=60)


def means(*units: list[float]) -> scoring.Means:
    totals, squares = ([sum(x**power for x in unit) for unit in units] for power in (1, 2))
    return scoring.means(np.array(totals), np.array(squares), np.array([len(unit) for unit in units]))


def test_nine_of_fourteen_is_38_8_to_83_7_per_cent():
    low, high = scoring.wilson(np.array([9 / 14]), np.array([14]))
    assert (round(100 * low[0], 1), round(100 * high[0], 1)) == (38.8, 83.7)


def test_none_and_all_have_an_interval_too():
    low, high = scoring.wilson(np.array([0.0, 1.0]), np.array([11, 11]))
    assert low[0] == pytest.approx(0) and high[0] == pytest.approx(0.2588, abs=1e-4)
    assert low[1] == pytest.approx(0.7412, abs=1e-4) and high[1] == pytest.approx(1)


def test_the_t_interval_of_a_mean():
    # scipy.stats.t.interval(0.95, 10, mean, standard error) of these eleven answers
    found = means([2.5, 5, 7.5, 7.5, 10, 5, 5, 7.5, 2.5, 5, 7.5])
    assert [round(float(each[0]), 2) for each in (found.mean, found.low, found.high)] == [5.91, 4.36, 7.46]


def test_one_sheet_tells_no_spread_and_the_scale_has_ends():
    assert np.isnan(means([5]).low[0])
    found = means([10, 10, 7.5])
    assert found.high[0] == 10 and found.low[0] < 9.2


def test_a_change_needs_an_interval_without_nought_and_half_a_point():
    many, few = [5, 7.5] * 100, [5, 7.5] * 6
    assert scoring.called(*scoring.welch(means([x + 1 for x in many]), means(many))) == ["up"]
    assert scoring.called(*scoring.welch(means(many), means([x + 1 for x in many]))) == ["down"]
    assert scoring.called(*scoring.welch(means([x + 1 for x in few]), means(few))) == ["none"]  # sure of nothing
    assert scoring.called(*scoring.welch(means([x + 0.4 for x in many]), means(many))) == [
        "none"
    ]  # sure, and too little
    assert scoring.called(*scoring.welch(means([x + 0.5 for x in many]), means(many))) == ["up"]


def test_the_welch_interval():
    # scipy.stats.ttest_ind(after, before, equal_var=False).confidence_interval()
    moved, low, high = scoring.welch(means([7.5, 10, 7.5, 5, 10, 7.5, 10]), means([2.5, 5, 5, 7.5, 0]))
    assert [round(float(each[0]), 3) for each in (moved, low, high)] == [4.214, 0.702, 7.727]


def test_everybody_alike_is_a_change_without_doubt():
    assert scoring.called(*scoring.welch(means([7.5] * 12), means([5] * 12))) == ["up"]


def test_few_warm_answers_raise_no_flag():
    random = np.random.default_rng(1)
    units = [list(np.clip(random.normal(centre, 1.8, 30), 0, 10)) for centre in (5, 5.5, 6, 6.2, 6.5, 7, 7.5, 8)]
    found = means(*units, [7.5, 10, 7.5])
    centre = np.full(9, 6.5)
    between = scoring.spread_between(found)
    said = scoring.stands(found, centre, between)
    assert said[0] == "below" and said[7] == "above" and said[8] == "with"
    drawn, _ = scoring.shrunk(found, centre, between)
    assert abs(drawn[8] - 6.5) < abs(found.mean[8] - 6.5)


def test_where_units_do_not_differ_none_is_flagged():
    found = means(*[[5, 7.5] * 20] * 6)
    assert scoring.spread_between(found) == 0
    assert set(scoring.stands(found, np.full(6, 3.0), 0.0)) == {"with"}
    assert set(scoring.chance_above(found, np.full(6, 3.0), 0.0)) == {0.5}


def test_responses_are_told_in_bands():
    bands = [scoring.response_band(share) for share in (0, 24.9, 25, 39.9, 40, 59.9, 60, 100)]
    assert bands[::2] == ["under 25 %", "25 to 39 %", "40 to 59 %", "60 % or more"] == bands[1::2]


def test_a_distribution_needs_thirty_people_and_five_in_every_group():
    assert scoring.groups(positive=15, negative=5, answers=29, people=29) is None
    assert scoring.groups(positive=15, negative=4, answers=30, people=30) is None
    assert scoring.groups(positive=15, negative=5, answers=30, people=30) == {
        "positive": 50, "between": 35, "negative": 15,
    }  # fmt: skip
    assert scoring.groups(positive=60, negative=0, answers=60, people=60) is None  # all alike
    assert scoring.groups(positive=30, negative=8, answers=60, people=30) is None  # of two items: four people
    assert scoring.groups(positive=33, negative=11, answers=61, people=61) == {
        "positive": 54, "between": 28, "negative": 18,
    }  # fmt: skip


@given(SHEETS)
def test_a_mean_lies_in_its_interval_and_the_interval_on_the_scale(sheets):
    found = means(sheets)
    assert 0 <= found.low[0] <= found.mean[0] + 1e-9 and found.mean[0] - 1e-9 <= found.high[0] <= 10


@given(st.integers(1, 400), st.data())
def test_a_share_lies_in_its_interval(people, data):
    share = data.draw(st.integers(0, people)) / people
    low, high = scoring.wilson(np.array([share]), np.array([people]))
    assert -1e-9 <= low[0] <= share + 1e-9 and share - 1e-9 <= high[0] <= 1 + 1e-9


@given(SHEETS, SHEETS)
def test_a_change_the_other_way_round_is_the_same_change(before, after):
    moved, low, high = scoring.welch(means(after), means(before))
    back, back_low, back_high = scoring.welch(means(before), means(after))
    assert moved[0] == pytest.approx(-back[0]) and low[0] == pytest.approx(-back_high[0])
    assert high[0] == pytest.approx(-back_low[0])


@given(st.lists(SHEETS, min_size=3, max_size=8), st.floats(0, 10))
def test_shrinking_never_leaves_the_way_between_the_mean_and_the_centre(units, centre):
    found = means(*units)
    drawn, error = scoring.shrunk(found, np.full(len(units), centre), scoring.spread_between(found))
    assert (drawn >= np.minimum(found.mean, centre) - 1e-9).all() and (
        drawn <= np.maximum(found.mean, centre) + 1e-9
    ).all()
    assert (error <= np.sqrt(scoring.pooled_error(found)) + 1e-9).all()


@given(st.integers(30, 300), st.data())
def test_no_group_of_a_distribution_is_of_fewer_than_five(people, data):
    positive = data.draw(st.integers(0, people))
    negative = data.draw(st.integers(0, people - positive))
    shown = scoring.groups(positive, negative, people, people)
    fewest = min(positive, negative, people - positive - negative)
    assert (shown is None) == (fewest < 5)
