"""`chart` says in words, and in the reference's own keys, what the published rules make of a series."""

import json
from datetime import date, timedelta
from math import nan
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from etl.__main__ import app
from etl.spc.conformance import answers
from tests.etl import point_by_point
from tests.etl.point_by_point import Refused, Rules

GOLDEN = (Path(__file__).parent / "spc" / "golden.jsonl").read_bytes()
CASES = [json.loads(line) for line in GOLDEN.splitlines()]
SERIES = [case for case in CASES if case["kind"] == "series"]
MENDED = {"eng_trend_plateau_peak_increase", "eng_trend_plateau_peak_decrease"}


def chart(*arguments, piped=None):
    return CliRunner().invoke(app, ["chart", *map(str, arguments)], input=piped)


def ask(*cases, profile="nhsr"):
    """The answers to cases, as objects."""
    lines = [case if isinstance(case, bytes) else json.dumps(case).encode() for case in cases]
    return [*answers(lines, profile)]


def close(one, other):
    """The same, but for a number's last digits."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(close, one, other))
    if {type(one), type(other)} <= {int, float}:
        return one == pytest.approx(other, rel=1e-9, abs=1e-13)
    return one == other and type(one) is type(other)


# Cases


def test_every_golden_series_is_answered_to_the_letter():
    result = chart("--jsonl", piped=GOLDEN)
    assert result.exit_code == 0
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [answer.pop("id") for answer in found] == [case["id"] for case in CASES]
    for case, answer in zip(CASES, found, strict=True):
        expected = {"expected": case["expected"]} if case["kind"] == "rule" else case["expected"]
        if "error" in answer:
            assert expected["error"] and answer["reason"], case["id"]
        elif case["id"] in MENDED:
            differ = {key for key in expected if not close(expected[key], answer[key])}
            assert differ == {"special_cause_type", "point_type"}
        else:
            assert close(expected, answer), case["id"]


def test_more_cases_than_a_batch_come_back_in_order():
    asked = [SERIES[at % 279] | {"id": at} for at in range(1500)]
    assert [answer["id"] for answer in ask(*asked)] == [*range(1500)]


DAYS = [(date(2023, 1, 1) + timedelta(days=31 * at)).isoformat() for at in range(20)]
VALUES = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4]


def case(dates=DAYS, values=VALUES, **options):
    return {"input": {"dates": dates, "values": values}, "options": options}


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (b'{"input":', "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"input": {"dates": ["2024-01-01"], "values": [1' + b"0" * 5000 + b"]}}", "not JSON"),
        (b"42", "no JSON object"),
        ({}, "no 'input'"),
        ({"input": {"dates": DAYS}}, "no 'values'"),
        ({"kind": "tea"}, "kind"),
        (case(dates="2024"), "no 'dates'"),
        (case(dates=[1] * 20), "not a date"),
        (case(dates=["01/02/2024", *DAYS[1:]]), "not a date"),
        (case(dates=[DAYS[1], *DAYS[1:]]), "more than once"),
        (case(dates=[DAYS[1] + "T00:00", *DAYS[1:]]), "more than once"),
        (case(dates=["2020-01-01T00:00Z", *DAYS[1:]]), "put in order"),
        (case(dates=[], values=[]), "no points"),
        (case(values=VALUES[1:]), "a value for every date"),
        (case(values=["7"] * 20), "not a number"),
        (case(values=[True] * 20), "not a number"),
        (case(values=[[7]] * 20), "not a number"),
        (case(values=[float("inf"), *VALUES[1:]]), "too large"),
        (case(values=[10**400, *VALUES[1:]]), "too large"),
        (case(values=[1, 2, 3, None, 5, 6, 7, *VALUES[7:]]), "A gap hides"),
        (case(values=[None] * 20), "A gap hides"),
        (case(target=[5] * 19 + [6]), "target changes"),
        (case(target="5"), "not a number"),
        (case(target={"a": 5}), "not a number"),
        (case(fix_after_n_points=11), "at least 12"),
        (case(fix_after_n_points="12"), "not a number"),
        (case(rebase=[5]), "not a date"),
        (case(rebase={}), "no 'rebase'"),
        (case(improvement_direction="up"), "improvement_direction"),
        (case(screen_outliers="yes"), "screen_outliers"),
        (case(profile="abc"), "no profile"),
        ({"kind": "rule", "rule": "run_end", "input": {"y": [1]}}, "not what run_end takes"),
        ({"kind": "rule", "rule": "hope", "input": {}}, "no rule"),
        ({"kind": "qic", "input": {"y": [1, 2]}, "options": {"chart": "p"}}, "no 'n'"),
        ({"kind": "qic", "input": {"y": [1, 2], "n": [1]}, "options": {"chart": "u"}}, "alike in shape"),
        ({"kind": "qic", "input": {"y": [1, 2], "n": [1, 2]}, "options": {"chart": "c"}}, "no chart"),
        ({"kind": "qic", "input": {"y": []}, "options": {"chart": "i"}}, "no points"),
        ({"kind": "qic", "input": {"y": [1, 2]}, "options": {"chart": "run", "part": [0]}}, "number of points"),
    ],
)
def test_a_bad_case_is_answered_with_a_reason_and_stops_no_other(asked, reason):
    bad, good = ask(asked, SERIES[0])
    assert bad["error"] is True and reason in bad["reason"] and bad["reason"].endswith(".")
    assert good["id"] == SERIES[0]["id"] and "error" not in good


def test_what_is_left_out_is_as_the_reference_has_it():
    said = case(improvement_direction="increase", target=None, rebase=[], fix_after_n_points=None, screen_outliers=True)
    nulls = case(improvement_direction=None, rebase=None, screen_outliers=None, target=[None] * 20)
    plain, bare = {"input": said["input"]}, said | {"kind": "series"}
    first, *others = ask(said, nulls, plain, bare)
    assert others == [first] * 3 and first["variation_icon"] == "common_cause"


def test_dates_come_back_as_they_were_given_and_a_time_is_told_from_midnight():
    hours = [f"2024-01-01 {hour:02d}:00" for hour in reversed(range(20))]
    (answer,) = ask(case(dates=hours, rebase=["2024-01-01", "2024-01-01T07:00:00"]))
    assert answer["dates"] == hours[::-1]
    assert answer["rebase_group"] == [1] * 7 + [2] * 13


def test_a_nan_is_a_missing_value():
    with_nan, with_null = ask(case(values=[nan, *VALUES[1:]]), case(values=[None, *VALUES[1:]]))
    assert with_nan == with_null and with_nan["relative_to_mean"][0] is None


def test_a_case_names_its_own_profile():
    short = {"dates": DAYS[:12], "values": VALUES[:12]}
    mdc, nhsr = ask({"input": short}, {"input": short, "options": {"profile": "nhsr"}}, profile="mdc")
    assert mdc["variation_icon"] is None and mdc["upl"] == [None] * 12
    assert set(mdc["special_cause_type"]) == {"Common Cause"}
    assert nhsr["variation_icon"] == "common_cause" and nhsr["short_group"] == [True] * 12


def test_output_is_strict_json():
    result = chart(
        "--jsonl", piped=json.dumps(case(values=[5] * 20)) + '\n\n{"input": {"dates": [1], "values": [NaN]}}\n'
    )
    lines = result.stdout.splitlines()
    assert len(lines) == 2 and "NaN" not in result.stdout
    assert json.loads(lines[0])["upl"] == [None] * 20


# Against a second opinion

NUMBERS = st.sampled_from(
    [
        st.integers(0, 12),
        st.integers(0, 3),
        st.integers(-60, 60).map(lambda number: number / 10),
        st.integers(880, 1000).map(lambda number: number / 1000),
        st.integers(0, 40).map(lambda number: 1e12 + number),
        st.integers(-9, 9).map(lambda number: number * 1e-9),
        st.sampled_from([99.9, 0.1, 100]),
        st.just(0.1),
        st.just(99.9),
        st.just(0),
        st.floats(-1e6, 1e6, allow_subnormal=False),
    ]
)
PROFILES = {
    "nhsr": Rules(),
    "mdc": Rules(screens=False, counts_outside=True, passes_over_ties=True, improvement_wins=True, fewest=13),
}
LONG = [(date(2020, 1, 1) + timedelta(days=7 * at)).isoformat() for at in range(60)]
DIRECTIONS = {"increase": 1, "decrease": -1, "neutral": 0}


@st.composite
def questions(draw):
    length = draw(st.integers(1, 45))
    numbers = draw(NUMBERS)
    if draw(st.integers(0, 3)) == 0:
        numbers = st.one_of(numbers, numbers, numbers, st.none())
    values = draw(st.lists(numbers, min_size=length, max_size=length))
    if draw(st.booleans()):
        begin = draw(st.integers(0, length))
        values[begin : begin + 9] = sorted(value for value in values[begin : begin + 9] if value is not None)
        values += [None] * (length - len(values))
    dates = draw(st.permutations(LONG[5 : 5 + length])) if draw(st.booleans()) else LONG[5 : 5 + length]
    target = draw(st.one_of(st.none(), st.sampled_from([value for value in values if value is not None] or [0])))
    return case(
        dates,
        values,
        improvement_direction=draw(st.sampled_from([*DIRECTIONS])),
        target=target,
        rebase=draw(st.lists(st.sampled_from(LONG), max_size=3)),
        fix_after_n_points=draw(st.one_of(st.none(), st.integers(12, length + 13))),
        screen_outliers=draw(st.booleans()),
        profile=draw(st.sampled_from([*PROFILES])),
    )


def second_opinion(asked, **switches):
    options, given = asked["options"], asked["input"]
    rules = PROFILES[options["profile"]]
    switches = {"screens": rules.screens and options["screen_outliers"]} | switches
    return point_by_point.case(
        given["dates"],
        [nan if value is None else float(value) for value in given["values"]],
        DIRECTIONS[options["improvement_direction"]],
        nan if options["target"] is None else options["target"],
        options["rebase"],
        options["fix_after_n_points"],
        Rules(**vars(rules) | switches),
    )


@settings(deadline=None, max_examples=200)
@given(questions())
def test_a_second_opinion_agrees(asked):
    (answer,) = ask(asked)
    try:
        expected = second_opinion(asked)
    except Refused:
        assert "A gap hides" in answer["reason"]
        return
    labels = second_opinion(asked, counts_outside=True)["special_cause_type"]
    if labels != expected["special_cause_type"]:
        expected["special_cause_type_mdc2023"] = labels
    assert close(expected, answer)


# A table in the terminal


@pytest.fixture
def file(tmp_path):
    def write(text, name="series.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def lines_of(values, header="date,value"):
    return "\n".join([header, *(f"{day},{value}" for day, value in zip(LONG, values, strict=False))])


def test_a_chart_shows_limits_rules_verdicts_and_whose_rules_they_are(file):
    path = file("\ufeff" + lines_of([20.5, 22, "", 20.5] * 5 + [2, 3, 4, 5, 6, 7, 8, 40], "Date, Value "))
    shown = chart(path, "--better", "decrease", "--target", 50, "--rebase", "2019-01-01")
    assert shown.exit_code == 0
    assert "NHSRplotthedots 0.2.2" in shown.stdout and "lower is better, target 50" in shown.stdout
    assert "below the limits" in shown.stdout and "above the limits" in shown.stdout and "no value" in shown.stdout
    assert "Variation: concern; the latest point is high" in shown.stdout
    assert "Assurance: pass" in shown.stdout
    assert "No point is dated 2019-01-01" in shown.stdout and "Values are missing" in shown.stdout


def test_a_chart_can_be_piped_in_and_follows_the_other_profile():
    shown = chart("--profile", "mdc", piped=lines_of([3, 1] * 6))
    assert "NHS England Making Data Count" in shown.stdout and "not screened" in shown.stdout
    assert "Variation: not judged" in shown.stdout and "–" in shown.stdout


def test_options_reach_the_chart(file):
    path = file(lines_of([3, 1] * 8 + [9, 1]))
    plain, unscreened = chart(path).stdout, chart(path, "--no-screen").stdout
    rebased = chart(path, "--rebase", f"{LONG[4]},{LONG[9]}").stdout
    fixed = chart(path, "--fix-after", 12).stdout
    assert len({plain, unscreened, rebased, fixed}) == 4
    assert f"From {LONG[9]} there are only 9 points" in rebased
    assert "settled by the first 12 points" in fixed


@pytest.mark.parametrize(
    ("values", "words"),
    [([7] * 14, "no two neighbours differ"), ([0] * 13 + [1], "hardly ever change"), ([1] * 5, "trial limits")],
)
def test_limits_that_mean_little_are_said_to(values, words):
    assert words in chart(piped=lines_of(values)).stdout


@pytest.mark.parametrize(
    ("method", "name"), [("p", "p chart"), ("p_prime", "p′ chart"), ("u", "u chart"), ("u_prime", "u′ chart")]
)
@pytest.mark.parametrize("header", ["date,numerator,denominator", "date,events,n"])
def test_other_methods_stand_beside_xmr_and_say_so(method, name, header):
    shown = chart(
        "--method", method, piped=lines_of(["4,20", "", "4,19"] + ["4,21", "4,22"] * 9 + ["20,20", "0,0"], header)
    )
    assert shown.exit_code == 0
    assert shown.stdout.index("XmR chart") < shown.stdout.index(f"{name}")
    assert "beside it" in shown.stdout and "beyond a limit" in shown.stdout


def test_a_share_is_judged_by_xmr_alone_where_nothing_else_is_asked():
    shown = chart(piped=lines_of(["1,20", "2,20", "3,20"], "date,numerator,denominator"))
    assert "0.0500" in shown.stdout and "beside it" not in shown.stdout


@pytest.mark.parametrize(
    ("text", "arguments", "sentence"),
    [
        ("", [], "first line must name the columns"),
        ("2024-01-01,5", [], "first line must name the columns"),
        ("date,value,Value\n2024-01-01,1,1", [], "names a column twice"),
        ("date,events,n,numerator\n2024-01-01,1,1,1", [], "names a column twice"),
        ("date,value\n", [], "no points"),
        ("date,value\n\n01/02/2024,5", [], "Line 3: '01/02/2024' is not a date"),
        ("date,value\n2024-01-01,95%", [], "Line 2: '95%' is not a number"),
        ("date,value\n2024-01-01,1_000", [], "'1_000' is not a number"),
        ("date,value\n2024-01-01,nan", [], "'nan' is not a number"),
        ("date,value\n2024-01-01,1e999", [], "too large"),
        ("date,value\n2024-01-01,1\n2024-01-01,2", [], "2024-01-01 occurs more than once"),
        ("date,value\n2024-01-01,1", ["--fix-after", 11], "at least 12 points"),
        ("date,value\n2024-01-01,1", ["--rebase", "soon"], "'soon' is not a date"),
        ("date,value\n2024-01-01,1", ["--target", "inf"], "too large"),
        ("date,value\n2024-01-01,1", ["--method", "p_prime"], "needs the columns numerator and denominator"),
        ("date,events,n\n2024-01-01,3,2", ["--method", "p"], "nor more than what they are out of"),
    ],
)
def test_what_cannot_be_charted_is_refused_in_a_sentence(text, arguments, sentence):
    result = chart(*arguments, piped=text)
    assert result.exit_code == 1 and sentence in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_file_that_cannot_be_read_is_said_to_be(tmp_path):
    odd = tmp_path / "odd.csv"
    odd.write_bytes(b"date,value\n2024-01-01,\xa35")
    for path, sentence in ((odd, "not UTF-8"), (tmp_path / "none.csv", "cannot be read"), (tmp_path, "cannot be read")):
        result = chart(path)
        assert result.exit_code == 1 and sentence in result.stderr
