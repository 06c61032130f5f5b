"""Which month of an indicator is its latest, and what led to it."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.parts.drawing import markup, words
from pages.parts.release.latest import latest
from tests.app.conftest import read

MONTHS = [dt.date(2022 + i // 12, i % 12 + 1, 1) for i in range(50)]  # to February 2026
MONTHLY = {"indicator": "a", "settled_to": dt.date(2026, 1, 31), "refresh": "monthly"}
QUARTERLY = MONTHLY | {"refresh": "quarterly"}


def row(month: dt.date, **more) -> dict:
    told = dict.fromkeys(
        (
            "low", "high", "mean", "lower", "upper", "segment", "target", "rule", "moved", "verdict", "since", "months",
            "one_side", "assurance", "limits",
        )
    )  # fmt: skip
    known = {"indicator": "a", "unit": "u", "month": month, "value": 1.0, "shown": "yes", "settled": True}
    return told | known | more


def one(rows: list[dict], about: dict = MONTHLY, month: dt.date | None = None) -> dict:
    [found] = latest(rows, [about], ["a"], ["u"], month)
    return found


def test_what_is_renewed_by_quarter_counts_once_the_quarter_is_over():
    for month in MONTHS[2:]:
        found = one([row(each) for each in MONTHS], QUARTERLY, month)["month"]
        assert found.month % 3 == 0 and found <= month < found + dt.timedelta(days=93)


def test_a_unit_may_settle_later_than_the_indicator_or_earlier():
    assert one([row(each, settled=each < MONTHS[-2]) for each in MONTHS])["month"] == MONTHS[-3]
    assert one([row(each) for each in MONTHS])["month"] == MONTHS[-1]
    assert one([row(each, settled=False) for each in MONTHS])["month"] == dt.date(2026, 1, 1)


def test_three_years_led_to_it_and_what_is_not_settled_follows_unless_a_month_is_chosen():
    rows = [row(each, settled=each < MONTHS[-1]) for each in MONTHS]
    points = [point["month"] for point in one(rows)["points"]]
    assert points == MONTHS[-37:] and points[-2] == one(rows)["month"]
    assert [point["month"] for point in one(rows, month=MONTHS[40])["points"]] == MONTHS[5:41]


@pytest.mark.parametrize(
    ("rows", "shown"),
    [([], "not_collected"), ([row(MONTHS[3], shown="not_collected")], "not_collected"), ([row(MONTHS[3])], "no_data")],
)
def test_missing_is_told_apart(rows, shown):
    found = one(rows, month=MONTHS[20])
    assert (found["shown"], found["value"], found["verdict"]) == (shown, None, "not_judged")
    assert found["last_shown"] == (MONTHS[3] if shown == "no_data" else None)


def test_an_indicator_that_is_not_known_says_nothing():
    assert latest([row(MONTHS[0])], [MONTHLY], ["b"], ["u"], None) == []


@given(st.text(alphabet=st.characters(exclude_categories=("C",)), max_size=40))
def test_words_from_data_are_read_in_html_as_they_were_written(said):
    drawn = read(markup.prose(f"{words.plain(said)} and **more**")).replace(words.JOINER, "")
    assert drawn.split() == f"{said.replace(words.JOINER, '')} and more".split()
