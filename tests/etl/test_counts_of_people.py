"""A release built from records of people tells no exact number of them: not in a table, a sentence or a page's query."""

import json
import re

import duckdb
import pytest

from etl.build import load_contracts
from etl.store.receipts import read_receipts
from tests.conftest import sickness, sickness_row, table

TEAMS = table(
    ["Unit", "Title", "Level", "Parent", "From", "To", "Successor"],
    [
        ["ORG", "Northmere", "organisation", "", "", "", ""],
        *([f"T{n}", f"Ward {n}", "team", "ORG", "", "", ""] for n in range(1, 8)),
    ],
)
CONTRACT = """
title: Leavers of ours
owner: HR
file: gone*
each_file: adds
month_of: day
key: [person]
columns:
  person: {headers: [Number], person: true, meaning: Who.}
  team: {headers: [Unit], refers_to: teams, meaning: Where.}
  day: {headers: [Day], type: date, format: "%d/%m/%Y", meaning: When.}
"""
NUMBERS = {
    "meta.source": "rows_read, rows_accepted, rows_quarantined, rows_left_out",
    "meta.file": "rows_read, rows_accepted, rows_quarantined, rows_left_out",
    "meta.expectation": "unexpected",
    "meta.unknown_name": '"rows"',
}
TRUE = (23, 7, 4, 17)  # rows of what is planted: each occurs exactly so nowhere in the release


def leavers(month: int, units: list[str]) -> str:
    rows = [[f"{month}{place:03}", unit, f"{1 + place % 27:02}/{month:02}/2026"] for place, unit in enumerate(units)]
    return table(["Number", "Unit", "Day"], rows)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    from etl.paths import Workspace
    from tests.conftest import Engine

    home = tmp_path_factory.mktemp("people") / "workspace"
    engine = Engine(home, Workspace(home))
    engine.workspace.make()
    folder = engine.workspace.expectations / "gone"
    folder.mkdir(parents=True)
    (folder / "contract.yaml").write_text(CONTRACT)
    (folder / "suite.yaml").write_text("expectations: []\n")
    engine.drop("teams.csv", TEAMS)
    engine.drop("sickness_return.csv", sickness(*(sickness_row(f"A{n:02}") for n in range(7))))
    engine.drop("gone_01.csv", leavers(1, ["T1"] * 3))
    engine.drop("gone_02.csv", leavers(2, ["T1"] * 19 + ["Nowhere"] * 4))
    engine.drop("gone_03.csv", leavers(3, ["T2"] * 100 + ["Nowhere"] * 17 + ["Elsewhere"] * 7))
    engine.drop("gone_04.csv", table(["Number", "Unit", "Day"], []))
    engine.drop("gone_05.csv", leavers(5, ["T3"] * 7).rstrip("\n")[:-3])  # cut short
    done = engine.run("build")
    assert done.code == 3 and "Published" in done.said, done.said
    return engine


def test_receipts_hold_the_exact_numbers(built):
    said = built.run("receipts", "gone").said
    assert "All 3 rows accepted" in said and "19 of 23 rows accepted, 4 set aside" in said
    assert "gone_04.csv has headings and no rows" in said


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_rounded_or_few(built, name):
    found = built.ask(f"SELECT {NUMBERS[name]} FROM {name} WHERE source = 'gone'")
    numbers = [number for row in found for number in row]
    if name == "meta.file":
        numbers += [
            each["rows"]
            for (aside,) in built.ask("SELECT set_aside FROM meta.file WHERE source = 'gone'")
            for each in aside
        ]
    assert None in numbers or name == "meta.source"
    assert all(number is None or number == 0 or (number >= 10 and number % 5 == 0) for number in numbers)


def test_what_is_public_or_of_units_is_counted_exactly(built):
    exact = dict(
        built.ask("SELECT source, rows_accepted FROM meta.source WHERE source IN ('teams', 'sickness_return')")
    )
    assert exact == {"teams": 8, "sickness_return": 7}


def test_what_each_file_says_is_true(built):
    told = dict(built.ask("SELECT file, sentence FROM meta.file WHERE source = 'gone'"))
    assert told["gone_01.csv"] == "All of few rows accepted."
    assert told["gone_02.csv"] == "About 20 of about 25 rows accepted, few set aside."
    assert told["gone_03.csv"] == "About 100 of about 125 rows accepted, about 25 set aside."
    assert "empty or was cut short" in told["gone_04.csv"]
    read, near = built.ask(
        "SELECT rows_read, rows_accepted + rows_quarantined FROM meta.file WHERE file = 'gone_03.csv'"
    )[0]
    assert read == near == 125
    [whole] = [each for each in read_receipts(built.workspace, "gone") if each.file == "gone_03.csv"]
    assert (whole.rows_read, whole.rows_quarantined) == (124, 24)


def test_no_text_of_the_release_says_a_number_of_people(built):
    """Sentences of files, and whatever other text there is but SQL and the words of contracts."""
    release = built.workspace.current.read_text().strip()
    with duckdb.connect(str(built.workspace.releases / f"{release}.duckdb"), read_only=True) as con:
        texts = [text for (text,) in con.execute("SELECT sentence FROM meta.file WHERE source = 'gone'").fetchall()]
        texts += [
            text for (text,) in con.execute("SELECT about FROM meta.expectation WHERE source = 'gone'").fetchall()
        ]
    texts.append(json.loads((built.workspace.releases / "last_build.json").read_text())["sentence"])
    said = " ".join(re.sub(r"gone_\d+\.csv|20\d\d-\d\d-\d\d", "", text) for text in texts)
    assert not re.search(rf"\b({'|'.join(map(str, (*TRUE, 3, 5, 6, 19, 24, 124)))})\b", said), said


def test_the_questions_of_pages_say_few_as_few(built):
    """A page adds up what is told; what is few alone stays few."""
    release = built.workspace.current.read_text().strip()
    from etl.paths import SQL

    with duckdb.connect(str(built.workspace.releases / f"{release}.duckdb"), read_only=True) as con:
        for question in ("sources", "set_aside", "expectations", "unknown_names", "files"):
            asked = con.execute((SQL / "app" / f"{question}.sql").read_text(encoding="utf-8"), {"units": ["ORG"]})
            names = [column[0] for column in asked.description]
            for row in asked.fetchall():
                told = dict(zip(names, row, strict=True))
                if told.get("source") != "gone" and told.get("title") != "Leavers of ours":
                    continue
                numbers = [
                    told.get(name)
                    for name in ("rows_read", "rows_accepted", "rows_quarantined", "set_aside", "unexpected", "waiting")
                ]
                numbers += [reason["rows"] for reason in told.get("reasons") or ()]
                assert all(number is None or number == 0 or (number >= 10 and number % 5 == 0) for number in numbers), (
                    told
                )


def test_the_made_up_organisation_is_told_so_too(organisation):
    """Every source that is not public, nor of units: its records, its names and its answers."""
    contracts = load_contracts(organisation.workspace)
    of_people = [name for name, contract in contracts.items() if contract.of_people]
    assert {"leavers", "sickness", "staff", "rota", "survey_answers"} <= set(of_people)
    for name, columns in NUMBERS.items():
        found = organisation.engine.ask(f"SELECT {columns} FROM {name} WHERE list_contains(?, source)", of_people)
        if name == "meta.file":
            aside = organisation.engine.ask("SELECT set_aside FROM meta.file WHERE list_contains(?, source)", of_people)
            found += [(each["rows"],) for (reasons,) in aside for each in reasons]
        assert found or name == "meta.unknown_name"
        assert all(
            number is None or number == 0 or (number >= 10 and number % 5 == 0) for row in found for number in row
        )


def test_a_contract_that_counts_people_may_not_say_that_it_does_not(engine, source):
    source("gone", CONTRACT.replace("each_file: adds", "each_file: adds\ncounts_people: false"))
    done = engine.run("check")
    assert done.code == 1 and "counts_people is false, and its rows are people" in done.said


def test_what_the_database_says_of_a_cell_is_said_nowhere(engine, monkeypatch):
    def stumbles(*_):
        raise duckdb.ConversionException("Could not convert string 'Jo Bloggs' to INT32")

    monkeypatch.setattr("etl.build.take_in", stumbles)
    done = engine.run("build")
    note = (engine.workspace.releases / "last_build.json").read_text(encoding="utf-8")
    log = (engine.workspace.home / "errors.log").read_text(encoding="utf-8")
    assert done.code == 1 and "did not expect" in note and "ConversionException" in log
    assert "Jo Bloggs" not in done.said + note + log.replace("\"Could not convert string 'Jo Bloggs' to INT32\"", "")
