"""The monthly review: on its page, as a pack and as a workbook, all three the same."""

import io
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import openpyxl
import pypdf
import pytest

from pages.parts.drawing import readings
from pages.parts.release import warehouse
from pages.parts.review import report, review
from pages.parts.shell import pages
from tests.app import small_release, small_survey
from tests.app.conftest import ROOT, headings, words_on

PAGE = pages.of("review").path
BEFORE = "2026-05-09a"
MONTHS = small_release.MONTHS
STEADY = ("steady", MONTHS[12], [])
STRAIN = [  # three settled months of some units: begun, lasting, over, eased, and none
    ("larch", MONTHS[25], *STEADY), ("larch", MONTHS[26], *STEADY),
    ("larch", MONTHS[27], "clear_strain", MONTHS[26], ["sickness_rate", "fill_rate"]),
    ("fern", MONTHS[25], "likely_strain", MONTHS[24], ["fill_rate"]),
    ("fern", MONTHS[26], "clear_strain", MONTHS[24], ["fill_rate"]),
    ("fern", MONTHS[27], "clear_strain", MONTHS[24], ["fill_rate"]),
    ("heron", MONTHS[25], "clear_strain", MONTHS[22], ["stress_share"]),
    ("heron", MONTHS[26], *STEADY), ("heron", MONTHS[27], *STEADY),
    ("fern-2", MONTHS[25], *STEADY), ("fern-2", MONTHS[26], *STEADY),
    ("fern-2", MONTHS[27], "clear_easing", MONTHS[26], ["sickness_rate"]),
    *((unit, MONTHS[i], *STEADY) for unit in ("fern-3", "AC", "CC", "NHC") for i in (25, 26, 27)),
    *((unit, MONTHS[i], "not_clear", MONTHS[24], []) for unit in ("script", "markup") for i in (25, 26, 27)),
]  # fmt: skip


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two releases: in the earlier one the organisation's sickness absence of two months stood half a point higher."""
    folder = tmp_path_factory.mktemp("reviewed")
    earlier = small_release.build(folder, release=BEFORE)
    with duckdb.connect(str(earlier)) as con:
        con.execute(
            "UPDATE mart.value SET value = value + 0.5 "
            "WHERE unit = 'NHC' AND indicator = 'sickness_rate' AND month IN ('2026-03-01', '2026-04-01')"
        )
    current = small_release.build(folder)
    with duckdb.connect(str(current)) as con:
        con.execute("DELETE FROM mart.strain")
        con.executemany("INSERT INTO mart.strain VALUES (?, ?, ?, ?, ?)", STRAIN)
    return folder


@pytest.fixture
def found(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> review.Review:
    monkeypatch.setenv("KINSHIP_HOME", str(workspace))
    view = report.view_of()
    return review.review(view, warehouse.earlier(view.release)[0])


def names(found: review.Review, standing: str) -> list[str]:
    return [review.name_of(found, place.unit) for place in found.places[standing]]


def test_places_stand_where_the_month_and_the_months_before_it_put_them(found):
    assert names(found, "new") == ["Larch Ward, Adult care"]
    assert names(found, "persisting") == ["Fern Ward, Adult care (fern)"]
    assert names(found, "lifted") == ["Fern Ward, Adult care (fern-2)", "Heron Ward, Children’s care"]
    assert found.asked == 9  # units below the organisation of which something was said


@pytest.mark.parametrize(
    ("before", "last", "standing"),
    [
        (["steady"], "likely_strain", "new"),
        ([], "clear_strain", "new"),
        (["likely_strain"], "clear_strain", "persisting"),
        (["clear_strain", "not_clear"], "likely_strain", "new"),
        (["clear_strain", "steady", "steady"], "steady", "lifted"),
        (["clear_strain"], "not_clear", "lifted"),
        (["steady"], "likely_easing", "lifted"),
        (["clear_easing"], "clear_easing", None),
        (["steady"], "not_clear", None),
        ([], "steady", None),
    ],
)
def test_standing(before, last, standing):
    assert review._standing([{"verdict": each} for each in before], {"verdict": last}) == standing


def test_the_page_says_what_the_review_holds(workspace, app_at):
    test = app_at(workspace)(PAGE)
    said = words_on(test)
    assert "Monthly review, April 2026" in said
    assert "Concern is new in one place, persists in one place and has lifted in two places" in said
    assert "; 4 of 9 units show no change beyond chance" in said  # two are not clear
    assert "2 settled figures were revised since release 2026-05-09a" in said
    assert "May be making it harder: posts that stay empty. Could help: filling posts." in said
    assert not test.exception


def test_organisation_owned_pressures_stand_above_the_others(workspace, app_at):
    headers = headings(app_at(workspace)(PAGE), 2)
    assert headers.index(review.OWNED["organisation"]) < headers.index(review.OWNED["others"])


def test_a_unit_of_which_nothing_can_be_said_says_so(workspace, app_at):
    test = app_at(workspace)(PAGE, unit="quiet")
    assert "a year of settled months comes first" in words_on(test)
    assert not test.exception


def test_only_what_both_releases_show_counts_as_revised(found):
    assert [(each.unit["unit"], each.month.month, each.before - each.after) for each in found.revised] == [
        ("NHC", 3, pytest.approx(0.5)),
        ("NHC", 4, pytest.approx(0.5)),
    ]


def test_releases_are_in_the_order_they_were_made(tmp_path):
    assert sorted(["2026-11-09z", "2026-11-09aa", "2026-11-09b", "2026-10-30c"], key=warehouse._order) == [
        "2026-10-30c", "2026-11-09b", "2026-11-09z", "2026-11-09aa",
    ]  # fmt: skip


def test_the_pack_says_what_the_page_says(found):
    began = time.monotonic()
    pdf = pypdf.PdfReader(io.BytesIO(report.pack.pdf(found)))
    took = time.monotonic() - began
    text = flat(" ".join(page.extract_text() for page in pdf.pages))
    assert took < 60  # a guard against hanging; the benchmark measures it
    expected = ["".join(words for words, _ in review.sentence(found)), review.quality(found), *review.since(found)]
    expected += review.of_kindness(found)
    for standing, places in found.places.items():
        expected.append(review.STANDING[standing][0])
        for place in places:
            expected += [review.name_of(found, place.unit), review.of_place(found, place)]
            expected += [review.of_number(found, row) for row in place.telling]
    for rows in found.pressures.values():
        expected += [review.latest(found, row) for row in rows] + [readings.in_short(row) for row in rows]
    assert len(expected) > 20
    assert [each for each in expected if flat(each) not in text] == []


def flat(text: str) -> str:
    """Without the spaces, which a line's end may eat or add."""
    return re.sub(r"[\s\u00a0\u00ad]+", "", text)


def test_the_pack_is_tagged_and_says_its_language_and_title(found):
    pdf = pypdf.PdfReader(io.BytesIO(report.pack.pdf(found)))
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    assert pdf.metadata.title == "Monthly review, April 2026, Northmere Health and Care"
    assert "pdfuaid" in str(pdf.xmp_metadata.stream.get_data())


def test_every_drawing_of_the_pack_can_be_read_aloud(found, tmp_path):
    told = report.pack._told(found, tmp_path)
    assert told["charts"] and all(len(chart["alt"]) > 40 for chart in told["charts"])
    assert all((tmp_path / chart["file"]).read_text().startswith("<svg") for chart in told["charts"])
    assert "currentColor" not in "".join((tmp_path / chart["file"]).read_text() for chart in told["charts"])


def test_a_unit_whose_name_could_be_markup_is_only_words_on_paper(workspace, monkeypatch):
    monkeypatch.setenv("KINSHIP_HOME", str(workspace))
    for unit in ("markup", "script"):
        found = review.review(report.view_of(unit), None)
        text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(report.pack.pdf(found))).pages)
        assert flat(found.view.unit["title"]) in flat(text)


def test_the_workbook_holds_the_same_figures(found):
    book = openpyxl.load_workbook(io.BytesIO(report.workbook.xlsx(found)))
    assert book.sheetnames == ["Review", "Pressures", "Kindness", "Revised", "Definitions", "About"]
    rows = list(book["Pressures"].values)
    held = {row[1]: row[3] for row in rows[1:]}
    shown = {found.about(row)["title"]: row["value"] for rows in found.pressures.values() for row in rows}
    assert held == shown and len(held) == 4
    assert [row[2] for row in list(book["Review"].values)[1:]][:1] == ["larch"]


def test_kindness_stands_beside_pressure_on_the_page_and_in_the_files(found, workspace, app_at):
    assert found.wave["wave"] == small_survey.WAVES[1] and len(found.kindness) == 7
    told = review.of_kindness(found)
    assert told[0] == "Wave of March 2026, 101+ answers, local, unvalidated questionnaire."
    assert "Stretched and holding together: Larch Ward, Adult care." in told
    assert (
        "Steady, but something else is wrong: Fern Ward, Adult care (fern)." in told
        and told[-1] == "Not clear yet in 1 unit."
    )
    said = words_on(app_at(workspace)(PAGE))
    assert "Stretched and holding together: Larch Ward, Adult care." in said
    book = openpyxl.load_workbook(io.BytesIO(report.workbook.xlsx(found)))
    points = {row[0]: row[2:5] for row in list(book["Kindness"].values)[1:]}
    assert points == {row["title"]: (row["value"], row["low"], row["high"]) for row in found.kindness}


def test_without_a_survey_the_review_says_so(workspace, app_at):
    assert review.NO_SURVEY in words_on(app_at(workspace)(PAGE, unit="heron"))


def test_the_workbook_runs_nothing(workspace, monkeypatch):
    monkeypatch.setenv("KINSHIP_HOME", str(workspace))
    book = openpyxl.load_workbook(io.BytesIO(report.workbook.xlsx(review.review(report.view_of("formula"), None))))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert any(small_release.FORMULA in str(cell.value) for cell in cells)
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"KINSHIP_HOME": str(home)}
    command = [sys.executable, "-m", "pages.parts.review.report", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_a_build_can_have_both_written(workspace, tmp_path):
    done = run(workspace, "--unit", "AC", "--month", "2026-03", "--out", str(tmp_path / "packs"))
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "packs").iterdir()) == [
        "review, AC, 2026-03, 2026-06-09a.pdf",
        "review, AC, 2026-03, 2026-06-09a.xlsx",
    ]


@pytest.mark.parametrize(("unit", "said"), [("nobody", "There is no unit 'nobody'"), (None, "There is no release")])
def test_what_cannot_be_written_is_said_in_a_sentence(workspace, tmp_path, unit, said):
    done = run(workspace, "--unit", unit) if unit else run(tmp_path)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_figure_that_cannot_be_made_is_not_taken_for_a_unit_that_is_not_there(workspace, tmp_path, monkeypatch):
    def broken(found):
        raise KeyError("decimals")

    monkeypatch.setenv("KINSHIP_HOME", str(workspace))
    monkeypatch.setitem(report.KINDS, "Pack (PDF)", ("pdf", "", "", broken))
    with pytest.raises(KeyError, match="decimals"):
        report.main(["--out", str(tmp_path)])
    assert list(tmp_path.iterdir()) == []
