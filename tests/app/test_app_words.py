"""Words, numbers and small drawings."""

import datetime as dt
import re
import xml.etree.ElementTree as ElementTree

import pytest

from pages.parts import marks, tables, words
from tests.app.conftest import ROOT

BLAMING = re.compile(
    r"\b(worst|best|fail(ing|ed team)|poor|breach|underperform\w*|culprit|absentee|non-compliant)\b", re.I
)
GIVEN = {
    "shown": "yes",
    "settled": True,
    "limits": "given",
    "rule": None,
    "moved": None,
    "since": None,
    "months": None,
    "one_side": None,
}
SINCE = dt.date(2023, 3, 1)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "Within the range that chance explains"),
        ({"rule": "run", "moved": "up", "months": 7, "one_side": True},
         "Seven months in a row above this unit’s own average, since March 2023"),
        ({"rule": "run", "moved": "down", "months": 14, "one_side": True},
         "14 months in a row below this unit’s own average, since March 2023"),
        ({"rule": "run", "moved": "down", "months": 9, "one_side": False},
         "Seven months in a row or more below this unit’s own average; the change has lasted nine months, since March 2023"),
        ({"rule": "trend", "moved": "up", "months": 7, "one_side": False},
         "Seven months in a row or more, each higher than the one before; the change has lasted seven months, since March 2023"),
        ({"rule": "two_of_three", "moved": "down", "months": 1, "one_side": True},
         "Two of three months close to the lower limit"),
        ({"rule": "outside", "moved": "up", "months": 1, "one_side": True},
         "Above the upper limit, outside the range that chance explains"),
        ({"rule": "outside", "moved": "down", "months": 9, "one_side": True},
         "Below the lower limit, and nine months in a row below this unit’s own average, since March 2023"),
        ({"rule": "outside", "moved": "down", "months": 9, "one_side": False},
         "Below the lower limit, outside the range that chance explains; the change has lasted nine months, since March 2023"),
        ({"limits": "short"}, "Fewer than 13 settled months so far, too few to judge"),
        ({"limits": "constant"}, "The same in every month, so there is nothing to judge"),
        ({"limits": "rarely_changes"}, "It changes too rarely for limits to be drawn"),
        ({"limits": None}, "Drawn, not judged"),
        ({"settled": False}, "Not settled yet, so not judged"),
        ({"shown": "protected"}, "Not shown, to protect people"),
    ],
)  # fmt: skip
def test_a_rule_is_read_out_in_words(changed, said):
    assert words.reading(GIVEN | {"since": SINCE} | changed, "division") == said


def test_a_team_has_its_own_average():
    row = GIVEN | {"rule": "run", "moved": "up", "since": SINCE, "months": 8, "one_side": True}
    assert words.reading(row, "team").startswith("Eight months in a row above this team’s own average")


def test_numbers_are_written_one_way():
    assert words.quantity(5.33, "%", 2) == "5.33\u00a0%"
    assert words.figure(-61380.5, 1) == "−61,380.5"
    assert words.places([5.3, 5.33, None]) == 2
    assert words.places([28.0, 30.0]) == 0
    assert words.places([]) == 0
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert words.listed([]) == ""
    assert words.many(1, "row") == "1 row" and words.many(61380, "row") == "61,380 rows"


def test_dates_are_written_one_way():
    assert words.day(dt.date(2026, 10, 31)) == "31 October 2026"
    assert words.moment(dt.datetime(2026, 11, 9, 6, 10)) == "9 November 2026, 06:10 UTC"
    assert words.short_day(None) == "–"


@pytest.mark.parametrize(
    "name",
    [
        "<b>x</b>",
        "**x**",
        "$x$",
        ":red[x]",
        "[x](y)",
        "`x`",
        "# x",
        "a\n\nb",
        "1. x",
        "http://x.y",
        "www.x.y",
        "a@b.cd",
    ],
)
def test_a_name_cannot_be_markup(name):
    safe = words.plain(name)
    assert re.sub(r"\\(.)", r"\1", safe).replace(words.JOINER, "") == " ".join(name.split())
    assert not re.search(r"https?:|www\.|\w@", safe.replace("\\", ""))
    assert not re.search(r"(?<!\\)[<>*$:\[\]()`#_.]", safe)


@pytest.mark.parametrize("path", sorted((ROOT / "pages").rglob("*.py")), ids=lambda path: path.stem)
def test_no_word_on_screen_blames(path):
    assert not BLAMING.search(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("verdict", ["concern", "improvement", "change", "common_cause", "not_judged"])
@pytest.mark.parametrize("moved", ["up", "down", None])
def test_every_sign_is_a_drawing_with_a_shape_of_its_own(verdict, moved):
    drawn = marks.variation(verdict, moved)
    ElementTree.fromstring(drawn)
    others = {marks.variation(v, moved) for v in marks.COLOURS if v != verdict}
    colourless = re.sub(r"#[0-9A-F]{6}", "", drawn)
    assert colourless not in {re.sub(r"#[0-9A-F]{6}", "", other) for other in others}


def test_a_spark_breaks_where_a_month_is_missing():
    def point(month, value, settled=True):
        given = {"mean": 5.0, "lower": 3.0, "upper": 7.0, "verdict": "common_cause", "moved": None}
        return {"month": dt.date(2026, month, 1), "value": value, "settled": settled, **given}

    whole = marks.spark([point(m, 5.0) for m in range(1, 7)])
    broken = marks.spark([point(1, 5.0), point(2, 4.0), point(3, None), point(4, 6.0), point(5, 5.0, settled=False)])
    assert len(re.findall(r"M", re.search(r'd="(M[^"]*L[^"]*)"', whole)[1])) == 1
    assert len(re.findall(r"M", re.search(r'd="(M[^"]*L[^"]*)"', broken)[1])) == 2
    assert broken.count("<circle") == 1
    ElementTree.fromstring(marks.spark([point(1, None)]))
    ElementTree.fromstring(marks.spark([]))


def test_a_file_carries_its_meaning_and_runs_nothing():
    rows = [{"Unit": '=HYPERLINK("http://evil.test/")', "Value": -5.3, "Note": "-"}]
    text = tables.written(rows, ["Sickness absence (%)"]).decode("utf-8-sig").splitlines()
    assert text[0] == "# Sickness absence (%)"
    assert text[1] == "Unit,Value,Note"
    assert text[2].startswith("\"'=HYPERLINK") and ",-5.3," in text[2] and text[2].endswith(",'-")
    assert tables.written([], []).decode("utf-8-sig").strip() == ""
