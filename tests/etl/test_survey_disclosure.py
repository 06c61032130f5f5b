"""What the scores of a survey tell of how many people agree: never to fewer than five. Proved by trying every way to answer."""

from types import SimpleNamespace

import numpy as np
import pytest

from etl.config.settings import DisclosureRules
from etl.disclosure import rounding, scores
from etl.disclosure.figures import Figures
from etl.disclosure.rows import NOWHERE, Rows
from etl.survey import scoring

RULES = DisclosureRules()
FEWEST, MOST = 15, 10  # steps of 2.5 points that must lie below a score's sum, and above it


def every_way_to_answer(sheets: int):
    """For each number of people who agree (7.5 or 10), what the answers can add up to and their squares, in steps: every way in
    which so many people can answer on five points, and none twice."""
    for agree in range(sheets + 1):
        strongly = np.arange(agree + 1)[:, None]
        neither, little = np.meshgrid(*[np.arange(sheets - agree + 1)] * 2)
        possible = neither + little <= sheets - agree
        neither, little = neither[possible][None, :], little[possible][None, :]
        steps = 3 * agree + strongly + 2 * neither + little
        squares = 9 * agree + 7 * strongly + 4 * neither + little
        yield agree, steps.ravel(), squares.ravel()


def kinds(sheets: int, fewest=0.0, most=None) -> np.ndarray:
    """Every sum of `steps` that such a score may have and be shown, as spreads_to_tell takes it."""
    steps = np.arange(FEWEST, 4 * sheets - MOST + 1)
    ends = np.broadcast_to(fewest, steps.shape), np.broadcast_to(sheets if most is None else most, steps.shape)
    return np.stack([np.full(len(steps), sheets), steps, *ends], axis=1).astype(float)


def range_told(told_at: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """The number of the spread that is told, of answers whose own is `spread`; past the last: the most there can be."""
    reaches = np.concatenate(
        [told_at & (spread[:, None] <= scores.SPREADS + 1e-9), np.ones((len(spread), 1), bool)], axis=1
    )
    return np.argmax(reaches, axis=1)


def in_doubt(sheets: int, told_step: float | None = None) -> np.ndarray:
    """Over everything that can be told of so many sheets (what they add up to without rounding, the range, and the step in
    which the share that agrees lies, if that is told): the most less the fewest people who may agree."""
    all_kinds = kinds(sheets)
    step = np.full(len(all_kinds), np.nan)
    if told_step is not None:
        points = all_kinds[:, 1] * scores.ANSWER_STEP
        step = scores.agreement_step(points, all_kinds[:, 0], RULES.leaver_step, RULES.min_num)
    tables = {}
    fewest, most = {}, {}
    for agree, steps, squares in every_way_to_answer(sheets):
        shown = (steps >= FEWEST) & (4 * sheets - steps >= MOST)
        steps, squares = steps[shown], squares[shown]
        if not len(steps):
            continue
        at = steps - FEWEST
        band = np.zeros(len(steps), int)
        known = ~np.isnan(step[at])
        share = rounding.agreement(np.full(known.sum(), 100 * agree / sheets), step[at][known])
        band[known] = np.floor(share / step[at][known]).astype(int) + 1
        spread = scores.ANSWER_STEP * np.sqrt(np.maximum(squares - steps**2 / sheets, 0) / (sheets - 1))
        for each in np.unique(band):
            mine = band == each
            if each not in tables:
                low = np.nan_to_num((each - 1) * step * sheets / 100) if each else np.zeros(len(step))
                high = np.where(np.isnan(step) | (each == 0), sheets, each * step * sheets / 100)
                high = np.where(high >= sheets - 1e-6, sheets, high - 1e-6)
                of_band = all_kinds.copy()
                of_band[:, 2], of_band[:, 3] = low, high
                tables[each] = scores.spreads_to_tell(of_band.round(6), RULES.min_num)
                fewest[each] = np.full((len(step), len(scores.SPREADS) + 1), sheets + 1)
                most[each] = np.full((len(step), len(scores.SPREADS) + 1), -1)
            told = range_told(tables[each][at[mine]], spread[mine])
            np.minimum.at(fewest[each], (at[mine], told), agree)
            np.maximum.at(most[each], (at[mine], told), agree)
    return np.concatenate([(most[each] - fewest[each])[most[each] >= 0] for each in tables])


def test_whatever_people_answer_score_and_range_leave_five_of_them_in_doubt():
    """Every way in which 11 to 60 people can answer an item of five points: 8,256,885."""
    fewest = {sheets: in_doubt(sheets).min() for sheets in range(11, 61)}
    assert min(fewest.values()) >= RULES.min_num, fewest


@pytest.mark.parametrize("sheets", [20, 27, 34, 41, 50, 60])
def test_so_they_do_together_with_the_share_that_agrees(sheets):
    told = in_doubt(sheets, told_step=10)
    assert told.min() >= RULES.min_num


def test_the_rule_before_told_who_agrees():
    """What this test would find: with ranges to a tenth about the sheets' own spread, some answers are known one by one."""
    sheets, worst = 12, 99
    fewest, most = {}, {}
    for agree, steps, squares in every_way_to_answer(sheets):
        spread = 2.5 * np.sqrt(np.maximum(squares - steps**2 / sheets, 0) / (sheets - 1))
        half = np.round(rounding.half_range(scoring.half_of_interval(np.full(len(steps), sheets), spread)) * 10).astype(
            int
        )
        for at in set(zip(steps.tolist(), half.tolist(), strict=True)):
            fewest[at], most[at] = min(agree, fewest.get(at, agree)), max(agree, most.get(at, agree))
    worst = min(most[at] - fewest[at] for at in most)
    assert worst == 0


def two_items(sheets: int) -> dict[tuple[int, int], set[int]]:
    """What two items that every sheet answers can add up to (half steps), and their squares: which numbers of answers agree."""
    sheet = {}
    for one in range(5):
        for other in range(one, 5):
            sheet.setdefault(one + other, set()).add((one >= 3) + (other >= 3))
    ways = {(0, 0): 1}  # a bit for each number of answers that agree
    for _ in range(sheets):
        more: dict[tuple[int, int], int] = {}
        for (steps, squares), agree in ways.items():
            for half, counts in sheet.items():
                at = steps + half, squares + half * half
                for count in counts:
                    more[at] = more.get(at, 0) | agree << count
        ways = more
    return ways


def test_several_answers_to_a_score_leave_more_in_doubt_not_less():
    """Every way in which eleven people can answer two items: half steps, and answers that agree by halves of a person."""
    sheets, cells = 11, {}
    for (halves, squares), agree in two_items(sheets).items():
        if halves / 2 >= FEWEST and 4 * sheets - halves / 2 >= MOST:
            cells[halves, squares] = agree
    at = np.array(list(cells), float)
    points, spread = at[:, 0] * 1.25, 1.25 * np.sqrt(np.maximum(at[:, 1] - at[:, 0] ** 2 / sheets, 0) / (sheets - 1))
    n = np.full(len(at), float(sheets))
    told = scores.spreads_told(spread, points, n, 0 * n, n, RULES.min_num)
    known: dict[tuple, int] = {}
    for halves, range_, agree in zip(at[:, 0], told, cells.values(), strict=True):
        known[halves, range_] = known.get((halves, range_), 0) | agree
    doubt = [(each.bit_length() - 1 - ((each & -each).bit_length() - 1)) / 2 for each in known.values()]
    assert min(doubt) >= RULES.min_num


# ---- the rule ------------------------------------------------------------------------------------------------------


def score(sheets: float, mean: float) -> scores.Score:
    one = np.array([[float(sheets)]])
    return scores.Score.of(one, one * mean, one)


@pytest.mark.parametrize(
    ("sheets", "mean", "unsafe"),
    [
        (12, 10.0, True), (12, 8.0, True), (12, 7.9, False), (12, 3.2, False), (12, 3.1, True), (12, 0.0, True),
        (100, 10.0, True), (100, 9.8, True), (100, 9.7, False), (100, 0.3, True), (100, 0.4, False),
    ],
)  # fmt: skip
def test_a_score_near_an_end_of_its_scale_is_no_score_to_tell(sheets, mean, unsafe):
    assert score(sheets, mean).unsafe(RULES.min_num).tolist() == [[unsafe]]


@pytest.mark.parametrize(
    ("points", "scale"),
    [
        ((0, 2.5, 5, 7.5, 10), scores.FIVE_POINTS), ((0, 10), (0, 0, 4, 4)), ((0, 5, 10), (0, 2, 4, 4)),
        ((0, 2.5, 7.5, 10), (0, 1, 3, 4)), ((0, 5), (0, 0, 2, 2)), ((7.5, 10), (3, 3, 4, 4)),
    ],
)  # fmt: skip
def test_a_scale_is_what_a_questionnaire_offers(points, scale):
    assert scores.scale_of(points) == scale


@pytest.mark.parametrize("points", [(0, 10), (0, 5, 10), (0, 2.5, 7.5, 10), (2.5, 5, 7.5)])
def test_the_fewer_answers_are_offered_the_more_a_mean_tells(points):
    """Every way to answer a shorter scale: of what is shown, how many agree is left open, or is safe to know."""
    some = False
    scale, steps = scores.scale_of(points), np.array(points) / scores.ANSWER_STEP
    for sheets in (11, 16, 23):
        counts = np.stack(np.meshgrid(*[np.arange(sheets + 1)] * (len(points) - 1), indexing="ij"), -1)
        counts = counts.reshape(-1, len(points) - 1)
        counts = counts[counts.sum(axis=1) <= sheets]
        counts = np.column_stack([counts, sheets - counts.sum(axis=1)])
        total, agree = counts @ steps, counts[:, steps >= scale[2]].sum(axis=1)
        n = np.full(len(total), float(sheets))
        spread = scores.ANSWER_STEP * np.sqrt(np.maximum(counts @ steps**2 - total**2 / sheets, 0) / (sheets - 1))
        told = scores.spreads_told(spread, total * scores.ANSWER_STEP, n, 0 * n, n, RULES.min_num, scale)
        shown = ~scores.Score.of(n, total * scores.ANSWER_STEP, n, scale).unsafe(RULES.min_num)
        known: dict[tuple, list[int]] = {}
        for at in zip(total[shown], told[shown], agree[shown], strict=True):
            known.setdefault(at[:2], []).append(at[2])
        some |= bool(known)
        for each in known.values():
            safe = min(each) >= RULES.min_num and sheets - max(each) >= RULES.min_num
            assert safe or max(each) - min(each) >= RULES.min_num, (sheets, min(each), max(each))
    assert some


def test_a_score_of_few_people_and_one_of_nobody_are_unsafe_as_figures_too():
    header = SimpleNamespace(family="kindness", unit="of 10", scale=1, disclosure="A", refresh="wave")
    people, none = np.full((1, 1), 12.0), np.zeros((1, 1))
    for mean, unsafe in ((10.0, True), (7.0, False), (0.0, True)):
        figures = Figures(header, people * mean, people, people, people, none, none, none + np.inf)
        assert figures.sensitive.unsafe(RULES.min_num).tolist() == [[unsafe]]


def test_what_the_sums_tell_of_is_found():
    """Two scores are hidden and the sum of all is shown: near its top it tells of both."""
    parent = np.array([[3], [3], [3], [NOWHERE]], dtype=np.int32)
    names = np.array(["a", "b", "c", "all"], dtype=object)
    level = np.array(["team", "team", "team", "organisation"], dtype=object)
    rows = Rows(names, names, level, np.array(["2026-03"], "datetime64[M]"), parent, np.array([0, 0, 0, 1]))
    people = np.array([[12.0], [12], [30], [54]])

    def fallen(*means: float) -> list[bool]:
        points = people[:3] * np.array(means)[:, None]
        points = np.concatenate([points, points.sum(axis=0, keepdims=True)])
        each = scores.Score.of(people, points, people)
        shown = np.array([[False], [False], [True], [True]])
        return each.given_away(rows, shown, RULES)[:, 0].tolist()

    assert fallen(9.0, 6.0, 6.0) == [False] * 4
    assert fallen(9.9, 9.8, 6.0) == [True, True, False, False]
    assert fallen(0.2, 0.1, 6.0) == [True, True, False, False]


# ---- what is told --------------------------------------------------------------------------------------------------


def test_a_range_holds_the_one_about_the_exact_score():
    """Whatever people answer: told about the rounded mean, from a rounded spread, and no narrower than it should be."""
    random = np.random.default_rng(3)
    for sheets in (11, 14, 22, 40, 150):
        answers = 2.5 * random.binomial(4, random.uniform(0.3, 0.7, (400, 1)), (400, sheets))
        answers = np.where(random.random((400, sheets)) < 0.3, 2.5 * random.integers(0, 5, (400, sheets)), answers)
        n = np.full(400, float(sheets))
        exact = scoring.means(answers.sum(axis=1), (answers**2).sum(axis=1), n)
        told = scores.spreads_told(np.sqrt(exact.variance), answers.sum(axis=1), n, 0 * n, n, RULES.min_num)
        assert (told >= np.sqrt(exact.variance) - 1e-9).all()
        low, high = scoring.around(np.round(exact.mean, 1), rounding.half_range(scoring.half_of_interval(n, told)))
        assert (low <= exact.low + 1e-9).all() and (high >= exact.high - 1e-9).all()


def test_how_coarse_a_range_is_follows_from_what_everybody_knows():
    """Two teams with the same sheets and sum are told at the same places, whatever they answered; each at the next above it."""
    n, points = np.full(2, 25.0), np.full(2, 25 * 6.5)
    own = np.array([1.6, 2.4])
    told = scores.spreads_told(own, points, n, 0 * n, n, RULES.min_num)
    at = scores.SPREADS[scores.spreads_to_tell(np.array([[25.0, 65, 0, 25]]), RULES.min_num)[0]]
    assert told.tolist() == [at[at >= each].min() for each in own]


def test_a_share_that_agrees_is_told_in_steps_of_ten_people_that_fit_its_score():
    def step(sheets: float, mean: float) -> float:
        return float(scores.agreement_step(np.array([sheets * mean]), np.array([sheets]), 10, 5)[0])

    assert np.isnan(step(15.0, 6.0))  # ten people are two thirds of them
    assert step(30.0, 5.5) == 50
    assert np.isnan(step(30.0, 6.8))  # with the score, "under half" would leave three people in doubt
    assert step(1000.0, 5.97) == 1
    assert step(1000.0, 6.0) == 50  # at most 800 of them can agree: exactly those would be a step of their own
    assert rounding.agreement(np.array([0.0, 49.9, 50, 100]), np.array([50.0] * 4)).tolist() == [25, 25, 75, 75]


def test_steps_that_meet_along_a_sum_are_not_told():
    """All three teams at the lower end of their steps, and their sum at the upper end of its own: then all would be known."""
    parent = np.array([[3], [3], [3], [NOWHERE]], dtype=np.int32)
    names = np.array(["a", "b", "c", "all"], dtype=object)
    level = np.array(["team", "team", "team", "organisation"], dtype=object)
    rows = Rows(names, names, level, np.array(["2026-03"], "datetime64[M]"), parent, np.array([0, 0, 0, 1]))
    people = np.array([[40.0], [40], [40], [120]])
    low, told = np.array([[20.0], [20], [20], [48]]), np.ones((4, 1), bool)
    without = (0 * people, people)

    def withdrawn(high_of_all: float, fixed=None) -> list[bool]:
        high = np.array([[40.0], [40], [40], [high_of_all]])
        fixed = np.zeros((4, 1), bool) if fixed is None else fixed
        return scores.to_withdraw(rows, low, high, without, told, ~told, fixed, people, RULES.min_num)[:, 0].tolist()

    assert withdrawn(72.0) == [False] * 4
    assert withdrawn(60.0)[3]
    assert not any(withdrawn(60.0, fixed=told))  # what was told before stays told
