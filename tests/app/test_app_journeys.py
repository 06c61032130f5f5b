"""Journeys through the app in a real browser: what a reader came for, done from beginning to end."""

import io
import re
from pathlib import Path

import openpyxl
import pypdf
import pytest

from etl.paths import Workspace
from tests.app.conftest import Server, axe_finds_nothing, settle
from tests.conftest import Engine, table

pytestmark = pytest.mark.browser

TEAMS = table(
    ["Unit", "Title", "Level", "Parent", "From", "To"],
    [
        ["NMC", "Northmere Health and Care", "Trust", "", "", ""],
        ["AC", "Adult care", "division", "NMC", "", ""],
        *([f"T{n}", f"{name} Ward", "ward", "AC", "", ""] for n, name in enumerate(("Larch", "Heron", "Fern", "Elm"))),
    ],
)
SCORE = re.compile(r"(\d+\.\d) (\d+\.\d) to (\d+\.\d)")  # of ten, and the range it may lie in
FIGURE = re.compile(r"([\d.]+)\s(%|days)")
SEEN_BY_NOBODY = ["Wer", "Vor- und Zuname", "Ort", "Am", "Stunden", "Wie"]  # who, name, place, on, hours, how


def shifts(month: int) -> str:
    """Made-up extra shifts of a month, under headings that nobody has seen."""
    names = [f"Ada {a}nvented" for a in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    rows = [
        [f"W-{4000 + n % 26:06}", names[n % 26], f"{('Larch', 'Heron', 'Fern', 'Elm')[n % 4]} Ward",
         f"{n // 4 % 28 + 1:02}.{month:02}.2026", f"{n % 9 + 3},5", ("Tag", "Nacht")[n % 2]]
        for n in range(112)
    ]  # fmt: skip
    return table(SEEN_BY_NOBODY, rows, ";")


def press(page, name: str, then: str) -> None:
    """Presses a button, and waits until another thing is there to be pressed."""
    page.get_by_role("button", name=name).click()
    page.get_by_role("button", name=then).wait_for(timeout=120_000)
    settle(page)


def test_an_analyst_adds_a_source_nobody_has_seen_up_to_a_release_that_holds_it_and_goes_back_to_the_one_before(
    visit, tmp_path
):
    engine = Engine(tmp_path / "home", Workspace(tmp_path / "home"))
    engine.workspace.make()
    engine.drop("teams.csv", TEAMS)
    assert engine.run("build").code == 0
    server = Server(engine.home)
    server.start()
    try:
        page = visit("/sources", of=server)
        sample = tmp_path / "Zusatzdienste 2026-03.csv"
        sample.write_text(shifts(3), encoding="cp1252")
        page.set_input_files("input[type=file]", str(sample))
        page.get_by_role("button", name="Next: what each row becomes").wait_for(timeout=120_000)
        settle(page)
        axe_finds_nothing(page)
        cells = page.locator("table[role=grid]").first.inner_text()
        assert "Person, kept as a hash" in cells and "Leave out" in cells
        assert "W-004" not in page.content() and "nvented" not in page.content()

        press(page, "Next: what each row becomes", "Next: save")
        assert page.get_by_text("All 112 rows accepted.").is_visible()
        assert "W-004" not in page.content() and "nvented" not in page.content()
        axe_finds_nothing(page)

        press(page, "Next: save", "Save into this workspace")
        with page.expect_download() as packed:
            page.get_by_role("button", name="Download the folder (zip)").click()
        assert packed.value.suggested_filename == "zusatzdienste.zip"
        axe_finds_nothing(page)
        page.get_by_role("button", name="Save into this workspace").click()
        page.get_by_text("is a source now").wait_for(timeout=60_000)
        settle(page)

        for month in (3, 4):
            engine.drop(f"Zusatzdienste 2026-{month:02}.csv", shifts(month).encode("cp1252"))
        assert engine.run("build").code == 0
        held = engine.ask("SELECT files, rows_accepted, rows_read FROM meta.source WHERE source = 'zusatzdienste'")
        assert held == [(2, 220, 220)]  # of 112 in each: they may be people
        page.goto(f"{server.url}/quality?source=zusatzdienste")
        settle(page)
        assert page.get_by_text("Coverage by team and month").is_visible()
        assert page.get_by_role("combobox", name="Source").input_value() == "Zusatzdienste"
        assert page.get_by_text("of 4 units").is_visible() or page.get_by_text("in the settled months").is_visible()

        first, second = sorted(path.stem for path in engine.workspace.releases.glob("*.duckdb"))
        page.goto(f"{server.url}/releases")
        settle(page)
        assert page.get_by_text(f"{second} is what everybody sees").is_visible()
        page.get_by_role("button", name="Make it current").click()
        page.get_by_role("button", name=f"Make {first} current").click()
        page.get_by_text(f"{first} is what everybody sees").wait_for(timeout=60_000)
        assert engine.workspace.current.read_text(encoding="utf-8").strip() == first
    finally:
        server.stop()


def test_an_executive_downloads_the_pack_and_its_figures_are_the_screens(visit):
    page = visit("/")
    page.get_by_test_id("stHeader").get_by_text("Executives").click()
    page.get_by_role("menuitem", name="Monthly review").click()
    page.get_by_role("button", name="Pack (PDF)").wait_for()
    settle(page)
    said = page.locator("[data-testid=stMain] [data-testid=stMarkdownContainer], .st-key-halves")
    lines = {line for text in said.all_inner_texts() for line in text.splitlines()}
    figures = {line for line in lines if FIGURE.fullmatch(line)}
    scores = {SCORE.fullmatch(line).groups() for line in lines if SCORE.fullmatch(line)}
    others = {line for line in lines - figures if not SCORE.fullmatch(line)}
    sentences = {part for line in others for part in line.split(". ") if any(map(str.isdigit, part))}
    assert len(figures) >= 4 and len(sentences) >= 5 and len(scores) >= 3

    pack = pypdf.PdfReader(io.BytesIO(downloaded(page, "Pack (PDF)")))
    told = flat("".join(each.extract_text() for each in pack.pages))
    assert {line for line in figures | sentences if flat(line) not in told} == set()
    drawn = in_place_of_drawings(pack)  # scores are a chart in the pack
    assert {score for score in scores if "{}, between {} and {}".format(*score) not in drawn} == set()

    sheets = openpyxl.load_workbook(io.BytesIO(downloaded(page, "Figures (.xlsx)")))
    cells = {cell for sheet in sheets for row in sheet.values for cell in row if isinstance(cell, int | float)}
    assert {float(FIGURE.fullmatch(line)[1]) for line in figures} <= cells
    assert {float(each) for score in scores for each in score} <= {round(cell, 1) for cell in cells}


def in_place_of_drawings(pack: pypdf.PdfReader) -> str:
    """What a PDF says of its drawings to those who do not see them."""
    objects = (pack.get_object(number) for number in range(1, pack.trailer["/Size"]))
    return " ".join(str(each["/Alt"]) for each in objects if isinstance(each, dict) and "/Alt" in each)


def flat(text: str) -> str:
    """Without the spaces, which a line's end may eat or add."""
    return re.sub(r"[\s\u00a0\u00ad\u2060]+", "", text)


def downloaded(page, name: str) -> bytes:
    with page.expect_download(timeout=60_000) as found:
        page.get_by_role("button", name=name).click()
    return Path(found.value.path()).read_bytes()
