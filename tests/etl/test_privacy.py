"""What names a person by its heading is never asked for, and what names one by its shape refuses the file."""

import json
import random

import duckdb
import pytest
import yaml

from etl.config import contracts
from etl.config.contracts import BadContract
from etl.privacy import personal_data
from etl.store.receipts import read_receipts

NOTES = """
title: Notes
owner: x
file: notes*
published: true
each_file: adds
key: [id]
columns:
  id: {headers: [Id]}
  note: {headers: [Note], optional: true}
  beds: {headers: [Beds], type: number, optional: true}
"""
WARDS = (
    "title: Wards\nowner: x\nfile: wards*\neach_file: replaces_all\nkey: [unit]\ncolumns:\n  unit: {headers: [Unit]}\n"
)
NHS, NI, MAIL = "943 476 5919", "QQ123456C".replace("QQ", "AB"), "jo.bloggs@example.nhs.uk"


def with_check_digit(nine: str) -> str | None:
    """An NHS number of nine digits and the one that checks them, by the rule itself; None where there is none."""
    check = 11 - sum(int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1), strict=True)) % 11
    return None if check == 10 else nine + str(check % 11)


# ---- headings ------------------------------------------------------------------------------------------------------


@pytest.fixture
def read(tmp_path):
    def make(heading: str, **said):
        column = {"headers": [heading]} | said
        record = yaml.safe_load(NOTES) | {"columns": {"id": {"headers": ["Id"]}, "note": column}}
        (tmp_path / "notes").mkdir(exist_ok=True)
        (tmp_path / "notes" / "contract.yaml").write_text(yaml.safe_dump(record), encoding="utf-8")
        (tmp_path / "notes" / "suite.yaml").write_text("expectations: []\n", encoding="utf-8")
        return contracts.load([tmp_path])["notes"]

    return make


@pytest.mark.parametrize(
    "heading",
    ["Last Name", "FIRST_NAME", "Surname", "Forenames", "Name of employee", "Date of Birth", "D.O.B.", "E-mail",
     "Email Address", "Supervisor Name"],
)  # fmt: skip
@pytest.mark.parametrize("person", [False, True])
def test_names_birth_dates_and_e_mail_are_never_loaded(read, heading, person):
    with pytest.raises(BadContract, match="which are never loaded") as refused:
        read(heading, person=person)
    assert f"column note: under {heading} stand" in str(refused.value) and "person: true" not in str(refused.value)


@pytest.mark.parametrize(
    "heading",
    ["NI Number", "National Insurance No.", "NHS Number", "Home Address", "Postcode", "Employee Number", "Assignment Number"],
)  # fmt: skip
def test_numbers_of_people_are_loaded_as_hashes_only(read, heading):
    with pytest.raises(BadContract, match="never loaded, unless as a keyed hash: say person: true"):
        read(heading)
    assert read(heading, person=True).column("note").sql_type == "BIGINT"


@pytest.mark.parametrize("heading", ["Name", "Unit name", "Organisation", "Staff Group", "Nights", "Number of beds"])
def test_other_headings_are_free(read, heading):
    assert read(heading).column("note").heading == heading


# ---- shapes --------------------------------------------------------------------------------------------------------


@pytest.fixture
def take_in(engine, source):
    """Builds one file of notes; gives its receipt, and everything that was said and kept about it."""

    def build(notes: list[str], beds: list[str] | None = None):
        source("notes", NOTES)
        rows = [f"N{number},{note},{(beds or [''] * len(notes))[number]}" for number, note in enumerate(notes)]
        engine.drop("notes.csv", "\n".join(["Id,Note,Beds", *rows, ""]))
        said = engine.run("build").said + engine.run("receipts", "--rows").said
        return read_receipts(engine.workspace, "notes")[-1], said

    return build


@pytest.mark.parametrize(
    ("cell", "shape"),
    [
        (NHS, "an NHS number"),
        (NHS.replace(" ", "-"), "an NHS number"),
        (f"was patient {NHS} again", "an NHS number"),
        (NHS.replace(" ", ""), "an NHS number"),
        (NI, "a National Insurance number"),
        ("ab 12 34 56 c", "a National Insurance number"),
        (f"number {NI.lower()} given", "a National Insurance number"),
        (MAIL, "an e-mail address"),
        (f"ask {MAIL.upper()}.", "an e-mail address"),
    ],
)
def test_a_file_that_holds_one_is_refused_and_nothing_of_it_is_kept(engine, take_in, cell, shape):
    receipt, said = take_in(["a quiet night", cell, ""])
    assert receipt.outcome == "refused"
    assert "“No Note holds an NHS number, a National Insurance number or an e-mail address”" in receipt.sentence
    assert f"in 1 rows. Note holds {shape}." in receipt.sentence
    [failed] = [result for result in receipt.expectations if result["status"] == "failed"]
    assert (failed["expectation"], failed["severity"]) == ("expect_column_values_to_be_null", "critical")
    assert cell not in said and cell not in json.dumps(vars(receipt))
    assert list(engine.workspace.store.rglob("*.parquet")) == []
    assert personal_data.gives_away(cell)


@pytest.mark.parametrize(
    "cells",
    [
        ["943 476 5918", "a quiet night"],  # its check digit is wrong
        ["1943 476 5919", "943 476 59191"],  # too long
        ["0000000000", "1111111111", "999 999 9999"],  # what is written for none
        ["ward@night", "bed @ 3", "@"],
        ["GAB123456CD", "AB12345C", "AB1234567C", "DA123456C".replace("DA", "DF")],
        ["020 7946 0958", "07700 900123", "+44 161 496 0123"],
        ["12/10/2025 10:00", "2025-10-12 10:00:00"],
        ["Ward 7 (old)", "177 Ward 9 - Surgery Level 5", "S10 Anxiety"],
    ],
)
def test_what_only_looks_a_little_like_one_is_no_alarm(take_in, cells):
    receipt, _ = take_in(cells)
    assert receipt.rows_accepted == len(cells), receipt.sentence
    assert not any(map(personal_data.gives_away, cells))


def test_ten_digits_on_end_are_nhs_numbers_only_where_most_of_them_have_the_check_digit(take_in):
    numbers = random.Random(7)
    shifts = [f"{number:010}" for number in range(4_100_000_000, 4_100_000_400)]
    assert sum(map(personal_data.gives_away, shifts)) > 20  # one in eleven by chance
    assert take_in(shifts)[0].rows_accepted == 400
    patients = [with_check_digit(f"{numbers.randrange(400_000_000, 500_000_000)}") for _ in range(60)]
    patients = [patient for patient in patients if patient]
    receipt, _ = take_in([*patients, *shifts[:40]])
    assert receipt.outcome == "refused" and "Note holds an NHS number." in receipt.sentence


def test_a_cell_that_cannot_be_read_is_looked_at_too(take_in):
    receipt, said = take_in(["a", "b"], beds=["5", MAIL])
    assert receipt.outcome == "refused" and "No Beds holds" in receipt.sentence and "jo.bloggs" not in said


def test_a_row_whose_cells_have_slipped_keeps_none_that_names_a_person(engine, source):
    source("notes", NOTES)
    engine.drop("notes.csv", f"Id,Note,Beds\nN1,quiet,5\nN2,late,{MAIL},5\n")
    engine.run("build")
    [receipt] = read_receipts(engine.workspace, "notes")
    path = str(receipt.path(engine.workspace, "rejected.parquet"))
    [(cells,)] = duckdb.execute("SELECT cells FROM read_parquet(?)", [path]).fetchall()
    assert json.loads(cells) == {"Id": "N2", "Note": "late"}


def test_an_unknown_name_is_looked_at_before_it_is_told(engine, source):
    source("wards", WARDS)
    source(
        "notes", NOTES.replace("note: {headers: [Note], optional: true}", "note: {headers: [Note], refers_to: wards}")
    )
    engine.drop("wards.csv", "Unit\nElm\n")
    engine.drop("notes.csv", f"Id,Note,Beds\nN1,Elm,5\nN2,{MAIL},5\n")
    said = engine.run("build").said
    [receipt] = read_receipts(engine.workspace, "notes")
    assert receipt.outcome == "refused" and receipt.unknown_names == {} and "jo.bloggs" not in said
