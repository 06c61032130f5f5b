"""The app on a release that the engine really built: the file between them is all that they share."""

import pytest

from etl.paths import Workspace
from pages.parts.shell import pages
from tests.app.conftest import opener, words_on
from tests.conftest import Engine, sickness, sickness_row, staffing, staffing_row

PAGES = [
    pages.of("team").path,
    pages.of("indicator").path,
    pages.of("quality").path,
    pages.of("signals").path,
    pages.of("trying").path,
    pages.of("asked").path,
    pages.of("review").path,
]
MONTHS = [f"{year}-{month:02}-28" for year in (2021, 2022) for month in range(1, 13)]


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> Engine:
    workspace = Workspace(tmp_path_factory.mktemp("engine"))
    workspace.make()
    engine = Engine(workspace.home, workspace)
    days = ["/".join(reversed(month.split("-"))) for month in MONTHS]
    lost = [50, 52] * 8 + [70, 71, 72, 73, 74, 75, 76, 77]
    engine.drop(
        "sickness_return.csv", sickness(*(sickness_row("RPA", n, 1000, day) for n, day in zip(lost, days, strict=True)))
    )
    rows = [staffing_row(month=day.replace("28/", "01/")) for day in days]
    engine.drop("staffing_return.csv", staffing(*rows, staffing_row("Elm Ward", hours=["x", *[10] * 7])))
    engine.drop("notes.csv", "a,b\n1,2\n")
    assert engine.run("build").code == 3
    return engine


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_and_says_how_fresh_it_is(engine, monkeypatch, page):
    said = words_on(opener(engine.home, monkeypatch)(page))
    assert "Settled to 31 December 2022" in said and "could not be drawn" not in said


def test_the_indicator_page_reads_the_engines_signal(engine, monkeypatch):
    said = words_on(opener(engine.home, monkeypatch)(PAGES[1], unit="RPA", indicator="sickness_rate"))
    assert "Above the upper limit, and eight months in a row above this unit’s own average, since May 2022" in said
    assert "7.7 %" in said


def test_the_quality_page_says_what_became_of_every_file(engine, monkeypatch):
    test = opener(engine.home, monkeypatch)(PAGES[2])
    said = words_on(test)
    assert "notes.csv" in said and "belongs to no source" in said
    tables = " ".join(frame.value.to_csv() for frame in test.dataframe)
    assert "Day Reg Planned Hrs is not a number" in tables


def test_other_limits_stand_beside_at_the_flick_of_a_switch(engine, monkeypatch):
    opened = opener(engine.home, monkeypatch)
    test = opened(PAGES[1], unit="RPA", indicator="sickness_rate")
    assert "p′ (Laney)" not in words_on(test)
    said = words_on(test.toggle(key="beside").set_value(True).run())
    assert "dotted: p′ (Laney) limits" in said and "could not be drawn" not in said
