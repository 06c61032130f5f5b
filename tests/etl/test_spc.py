"""XmR charts agree with the reference's cases, and with themselves however series are cut or padded."""

import json
import statistics
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.spc import xmr
from etl.spc.rules import BETTER, LABELS
from etl.spc.series import check

GOLDEN = [json.loads(line) for line in (Path(__file__).parent / "spc" / "golden.jsonl").read_text("utf-8").splitlines()]
CHARTED = [case for case in GOLDEN if case["kind"] == "series" and "error" not in case["expected"]]
REFUSED = [case for case in GOLDEN if case["kind"] == "series" and "error" in case["expected"]]
MENDED = {"eng_trend_plateau_peak_increase", "eng_trend_plateau_peak_decrease"}


def of_kind(rule):
    return [case for case in GOLDEN if case.get("rule") == rule]


def by_id(cases):
    return {"argvalues": cases, "ids": [case["id"] for case in cases]}


def table(numbers):
    return np.array(numbers, dtype=np.int8).reshape(1, -1)


def read(case):
    options = case["options"]
    return check(
        [date.fromisoformat(day) for day in case["input"]["dates"]],
        case["input"]["values"],
        BETTER[options["improvement_direction"]],
        target=options["target"],
        rebase=[date.fromisoformat(day) for day in options["rebase"]],
    )


def draw(case, **profile):
    series = read(case)
    profile = replace(xmr.NHSR, screen_outliers=case["options"]["screen_outliers"], **profile)
    return xmr.chart(
        series.values[None],
        [series.better],
        target=[series.target],
        groups=series.groups[None],
        fix_after_n=case["options"]["fix_after_n_points"],
        profile=profile,
    )


def labels(chart, row=0):
    return [LABELS[pair] for pair in zip(chart.rule[row], chart.moved[row].tolist(), strict=True)]


def point_types(chart, row=0):
    def name(verdict, moved):
        if verdict == "common_cause":
            return verdict
        return "special_cause_" + (f"neutral_{'high' if moved > 0 else 'low'}" if verdict == "change" else verdict)

    return [name(*pair) for pair in zip(chart.verdict[row], chart.moved[row], strict=True)]


def same(one, other, rows=slice(None), points=slice(None)):
    """Equal in every field, `one` cut down to the rows and points asked for."""
    for field in fields(one):
        mine, theirs = getattr(one, field.name)[rows], getattr(other, field.name)
        mine = mine[:, points] if mine.ndim == 2 else mine
        if mine.dtype == float:
            np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-12, err_msg=field.name)
        else:
            np.testing.assert_array_equal(mine, theirs, err_msg=field.name)


# The reference's cases


@pytest.mark.parametrize("case", **by_id(CHARTED))
def test_golden_series(case):
    expected, chart = case["expected"], draw(case)
    for line, name in ((chart.mean, "mean"), (chart.lower, "lpl"), (chart.upper, "upl")):
        wanted = np.array(expected[name], dtype=float)
        np.testing.assert_allclose(line[0], wanted, rtol=1e-9, atol=1e-12, err_msg=name)
    assert chart.relative_to_mean[0].tolist() == [side or 0 for side in expected["relative_to_mean"]]
    assert chart.outside[0].tolist() == [bool(point) for point in expected["outside_limits"]]
    assert chart.near[0].tolist() == [bool(point) for point in expected["near_limits"]]
    assert chart.variation[0].replace("change", "neutral") == expected["variation_icon"]
    assert chart.assurance[0] == (expected["assurance_icon"] or "none")
    if case["id"] not in MENDED:
        assert labels(chart) == expected["special_cause_type"]
        assert point_types(chart) == expected["point_type"]


@pytest.mark.parametrize("case", **by_id([case for case in CHARTED if case["id"] in MENDED]))
def test_a_tie_between_two_trends_leaves_each_its_own_direction(case):
    wanted, got = case["expected"]["special_cause_type"], labels(draw(case))
    differs = [at for at, pair in enumerate(zip(wanted, got, strict=True)) if len(set(pair)) > 1]
    values = case["input"]["values"]
    assert [(values[at], values[at + 1], got[at]) for at in differs] == [(212, 212, LABELS["trend", 1])]


@pytest.mark.parametrize("case", **by_id([c for c in CHARTED if "special_cause_type_mdc2023" in c["expected"]]))
def test_two_of_three_counting_points_beyond_the_limits(case):
    chart = draw(case, two_of_three_counts_outside=True)
    assert labels(chart) == case["expected"]["special_cause_type_mdc2023"]


@pytest.mark.parametrize("case", **by_id(REFUSED))
def test_refused_series(case):
    with pytest.raises(xmr.UnreadableSeries, match="more than once"):
        read(case)


def test_dates_are_put_in_order():
    for case in CHARTED:
        series = read(case)
        assert [day.isoformat() for day in series.dates] == case["expected"]["dates"]
        assert series.groups.tolist() == case["expected"]["rebase_group"]


def test_short_groups_are_those_without_limits_once_a_least_number_is_asked_for():
    for case in CHARTED:
        if "missing" not in case["tags"]:
            judged = draw(case, fewest_points=xmr.FEWEST_POINTS).verdict[0] != "not_judged"
            assert judged.tolist() == [not short for short in case["expected"]["short_group"]]


@pytest.mark.parametrize("case", **by_id(of_kind("run_end")))
def test_run_end(case):
    ends = xmr.unbroken_ends(table(case["input"]["side"]), xmr.TOGETHER)
    assert np.abs(ends[0]).tolist() == case["expected"]


@pytest.mark.parametrize("case", **by_id(of_kind("trend_end")))
def test_trend_end(case):
    changes = np.sign(np.diff(case["input"]["y"], prepend=case["input"]["y"][:1]))
    assert xmr.unbroken_ends(table(changes), xmr.TOGETHER - 1)[0].tolist() == case["expected"]


@pytest.mark.parametrize("case", **by_id(of_kind("spread_back_seven")))
def test_spread_back(case):
    assert np.abs(xmr.spread_back(table(case["input"]["end"]), 0)[0]).tolist() == case["expected"]


@pytest.mark.parametrize("case", **by_id(of_kind("two_of_three_window") + of_kind("two_of_three_flag")))
def test_two_of_three(case):
    side, near = table(case["input"]["side"]), table(case["input"]["near"]).astype(bool)
    marked = xmr.two_of_three_windows(side, near, np.arange(side.shape[1])[None])
    flagged = marked if case["rule"] == "two_of_three_window" else marked & near
    assert flagged[0].astype(int).tolist() == case["expected"]


@pytest.mark.parametrize("case", **by_id(of_kind("priority")))
def test_priority(case):
    given = case["input"]
    side, rising = table(given["side"]), np.ones((1, len(given["y"])), dtype=np.int8)
    moves = [
        np.abs(table(given[name])) * way
        for name, way in (("outside", side), ("trend", rising), ("two_of_three", side), ("run", side))
    ]
    rule, moved = xmr.first_rule(moves, np.zeros_like(side))
    got = [LABELS[pair] for pair in zip(xmr.RULES[rule[0]], moved[0].tolist(), strict=True)]
    assert got == case["expected"]


@pytest.mark.parametrize("case", **by_id(of_kind("assurance")))
def test_assurance(case):
    given = case["input"]
    lower, upper, target = (np.array([given[name]], dtype=float) for name in ("lpl", "upl", "target"))
    better = np.array([xmr.BETTER[BETTER[given["improvement_direction"]]]])
    expected = (case["expected"] or "none").removeprefix("consistent_")
    assert xmr.assurance(lower, upper, target, better)[0] == expected


@pytest.mark.parametrize("case", **by_id(of_kind("rebase_flags")))
def test_rebase_flags(case):
    days = [date.fromisoformat(day) for day in case["input"]["dates"]]
    rebase = [date.fromisoformat(day) for day in case["input"]["rebase"]]
    series = check(days, [*range(len(days))], "higher", rebase=rebase)
    assert series.groups.tolist() == np.cumsum(case["expected"]).tolist()
    assert series.unused_rebases == []


# What cannot be charted

MONTHS = [date(2024, 1, 1) + timedelta(days=31 * at) for at in range(14)]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"better": "up"}, "higher, lower or neither"),
        ({"values": [1] * 13}, "a value for every date"),
        ({"dates": [], "values": []}, "no points"),
        ({"dates": [*MONTHS[:-1], MONTHS[0]]}, "more than once"),
        ({"dates": [*MONTHS[:-1], "2025-03"]}, "not a date"),
        ({"values": ["7"] * 14}, "not a number"),
        ({"values": [True] * 14}, "not a number"),
        ({"values": [float("inf")] * 14}, "too large"),
        ({"values": [10**400] * 14}, "too large"),
        ({"dates": [*MONTHS[:-1], datetime(2026, 1, 1)]}, "put in order"),
        ({"target": [90] * 13 + [95]}, "target changes"),
        ({"target": "90"}, "not a number"),
        ({"values": [1, 2, 3, None, 5, 6, 7] * 2}, "A gap hides"),
        ({"values": [None] * 14}, "A gap hides"),
    ],
)
def test_unreadable_series_are_refused_in_a_sentence(change, sentence):
    sound = {"dates": MONTHS, "values": [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7], "better": "higher"}
    check(**sound)
    with pytest.raises(xmr.UnreadableSeries, match=sentence) as refusal:
        check(**sound | change)
    assert str(refusal.value).endswith(".")


def test_a_gap_that_may_hide_a_trend_is_refused_only_where_the_profile_says():
    values = [1, 2, 3, None, 5, 6, 7, 1, 1, 1, 1, 1, 1, 1]
    check(MONTHS, values, "higher", profile=xmr.MDC)
    check(MONTHS, [1, 2, 3, None, 5, 6, 4] * 2, "higher")
    check(MONTHS, values, "higher", rebase=[MONTHS[5]])


def test_a_target_known_for_some_months_is_the_target():
    series = check(MONTHS, [*range(14)], "lower", target=[None] * 13 + [5], rebase=[date(2001, 1, 1)])
    assert series.target == 5
    assert series.unused_rebases == [date(2001, 1, 1)]


def test_charts_refuse_what_is_no_table_of_numbers():
    for values in ([1, 2, 3], [[]], [[1, np.inf]]):
        with pytest.raises(xmr.UnreadableSeries, match="table"):
            xmr.chart(values, 0)


@pytest.mark.parametrize("draw", [xmr.chart, xmr.for_dashboard])
def test_charts_refuse_unknown_directions_and_lines_from_too_few_points(draw):
    with pytest.raises(xmr.UnreadableSeries, match="1 for higher"):
        draw([[1, 2, 3]], 2)
    for few in (11, 0, float("nan")):
        with pytest.raises(xmr.UnreadableSeries, match="at least 12"):
            draw([[1, 2, 3]], 0, fix_after_n=few)
    with pytest.raises(xmr.UnreadableSeries, match="not a number"):
        draw([[1, 2, 3]], 0, fix_after_n="many")


# However the series are cut, scaled or padded

SERIES = st.lists(st.integers(-60, 60), min_size=1, max_size=40)
PROFILES = st.sampled_from([xmr.NHSR, xmr.MDC])
JUDGED = ("relative_to_mean", "outside", "near", "rule", "moved", "verdict", "variation")


@settings(deadline=None, max_examples=60)
@given(SERIES, st.integers(-1000, 1000), st.sampled_from([0.001, 0.1, 1, 3, 10, 1 / 3]), PROFILES)
def test_another_zero_or_unit_changes_nothing_on_a_dashboard(series, shift, scale, profile):
    values = np.array([series], dtype=float)
    one = xmr.for_dashboard(values, 1, profile=profile)
    other = xmr.for_dashboard((values + shift) * scale, 1, profile=profile)
    for name in JUDGED:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    np.testing.assert_allclose((one.upper + shift) * scale, other.upper, atol=1e-9)


@settings(deadline=None, max_examples=60)
@given(SERIES)
def test_the_other_direction_swaps_improvement_and_concern(series):
    higher, lower, neither = (xmr.chart([series], better) for better in (1, -1, 0))
    swap = {"improvement": "concern", "concern": "improvement", "common_cause": "common_cause"}
    assert [swap[verdict] for verdict in higher.verdict[0]] == lower.verdict[0].tolist()
    assert ((higher.verdict == "common_cause") == (neither.verdict == "common_cause")).all()
    assert higher.rule.tolist() == lower.rule.tolist() == neither.rule.tolist()


@settings(deadline=None, max_examples=40)
@given(st.lists(SERIES, min_size=1, max_size=6), st.integers(0, 9), PROFILES, st.data())
def test_neither_company_nor_padding_changes_a_series(batch, padding, profile, data):
    lengths = [len(series) for series in batch]
    values = np.full((len(batch), max(lengths) + padding), np.nan)
    groups = np.zeros(values.shape, dtype=int)
    for row, series in enumerate(batch):
        values[row, : len(series)] = series
        groups[row, data.draw(st.integers(0, values.shape[1])) :] += 1
    drawn = xmr.chart(values, 1, target=20, groups=groups, lengths=lengths, profile=profile)
    board = xmr.for_dashboard(values, 1, target=20, groups=groups, profile=profile)
    for row, series in enumerate(batch):
        alone = {"target": 20, "groups": groups[[row], : len(series)], "profile": profile}
        same(drawn, xmr.chart([series], 1, **alone), [row], slice(len(series)))
        same(board, xmr.for_dashboard([series], 1, **alone), [row], slice(len(series)))
    assert (drawn.verdict[np.arange(values.shape[1]) >= np.array(lengths)[:, None]] == "none").all()


@settings(deadline=None, max_examples=40)
@given(SERIES, SERIES, PROFILES)
def test_nothing_carries_over_a_rebase(before, after, profile):
    groups = [[4] * len(before) + [2] * len(after)]
    whole = xmr.chart([before + after], -1, groups=groups, profile=profile)
    parts = [xmr.chart([series], -1, profile=profile) for series in (before, after)]
    for name in ("mean", "upper", "rule", "moved", "verdict"):
        joined = np.concatenate([getattr(part, name)[0] for part in parts])
        if joined.dtype == float:
            np.testing.assert_allclose(getattr(whole, name)[0], joined, atol=1e-9)
        else:
            assert getattr(whole, name)[0].tolist() == joined.tolist()


@pytest.mark.parametrize("constant", [0.0, 0.1, 0.7, 99.9, 1 / 3, -2.2, 1e-7, 1e7 + 0.1])
@pytest.mark.parametrize("profile", [xmr.NHSR, xmr.MDC])
def test_a_constant_is_never_a_signal(constant, profile):
    lengths = np.arange(1, 61)
    values = np.where(np.arange(60) < lengths[:, None], constant, np.nan)
    drawn = xmr.chart(values, 1, lengths=lengths, profile=profile)
    assert (drawn.rule == "none").all()
    board = xmr.for_dashboard(values, 1, target=constant - 1, profile=profile)
    assert board.limits[:, -1].tolist() == ["short"] * 12 + ["constant"] * 48
    assert board.assurance.tolist() == ["none"] * 12 + ["pass"] * 48
    assert (board.verdict[12:][lengths[12:, None] > np.arange(60)] == "common_cause").all()
    np.testing.assert_array_equal(board.upper[12:], board.lower[12:])


def test_more_series_than_a_block_are_all_judged(monkeypatch):
    values = np.random.default_rng(7).normal(size=(11, 20))
    whole = xmr.for_dashboard(values, 1)
    monkeypatch.setattr(xmr, "BLOCK", 4)
    same(xmr.for_dashboard(values, 1), whole)
    assert xmr.chart(np.empty((0, 5)), 0).mean.shape == (0, 5)


# Where the profiles differ

WAVE = [10, 14] * 7


def test_mdc_draws_no_limits_and_judges_nothing_under_thirteen_points():
    assert np.isnan(xmr.chart([WAVE[:12]], 1, profile=xmr.MDC).upper).all()
    assert xmr.chart([WAVE[:12]], 1, profile=xmr.MDC).variation[0] == "not_judged"
    assert not np.isnan(xmr.chart([WAVE[:13]], 1, profile=xmr.MDC).upper).any()


def test_mdc_does_not_screen():
    spike = [[*WAVE, 60]]
    assert xmr.chart(spike, 1, profile=xmr.MDC).upper[0, 0] > xmr.chart(spike, 1).upper[0, 0]


def test_mdc_passes_over_repeats_within_a_trend():
    series = [*WAVE, 9, 10, 10, 11, 12, 13, 14, 15, 9]
    assert "trend" not in xmr.chart([series], 1).rule[0]
    rules = xmr.chart([series], 1, profile=xmr.MDC).rule[0]
    assert [at for at, rule in enumerate(rules) if rule == "trend"] == [14, 15, 17, 18, 19, 20, 21]


def test_mdc_passes_over_points_on_the_mean_within_a_run():
    series = [3, 1] * 3 + [2] + [3, 1] * 3 + [3, 3, 3, 2, 3, 3, 3, 3] + [1] * 7 + [2]
    assert np.mean(series) == 2
    rules = xmr.chart([series], 1, profile=xmr.MDC).rule[0]
    assert rules[13:21].tolist() == ["run"] * 3 + ["none"] + ["run"] * 4
    assert xmr.chart([series], 1).rule[0, 13:21].tolist() == ["none"] * 8


def test_mdc_lets_improvement_win():
    series = [20, 22] * 10 + [2, 3, 4, 5, 6, 7, 8]
    assert xmr.chart([series], 1).verdict[0, 20] == "concern"
    drawn = xmr.chart([series], 1, profile=xmr.MDC)
    assert (drawn.rule[0, 20], drawn.verdict[0, 20]) == ("trend", "improvement")
    assert xmr.chart([series], 0, profile=xmr.MDC).rule[0, 20] == "outside"


def test_mdc_lets_improvement_win_at_a_turning_point():
    series = [20, 22] * 5 + [10, 11, 12, 13, 14, 15, 16, 15, 14, 13, 12, 11, 10]
    peak = series.index(16)
    moved = {better: xmr.chart([series], better, profile=xmr.MDC).moved[0, peak] for better in (1, 0, -1)}
    assert moved == {1: 1, 0: -1, -1: -1}
    assert xmr.chart([series], 1).moved[0, peak] == -1


# To the last digit


def test_a_point_off_the_mean_by_its_last_digit_is_off_it():
    """On paper 4.9 is the mean here; in the machine's decimals it is a hair below, and R, whose rules these are, says so."""
    series = [
        4.5,
        4.7,
        5.3,
        4.7,
        4.6,
        5.1,
        5.2,
        5.1,
        5.5,
        4.8,
        5.1,
        5.3,
        4.9,
        5.0,
        4.6,
        4.8,
        5.0,
        4.5,
        4.7,
        4.6,
        4.6,
        5.1,
        5.0,
    ]
    side = xmr.chart([series], 1).relative_to_mean[0]
    assert side[12] == np.sign(4.9 - float(statistics.mean(map(Fraction, series)))) != 0


def test_large_numbers_that_differ_little_are_judged():
    series = np.array([[4, 0, 7, 3, 2, 8, 1, 3, 9, 4, 6, 0, 40, 3]])
    far = xmr.chart(1e12 + series, 1)
    assert far.outside.tolist() == xmr.chart(series, 1).outside.tolist() == [[False] * 12 + [True, False]]


def test_lines_settled_after_twelve_and_a_half_points_are_settled_by_twelve():
    series = [[*WAVE, 3, 5]]
    same(xmr.chart(series, 1, fix_after_n=12.5), xmr.chart(series, 1, fix_after_n=12))


# Kinship's policy


def test_missing_months_are_bridged_and_left_empty():
    gap = np.array([[*WAVE[:5], None, *WAVE[5:], None]], dtype=float)
    board, whole = xmr.for_dashboard(gap, 1, target=1), xmr.for_dashboard([WAVE], 1, target=1)
    there = ~np.isnan(gap[0])
    for field in fields(xmr.Chart):
        mine, theirs = getattr(board, field.name)[0], getattr(whole, field.name)[0]
        assert str(mine[there] if field.name not in ("variation", "assurance") else mine) == str(theirs)
    assert np.isnan(board.mean[0, ~there]).all() and np.isnan(board.upper[0, ~there]).all()
    assert (board.verdict[0, ~there] == "none").all() and (board.since[0, ~there] == -1).all()
    assert board.assurance[0] == "pass"


def test_limits_are_refused_where_they_would_mean_nothing():
    nearly = [[3] * 14 + [4], [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0]]
    assert (xmr.chart(nearly, -1).rule == "outside").all()
    board = xmr.for_dashboard(nearly, -1, target=[9, 9])
    assert board.limits[:, -1].tolist() == ["rarely_changes"] * 2
    assert set(board.verdict.ravel()) == set(board.variation) == {"not_judged"}
    assert board.assurance.tolist() == ["none"] * 2
    assert np.isnan(board.upper).all() and not board.outside.any() and (board.since == -1).all()
    fixed = xmr.for_dashboard([[3] * 14 + [4, 5, 4, 5]], -1, fix_after_n=14)
    assert fixed.limits[0, -1] == "rarely_changes"


def test_short_series_and_empty_ones_are_not_judged():
    values = np.full((2, 14), np.nan)
    values[0, :12] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    board = xmr.for_dashboard(values, 1)
    assert board.limits[:, -1].tolist() == ["short", "short"]
    assert board.verdict[0].tolist() == ["not_judged"] * 12 + ["none"] * 2
    assert board.variation.tolist() == ["not_judged", "none"]


def test_the_latest_group_names_the_limits():
    board = xmr.for_dashboard([WAVE + [20] * 5], 1, groups=[[0] * 14 + [1] * 5])
    assert board.limits[0, -1] == "short"
    assert board.verdict[0].tolist() == ["common_cause"] * 14 + ["not_judged"] * 5


def test_since_tells_where_an_unbroken_stretch_began():
    nan = np.nan
    values = [[10, 11] * 8 + [nan, 30, 31, nan, 30, 10, 31, nan, -20, 31]]
    board = xmr.for_dashboard(values, 1)
    flagged = [at for at, verdict in enumerate(board.verdict[0]) if verdict == "improvement"]
    assert flagged == [17, 18, 20, 22, 25]
    assert board.since[0, 17:].tolist() == [17, 17, -1, 17, -1, 22, -1, 24, 25]
    assert board.months[0, 17:].tolist() == [1, 2, 0, 4, 0, 1, 0, 1, 1]


def plain_since(board, values, row):
    """The same said slowly, one point after another."""
    since, before, answer = -1, None, []
    for at in range(values.shape[1]):
        now = (board.verdict[row, at], board.moved[row, at])
        if not np.isnan(values[row, at]):
            since = since if now == before else at
            before = now
        answer.append(since if board.moved[row, at] else -1)
    return answer


@settings(deadline=None, max_examples=40)
@given(st.lists(st.one_of(st.integers(0, 9), st.none(), st.just(9)), min_size=13, max_size=40), PROFILES)
def test_since_agrees_with_a_walk_along_the_series(series, profile):
    values = np.array([series], dtype=float)
    board = xmr.for_dashboard(values, 1, profile=profile)
    assert board.since[0].tolist() == plain_since(board, values, 0)
    flagged = board.moved != 0
    assert (board.months[flagged] == (np.arange(len(series))[None] - board.since + 1)[flagged]).all()
