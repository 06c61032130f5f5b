"""The two public returns, as published, give the figures that were worked out apart from Kinship."""

import shutil

import pytest

from etl.paths import Workspace
from tests.conftest import REAL_DATA, Engine

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Engine:
    if not REAL_DATA.is_dir():
        pytest.skip("the real published files are not beside this checkout (../shared/data)")
    workspace = Workspace(tmp_path_factory.mktemp("real"))
    workspace.make()
    for folder in ("sickness-nhs", "safe-staffing-medway"):
        for file in (REAL_DATA / folder).iterdir():
            shutil.copy2(file, workspace.inbox)
    engine = Engine(workspace.home, workspace)
    assert engine.run("build").code == 0
    return engine


def counted(engine: Engine, indicator: str, unit: str, month: str) -> tuple:
    return engine.ask(
        "SELECT value, round(numerator, 2), round(denominator, 2) FROM mart.value WHERE indicator = ? AND unit = ? AND month = ?",
        indicator, unit, month,
    )[0]  # fmt: skip


@pytest.mark.parametrize(
    ("indicator", "unit", "month", "value"),
    [
        ("sickness_rate", "England", "2023-01-01", 5.33),
        ("sickness_rate", "England", "2023-12-01", 5.52),
        ("sickness_rate", "England", "2024-12-01", 5.75),
        ("sickness_rate", "RPA", "2023-01-01", 4.92),
        ("fill_rate", "N - Keats Ward", "2023-01-01", 57.42),
        ("chppd", "N - Keats Ward", "2023-01-01", 8.05),
        ("fill_rate", "RPA", "2023-01-01", 80.46),
        ("chppd", "RPA", "2023-01-01", 13.11),
    ],
)
def test_a_figure_is_exactly_as_worked_out_apart(built, indicator, unit, month, value):
    assert counted(built, indicator, unit, month)[0] == value


def test_the_numbers_behind_them_too(built):
    assert counted(built, "sickness_rate", "England", "2023-01-01")[1:] == (2264299.55, 42480124.06)
    assert counted(built, "fill_rate", "N - Keats Ward", "2023-01-01")[1:] == (4820.67, 8395.5)


@pytest.mark.parametrize(
    ("unit", "year", "rate"),
    [("England", 2023, 4.9671), ("England", 2024, 5.1095), ("RPA", 2023, 4.6572), ("RPA", 2024, 5.1046)],
)
def test_a_year_adds_up_its_months(built, unit, year, rate):
    found = built.ask(
        "SELECT round(100 * sum(numerator) / sum(denominator), 4) FROM mart.value "
        "WHERE indicator = 'sickness_rate' AND unit = ? AND year(month) = ?",
        unit, year,
    )  # fmt: skip
    assert found == [(rate,)]


def test_every_row_is_accounted_for(built):
    assert built.ask(
        "SELECT files, rows_read, rows_accepted, rows_quarantined, rows_left_out FROM meta.source WHERE files > 0 ORDER BY source"
    ) == [
        (24, 75835, 75835, 0, 0),
        (1, 8266, 8262, 0, 4),
    ]


def test_it_is_settled_to_the_end_of_each_return(built):
    assert built.ask("SELECT settled_to::VARCHAR FROM meta.source WHERE files > 0 ORDER BY source") == [
        ("2024-12-31",),
        ("2023-11-30",),
    ]
    assert built.ask("SELECT settled_to::VARCHAR FROM meta.release") == [("2024-12-31",)]


def test_a_code_that_two_levels_share_stays_with_the_lower(built):
    levels = dict(
        built.ask("SELECT unit, level FROM meta.unit WHERE unit IN ('QE1', 'ics:QE1', 'QZZ', 'region:QZZ', 'ics:QZZ')")
    )
    assert levels["QE1"] == "organisation" and levels["ics:QE1"] == "ics"
    assert levels["region:QZZ"] == "region" and levels["QZZ"] == "ics"


def test_a_unit_that_moves_has_a_spell_under_each_parent(built):
    spells = built.ask(
        "SELECT parent, from_month::VARCHAR, to_month::VARCHAR FROM meta.unit WHERE unit = 'N - Keats Ward' ORDER BY from_month"
    )
    assert spells == [("Unplanned", "2020-04-01", "2023-10-01"), ("Medicine and Emergency Care", "2023-11-01", None)]
    moved = built.ask(
        "SELECT count(*) FROM (SELECT unit FROM meta.unit WHERE level = 'team' GROUP BY unit HAVING count(DISTINCT parent) > 1)"
    )
    assert built.ask("SELECT count(DISTINCT unit) FROM meta.unit WHERE level = 'team'") == [(239,)]
    assert moved[0][0] > 150


def test_a_spelling_is_not_a_division(built):
    divisions = {title for (title,) in built.ask("SELECT DISTINCT unit FROM meta.unit WHERE level = 'division'")}
    assert len(divisions) == len({title.casefold() for title in divisions}) == 6


def test_a_table_laid_out_for_print_is_refused_in_plain_words(built):
    file = next((REAL_DATA / "messy").iterdir())
    shutil.copy2(file, built.workspace.inbox / "sickness_return_messy.xlsx")
    refused = built.run("build")
    (built.workspace.inbox / "sickness_return_messy.xlsx").unlink()
    assert refused.code == 3
    sentence = built.file("sickness_return_messy.xlsx")["sentence"]
    assert "sickness_return_messy.xlsx" in sentence and "Traceback" not in sentence
