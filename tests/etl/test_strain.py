"""Strain must be found early, with few false alarms, and never with hindsight."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from etl.__main__ import app
from etl.strain import combine, extract, model, null, season, verdict
from etl.strain.arrays import NO_PARENT, Figures
from etl.strain.judgement import Judgement, judge
from tests.benchmarks.strain.simulators import Plant, overdispersed, poisson, rough

STRAIN, EASING = ("likely_strain", "clear_strain"), ("likely_easing", "clear_easing")


def small(seed: int = 1, plant: Plant | None = None) -> Figures:
    return poisson(seed, plant or Plant(0.6), teams=12, months=24).figures


def flat(rate: float = 5.0, teams: int = 6, months: int = 30, indicators: int = 3) -> Figures:
    """Every figure the same in every month."""
    shape = months, indicators, teams
    return Figures(
        np.array([f"indicator {number}" for number in range(indicators)]),
        np.array(["cover"] * indicators),
        np.full(indicators, -1, dtype=np.int8),
        np.array([f"team {number}" for number in range(teams)]),
        np.datetime64("2022-01", "M") + np.arange(months),
        np.full(shape, rate),
        np.full(shape, 100.0),
        np.full((months, teams), NO_PARENT),
    )


def words(said: Judgement) -> list:
    return said.verdict.tolist()


# Small cases


def test_what_never_changes_is_steady():
    said = judge(flat())
    assert set(said.verdict[15:].ravel()) == {"steady"} and set(said.verdict[:8].ravel()) == {"not_clear"}


def test_zero_for_ever_is_steady_too():
    assert set(judge(flat(rate=0.0)).verdict[15:].ravel()) == {"steady"}


def test_one_team_that_doubles_is_under_strain_since_then_and_because_of_that():
    figures = flat()
    figures.numerator[20:, 1, 2] *= 2
    said = judge(figures)
    assert set(said.verdict[23:, 2]) <= set(STRAIN) and set(np.delete(said.verdict[15:], 2, axis=1).ravel()) == {
        "steady"
    }
    assert set(said.since[23:, 2]) == {20}
    assert said.because[23:, 1, 2].all() and said.because.sum() == said.because[:, 1, 2].sum()


def test_a_month_that_all_share_is_nobodys_strain_and_is_told():
    figures = flat()
    figures.numerator[20] *= 1.5
    said = judge(figures)
    assert set(said.verdict[15:].ravel()) == {"steady"}
    assert said.organisation.shared[20] == pytest.approx([1.5] * 3, rel=0.02)
    assert said.organisation.shared[19] == pytest.approx([1] * 3, rel=0.02)


def test_season_is_told_from_what_is_new():
    winters = np.exp(0.2 * np.cos(2 * np.pi * np.arange(48) / 12))[:, None]
    wobble = np.exp(0.01 * np.random.default_rng(1).standard_normal((48, 1)))
    wobble[45] *= 1.3
    told = season.organisation(winters * wobble, np.full((48, 1), 9), np.zeros(1, dtype=bool))
    assert told.season[36:, 0] == pytest.approx(winters[36:, 0], rel=0.05)
    assert np.flatnonzero(told.moved).tolist() == [45] and told.moved[45, 0] == 1


def test_a_team_without_figures_is_not_clear():
    figures = small()
    figures.numerator[:, :, 3] = np.nan
    assert set(judge(figures).verdict[:, 3]) == {"not_clear"}


def test_a_month_without_figures_is_not_clear_and_what_was_said_waits():
    figures = flat()
    figures.numerator[20:, :, 2] *= 2
    figures.numerator[25, :, 2] = np.nan
    said = judge(figures)
    assert said.verdict[25, 2] == "not_clear" and said.verdict[26, 2] in STRAIN and said.since[26, 2] == 20


def test_a_young_team_is_not_clear():
    figures = small()
    figures.numerator[:18, :, 3] = np.nan
    assert set(judge(figures).verdict[:, 3]) == {"not_clear"}


def test_no_indicator_that_is_better_neither_way_counts():
    figures = small()
    neither = replace(figures, better=np.where(figures.families == "cover", 0, figures.better).astype(np.int8))
    without = figures.families != "cover"
    fewer = replace(
        figures,
        indicators=figures.indicators[without],
        families=figures.families[without],
        better=figures.better[without],
        numerator=figures.numerator[:, without],
        denominator=figures.denominator[:, without],
    )
    assert words(judge(neither)) == words(judge(fewer))


def test_nothing_to_judge_is_not_clear():
    figures = flat()
    assert set(judge(replace(figures, better=np.zeros(3, dtype=np.int8))).verdict.ravel()) == {"not_clear"}


def test_a_unit_above_is_judged_but_is_no_team():
    figures = flat(teams=7)
    figures.parent[:, :6] = 6
    figures.numerator[20:, :, 6] *= 2
    said = judge(figures)
    assert not figures.teams[:, 6].any() and figures.teams[:, :6].all()
    assert set(said.verdict[24:, 6]) <= set(STRAIN) and set(said.verdict[15:, :6].ravel()) == {"steady"}


def test_alarms_keep_within_both_budgets():
    chances = np.array([0.0001, 0.004, 0.006, 0.5, np.nan] + [0.7] * 95)
    assert np.flatnonzero(verdict.alarms(chances, 0.005, 0.10)).tolist() == [0]
    assert np.flatnonzero(verdict.alarms(chances[:20], 0.005, 0.10)).tolist() == [0, 1]
    assert not verdict.alarms(np.full(3, np.nan), 0.005, 0.10).any()


def test_evidence_of_one_family_is_its_own_score():
    scores = np.array([[-1.0, 0.5, 2.0, 3.0]])
    assert combine.evidence(scores, np.ones((1, 4)))[1:] == pytest.approx([0.5, 2, 3], abs=1e-6)


def test_the_empirical_null_is_learned_from_the_middle():
    quiet = null.Null(1)
    scores = np.random.default_rng(1).normal(0.2, 1.3, (1, 20_000))
    scores[:, :2000] = 6
    quiet.learn(scores)
    again = quiet.standardised(np.random.default_rng(2).normal(0.2, 1.3, (1, 20_000)))
    assert again.mean() == pytest.approx(0, abs=0.05) and again.std() == pytest.approx(1, abs=0.06)


def test_chance_goes_as_far_down_as_up():
    """Of counts about 4 to 12, as of many whose rate wobbles, one in a thousand lies beyond 3.09 on either side."""
    rng = np.random.default_rng(1)
    few, many = rng.uniform(4, 12, 400_000), rng.uniform(80, 120, 400_000)
    counts, wobbling = (
        rng.poisson(few).astype(float),
        rng.poisson(many * rng.gamma(25, 1 / 25, many.size)).astype(float),
    )
    for far in (model.deviate(counts, few, few, few), model.deviate(wobbling, many, many + many**2 / 25, many)):
        assert far.mean() == pytest.approx(0, abs=0.01) and far.std() == pytest.approx(1, abs=0.01)
        assert [(far > 3.09).mean(), (far < -3.09).mean()] == pytest.approx([0.001, 0.001], abs=0.0003)


def test_each_side_has_a_null_of_its_own_and_none_is_narrower_than_theory():
    both = null.Null(2, **null.TOGETHER)
    rng = np.random.default_rng(1)
    both.learn(null.mirrored(np.array([rng.normal(0, 0.7, 20_000), rng.normal(0, 1.5, 20_000)])))
    assert both.standardised(np.full((2, 1), 3.0))[:, 0] == pytest.approx([3, 2], abs=0.1)


# What must hold of any figures


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 1000), last=st.integers(12, 22))
def test_nothing_later_changes_a_verdict(seed, last):
    figures = rough(seed, Plant(0.6), teams=12, months=24).figures
    cut = replace(
        figures,
        months=figures.months[:last],
        numerator=figures.numerator[:last],
        denominator=figures.denominator[:last],
        parent=figures.parent[:last],
    )
    whole, early = judge(figures), judge(cut)
    assert words(early) == whole.verdict[:last].tolist() and (early.since == whole.since[:last]).all()
    assert (early.because == whole.because[:last]).all()


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 1000), order=st.randoms(use_true_random=False))
def test_the_order_of_teams_and_indicators_changes_nothing(seed, order):
    figures = small(seed)
    teams, indicators = list(range(12)), list(range(9))
    order.shuffle(teams)
    order.shuffle(indicators)
    mixed = replace(
        figures,
        indicators=figures.indicators[indicators],
        families=figures.families[indicators],
        better=figures.better[indicators],
        units=figures.units[teams],
        numerator=figures.numerator[:, indicators][:, :, teams],
        denominator=figures.denominator[:, indicators][:, :, teams],
    )
    one, other = judge(figures), judge(mixed)
    assert one.verdict[:, teams].tolist() == words(other)
    assert (one.because[:, indicators][:, :, teams] == other.because).all()


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 1000), times=st.sampled_from([0.25, 60.0, 1024.0]))
def test_the_unit_of_hours_changes_nothing(seed, times):
    figures = small(seed)
    hours = np.where(np.isin(figures.indicators, ["agency", "fill_rate"]), times, 1)[None, :, None]
    scaled = replace(figures, numerator=figures.numerator * hours, denominator=figures.denominator * hours)
    assert words(judge(figures)) == words(judge(scaled))


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 1000))
def test_what_a_sum_of_fractions_leaves_of_nothing_is_nothing(seed):
    """Two machines that add in another order must not say another thing: 1e-15 vacancies are none, and so is -1e-15."""
    figures, drawn = small(seed), np.random.default_rng(seed)
    for number, exact in ((0, 0.0), (1, figures.denominator[:, 1])):
        figures.numerator[:, number] = np.where(
            drawn.random((24, 12)) < 0.8,
            exact,
            np.clip(figures.numerator[:, number], 0, figures.denominator[:, number]),
        )
    added = 1e-14 * figures.denominator * drawn.standard_normal(figures.numerator.shape)
    one, other = judge(figures), judge(replace(figures, numerator=figures.numerator + added))
    assert words(one) == words(other)
    assert np.allclose(one.strain, other.strain, rtol=0, atol=1e-6, equal_nan=True)


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 1000))
def test_turning_better_round_turns_strain_into_easing(seed):
    figures = small(seed)
    turned = judge(replace(figures, better=-figures.better)).verdict
    swapped = [np.char.replace(turned, one, other) for one, other in (("strain", "easing"), ("easing", "strain"))]
    assert words(judge(figures)) == np.where(np.char.find(turned, "strain") >= 0, *swapped).tolist()


def test_echoes_of_an_indicator_add_no_strain():
    apart, sooner, alarms = [], 0, np.zeros(2, dtype=int)
    for seed in range(4):  # together: of one organisation by itself, chance may now and then say otherwise
        figures = overdispersed(seed, Plant(), teams=30, months=24).figures
        five = [0, 0, 0, 0, 0, *range(1, 9)]
        echoed = replace(
            figures,
            indicators=np.array([f"{number}" for number in range(len(five))]),
            families=figures.families[five],
            better=figures.better[five],
            numerator=figures.numerator[:, five],
            denominator=figures.denominator[:, five],
        )
        once, often = judge(figures), judge(echoed)
        apart.append(np.abs(np.maximum(once.strain, 0) - np.maximum(often.strain, 0))[14:])
        sooner += (np.isin(often.verdict, STRAIN) & (once.verdict == "steady")).sum()
        alarms += [np.isin(said.verdict, STRAIN).sum() for said in (once, often)]
    assert np.median(apart) < 0.1 and np.quantile(apart, 0.99) < 1  # standard deviations
    assert sooner == 0 and alarms[1] <= alarms[0] + 2


def test_most_strain_is_found_early_and_little_else():
    truth = poisson(3, Plant(0.35), teams=100)
    said = np.isin(judge(truth.figures).verdict, STRAIN)
    struck = np.flatnonzero(truth.onset < len(said))
    early = [said[truth.onset[unit] : truth.onset[unit] + 4, unit].any() for unit in struck]
    quiet = np.arange(len(said))[:, None] < truth.onset
    assert np.mean(early) >= 0.8 and said[quiet].mean() <= 0.01


def test_easing_is_found_as_strain_is():
    truth = poisson(4, Plant(-0.35), teams=100)
    said = np.isin(judge(truth.figures).verdict, EASING)
    struck = np.flatnonzero(truth.onset < len(said))
    early = [said[truth.onset[unit] : truth.onset[unit] + 4, unit].any() for unit in struck]
    quiet = np.arange(len(said))[:, None] < truth.onset
    assert np.mean(early) >= 0.8 and said[quiet].mean() <= 0.01


def test_quiet_teams_are_said_to_ease_no_oftener_than_to_be_under_strain():
    said = np.array([judge(poisson(seed, Plant(), teams=40).figures).verdict[12:] for seed in range(8)])
    assert np.isin(said, EASING).mean() <= 0.005 and np.isin(said, STRAIN).mean() <= 0.005


# The verb

HEAD = "indicator,family,better,unit,parent,month,numerator,denominator,people\n"


def run(text: str | bytes):
    return CliRunner().invoke(app, ["strain", "-"], input=text)


def lines(months: int = 24, change: int = 18) -> str:
    return HEAD + "".join(
        f"{name},cover,lower,{unit},trust,{2022 + month // 12}-{month % 12 + 1:02},"
        f"{10 + month % 2 + 15 * (unit == 'c' and month >= change)},100,30\n"
        for name in ("unfilled", "agency")
        for unit in "abcdef"
        for month in range(months)
    )


def test_the_verb_answers_every_unit_and_month_as_the_file_writes_them():
    said = run(lines())
    rows = [line.replace('"', "").split(",") for line in said.stdout.splitlines()]
    assert rows[0] == ["unit", "month", "verdict", "since", "because"] and len(rows) == 1 + 6 * 24
    last = {row[0]: row[1:] for row in rows if row[1] == "2023-12"}
    assert last["c"] == ["2023-12", "clear_strain", "2023-07", "agency; unfilled"]
    assert {last[unit][1] for unit in "abdef"} == {"steady"} and last["a"][3] == ""


def test_the_verb_takes_blanks_extra_columns_and_any_order():
    head, *body = lines().splitlines()
    moved = [",".join(["x", *reversed(line.split(","))]) for line in (head, *body)]
    blank = [line.replace(",trust,", ",,").removesuffix("30") for line in body]
    assert run("\n".join(moved)).stdout == run("\n".join([head, *blank])).stdout == run(lines()).stdout


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1: the heading 'indicator' is missing"),
        (HEAD, "has no lines below its headings"),
        (HEAD.replace("better", "best"), "line 1: the heading 'better' is missing"),
        (
            HEAD + "a,f,lower,u,,2022-01,1,2,3\na,f,lower,u,,2022-02,one,2,3\n",
            "line 3: numerator is 'one'; expected a number",
        ),
        (HEAD + "a,f,lower,u,,2022-13,1,2,3\n", "line 2: month is '2022-13'; expected one such as 2026-03-01"),
        (HEAD + "a,f,lower,u,,,1,2,3\n", "line 2: month is blank"),
        (HEAD + "a,f,lower,,,2022-01,1,2,3\n", "line 2: unit is blank; expected a name"),
        (HEAD + "a,f,down,u,,2022-01,1,2,3\n", "line 2: better is 'down'; expected lower, higher or neither"),
        (HEAD + "a,f,lower,u,,2022-01,1,2,3\na,f,lower,u,,2022-01,1,2,3\n", "line 3: this indicator, unit and month"),
        (HEAD + "a,f,lower,u,,2022-01,1,2,3\na,g,lower,u,,2022-02,1,2,3\n", "line 3: family is not what it is on"),
        (HEAD + "a,f,lower,u,,2022-01,1,2\n", "line 2: 8 cells; expected 9"),
        (HEAD + "a,f,lower,u,,2022-01,inf,2,3\n", "line 2: the number has no end"),
        (b"\xff\xfe" + HEAD.encode(), "is not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(text, sentence):
    said = run(text)
    assert said.exit_code == 1 and sentence in " ".join(said.stderr.split()) and said.stdout == ""


def test_a_file_that_is_not_there_is_said(tmp_path):
    said = CliRunner().invoke(app, ["strain", str(tmp_path / "none.csv")])
    assert said.exit_code == 1 and "cannot be read" in said.stderr


def test_a_blank_numerator_or_an_empty_denominator_is_no_data(tmp_path):
    (tmp_path / "figures.csv").write_text(
        HEAD + "a,f,lower,u,,2022-01,,2,3\na,f,lower,u,,2022-02,1,0,\na,f,lower,u,,2022-03,0,5,\n"
    )
    figures, written = extract.read(tmp_path / "figures.csv")
    assert figures.numerator.ravel().tolist()[2] == 0 and np.isnan(figures.numerator[:2]).all()
    out = BytesIO()
    said = judge(figures)
    extract.write(figures, written, said.verdict, said.since, said.because, out)
    assert len(out.getvalue().splitlines()) == 4
