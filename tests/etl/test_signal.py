"""What a signal says of a stretch of months must be true of every month in it."""

import numpy as np

from etl.spc.step import side_since
from tests.conftest import sickness, sickness_row


def test_a_stretch_on_one_side_is_bridged_over_a_gap_and_ended_by_the_mean():
    side = np.array([[1, 1, 0, 1, 0, 1, -1, -1]], dtype=np.int8)
    present = np.array([[True, True, False, True, True, True, True, True]])
    segments = np.zeros(side.shape, dtype=np.int32)
    assert side_since(side, present, segments).tolist() == [[0, 0, 0, 0, 4, 5, 6, 6]]


def test_a_re_base_ends_a_stretch():
    side, segments = np.ones((1, 4), dtype=np.int8), np.array([[0, 0, 1, 1]], dtype=np.int32)
    assert side_since(side, side > 0, segments).tolist() == [[0, 0, 2, 2]]


def months(*lost: float) -> str:
    dates = [f"28/{number % 12 + 1:02}/{2020 + number // 12}" for number in range(len(lost))]
    return sickness(*(sickness_row("ABC", n, 1000, date) for n, date in zip(lost, dates, strict=True)))


def signals(engine, *lost: float) -> list[tuple]:
    engine.drop("sickness_return.csv", months(*lost))
    engine.run("build")
    return engine.ask(
        "SELECT rule, verdict, moved, since::VARCHAR, months, one_side, limits FROM mart.signal WHERE unit = 'ABC' ORDER BY month"
    )


def test_a_change_is_dated_and_counted(engine):
    found = signals(engine, *[50, 52] * 8, *[70] * 8)
    assert found[-1] == ("outside", "concern", "up", "2021-05-01", 8, True, "given")


def test_under_thirteen_months_nothing_is_judged(engine):
    found = signals(engine, *[50, 52] * 6)
    assert {row[1] for row in found} == {"not_judged"} and {row[-1] for row in found} == {"short"}


def test_a_constant_series_is_never_a_signal(engine):
    found = signals(engine, *[49.9] * 20)
    assert {row[1] for row in found} == {"common_cause"} and {row[-1] for row in found} == {"constant"}


def test_limits_without_width_are_refused(engine):
    found = signals(engine, *[50] * 19, 60)
    assert {row[1] for row in found} == {"not_judged"} and {row[-1] for row in found} == {"rarely_changes"}
