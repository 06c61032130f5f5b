"""Words, numbers and small drawings."""

import datetime as dt
import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest

from etl.config import indicators
from etl.strain import verdict
from pages.parts.drawing import icons, readings, tables, vocabulary, words
from pages.parts.indicator import cards, xmr_layers
from pages.parts.kindness import score_ranges
from tests.app.conftest import ROOT, read

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


def test_the_vocabulary_has_every_word_that_the_engine_may_write_and_no_other():
    assert tuple(vocabulary.FAMILIES) == indicators.FAMILIES
    assert set(vocabulary.LEVERS) == set(indicators.TOLD_WITH_A_SIGN["lever"]) >= set(vocabulary.OF_TEAMS)
    assert set(vocabulary.STRAIN) == set(verdict.VERDICTS) > {*vocabulary.STRAINED, *vocabulary.EASED}
    assert [each for group in cards.GROUPS.values() for each in group] == list(vocabulary.SIGNALS)
    assert set(icons.COLOURS) == set(vocabulary.SIGNALS) - {"absent"}


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
    assert readings.reading(GIVEN | {"since": SINCE} | changed, "division") == said


JUDGED = GIVEN | {"verdict": "common_cause", "month": dt.date(2023, 9, 1), "since": SINCE, "months_judged": 28}
UP = {"rule": "run", "verdict": "concern", "moved": "up", "months": 7}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "What chance explains"),
        (UP, "Concern, up since Mar 2023"),
        (UP | {"months": 1, "rule": "outside"}, "Concern, up in Sept 2023"),
        ({"limits": "short", "verdict": "not_judged"}, "Not judged"),
        ({"settled": False}, "Not settled yet"),
        ({"shown": "protected"}, "Not shown, to protect people"),
        ({"shown": "poor_quality"}, "Not shown: data quality"),
        ({"shown": "no_data"}, "No data for September 2023"),
    ],
)
def test_a_reading_has_a_short_form(changed, said):
    assert readings.in_short(JUDGED | changed) == said


def test_how_sure_a_reading_is_names_the_rule_and_the_months():
    assert readings.sure(JUDGED, "nhsr") == (
        "No rule finds more than chance would explain (XmR, nhsr rules, over 28 settled months)."
    )
    for rule, words_of_it in {
        "outside": "one month outside",
        "trend": "go one way",
        "two_of_three": "two of three",
    }.items():
        assert words_of_it in readings.sure(JUDGED | UP | {"rule": rule}, "nhsr")
    for changed in ({"shown": "protected"}, {"settled": False}, {"limits": "short"}, {"limits": None}):
        assert readings.sure(JUDGED | changed, "nhsr") == ""


def test_data_quality_counts_checks_and_rows():
    source = {
        "title": "Rota",
        "passed": 14,
        "set_rows_aside": 0,
        "noted": 1,
        "rows_read": 61380,
        "rows_quarantined": 0,
        "files": 1,
    }
    source |= {"published": True}
    assert words.quality(source) == "Rota, 14 checks passed, 1 noted; none of 61,380 rows set aside"
    assert words.quality(source | {"files": 0}) == "Rota, nothing collected yet"
    of_people = source | {"published": False, "rows_read": 61383}
    assert words.quality(of_people).endswith("none of about 61,385 rows set aside")
    assert words.quality(of_people | {"rows_read": None, "rows_quarantined": None}).endswith(
        "few of few rows set aside"
    )
    told = [words.rows(number, False, "row") for number in (0, None, 1, 9, 10, 12, 13, 61380)]
    assert told == ["0 rows", *["few rows"] * 3, "about 10 rows", "about 10 rows", "about 15 rows", "about 61,380 rows"]


def test_a_target_is_told_with_what_will_become_of_it():
    assert readings.met({"target": 95.0, "assurance": "fail"}) == "95: will not be met"
    assert readings.met({"target": 3.5, "assurance": None}) == "3.5"
    assert readings.met({"target": None, "assurance": None}) is None


def test_names_of_lines_are_pushed_apart_and_keep_their_order():
    placed = xmr_layers.apart([92.0, 92.1, 95.0, 101.0], 1.0)
    assert all(b - a > 0.99 for a, b in pairwise(placed)) and placed[3] == 101.0
    assert xmr_layers.apart([5.0], 1.0) == [5.0]


def test_a_team_has_its_own_average():
    row = GIVEN | {"rule": "run", "moved": "up", "since": SINCE, "months": 8, "one_side": True}
    assert readings.reading(row, "team").startswith("Eight months in a row above this team’s own average")


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
    drawn = icons.variation(verdict, moved)
    ElementTree.fromstring(drawn)
    others = {icons.variation(v, moved) for v in icons.COLOURS if v != verdict}
    colourless = re.sub(r"#[0-9A-F]{6}", "", drawn)
    assert colourless not in {re.sub(r"#[0-9A-F]{6}", "", other) for other in others}


def test_a_spark_breaks_where_a_month_is_missing():
    def point(month, value, settled=True, segment=0):
        given = {"mean": 5.0, "lower": 3.0, "upper": 7.0, "verdict": "common_cause", "moved": None, "segment": segment}
        return {"month": dt.date(2026, month, 1), "value": value, "settled": settled, **given}

    whole = icons.spark([point(m, 5.0) for m in range(1, 7)])
    broken = icons.spark([point(1, 5.0), point(2, 4.0), point(3, None), point(4, 6.0), point(5, 5.0, settled=False)])
    assert len(re.findall(r"M", re.search(r'd="(M[^"]*L[^"]*)"', whole)[1])) == 1
    assert len(re.findall(r"M", re.search(r'd="(M[^"]*L[^"]*)"', broken)[1])) == 2
    assert broken.count("<circle") == 1
    rebased = icons.spark([point(m, 5.0, segment=m // 4) for m in range(1, 7)])
    assert rebased.count("<rect") == 2 and len(re.findall(r"M", re.search(r'd="(M[^"]*L[^"]*)"', rebased)[1])) == 2
    ElementTree.fromstring(icons.spark([point(1, None)]))
    ElementTree.fromstring(icons.spark([]))


def test_a_file_carries_its_meaning_and_runs_nothing():
    rows = [{"Unit": '=HYPERLINK("http://evil.test/")', "Value": -5.3, "Note": "-"}]
    text = tables.written(rows, ["Sickness absence (%)"]).decode("utf-8-sig").splitlines()
    assert text[0] == "# Sickness absence (%)"
    assert text[1] == "Unit,Value,Note"
    assert text[2].startswith("\"'=HYPERLINK") and ",-5.3," in text[2] and text[2].endswith(",'-")
    assert tables.written([], []).decode("utf-8-sig").strip() == ""


def test_scores_are_listed_with_their_range_drawn_to_scale_and_in_figures():
    row = {
        "title": "Trust & <b>",
        "shown": "yes",
        "value": 6.75,
        "low": 6.5,
        "high": 7.0,
        "few": True,
        "benchmark": 5.0,
    }
    drawn = score_ranges.listed([row, row | {"shown": "protected", "value": None}], "benchmark")
    assert 'class="range" style="left:65%;width:5%"' in drawn and 'class="tick" style="left:50%"' in drawn
    assert 'class="dot few" style="left:67.5%"' in drawn and "6.5 to 7.0" in read(drawn)
    assert "Not shown, to protect people" in drawn and "Trust &amp; &lt;b&gt;" in drawn
    assert 'class="scale"' not in score_ranges.listed([row | {"shown": "not_collected"}], "benchmark")
