"""What a cell is read as: yes and no, the part of it that counts, dates of several forms, the weekday beside a date."""

import datetime as dt
import re
from pathlib import Path

import duckdb
import pytest

from etl.config import contracts
from etl.intake import conform, land, lookups, read
from etl.intake.cell_sql import Meanings, Names
from etl.intake.land import UnreadableExtract
from etl.paths import EXPECTATIONS
from etl.privacy.pseudonyms import Key
from etl.store.receipts import read_receipts
from tests.conftest import table

ABSENCES = """
title: Absences
owner: x
file: episodes*
published: true
each_file: adds
key: [id]
columns:
  id: {headers: [Id]}
  lone: {headers: [Lone], type: yes_no, optional: true, spellings: {"yes": [Alone, On own], "no": [Accompanied]}}
  reason: {headers: [Reason], first_characters: 3, spellings: {stress: [S10]}, optional: true}
  period: {headers: [Period], type: date, last_characters: 6, format: "%Y%m", optional: true}
  began: {headers: [Began], type: date, format: ["%d/%m/%Y %H:%M", "%d/%m/%Y"], optional: true}
  weekday: {headers: [Weekday], weekday_of: began, optional: true}
"""
HEADINGS = ["Id", "Lone", "Reason", "Period", "Began", "Weekday"]


def contract_in(folder: Path) -> contracts.Contract:
    (folder / "absences").mkdir(exist_ok=True)
    (folder / "absences" / "contract.yaml").write_text(ABSENCES, encoding="utf-8")
    (folder / "absences" / "suite.yaml").write_text("expectations: []\n", encoding="utf-8")
    return contracts.load([folder])["absences"]


@pytest.fixture
def column(tmp_path):
    """(value, what could not be read) of the cells of one column."""

    def make(heading: str, *cells: str) -> list[tuple]:
        rows = [[f"A{number}", *["" for _ in HEADINGS[1:]]] for number in range(len(cells))]
        for row, cell in zip(rows, cells, strict=True):
            row[HEADINGS.index(heading)] = cell
        return [(row[heading.lower()], row.get(f"unread_{heading.lower()}")) for row in conformed(tmp_path, rows)]

    return make


def conformed(folder: Path, rows: list[list]) -> list[dict]:
    contract, path = contract_in(folder), folder / "absences.csv"
    path.write_text(table(HEADINGS, rows), encoding="utf-8")
    arrival = land.arrive(path, folder)
    with duckdb.connect() as con:
        found = read.readable(arrival, contract, folder)
        conform.conform(con, arrival, found, contract, folder / "out.parquet")
        told = con.execute("FROM read_parquet(?)", [str(folder / "out.parquet")])
        names = [each[0] for each in told.description]
        return [dict(zip(names, row, strict=True)) for row in told.fetchall()]


def test_yes_and_no_have_many_words(column):
    yes, no = ["yes", "Y", "TRUE", "1", "alone", " On own "], ["no", "n", "False", "0", "ACCOMPANIED"]
    other = ["perhaps", "2", "yes!"]
    assert column("Lone", *yes, *no, *other, "") == [
        *[(True, None)] * len(yes), *[(False, None)] * len(no), *[(None, cell) for cell in other], (None, None),
    ]  # fmt: skip


def test_of_a_cell_only_the_part_that_counts_is_read(column):
    cells = ["S10 Anxiety", " s10", "S99 Unknown", "S1", ""]
    assert [value for value, _ in column("Reason", *cells)] == ["stress", "stress", "S99", "S1", None]
    assert column("Period", "202509 to 202510", "202510 ", "2025", "202509 to 2025-10", "") == [
        (dt.date(2025, 10, 1), None), (dt.date(2025, 10, 1), None), (None, "2025"), (None, "025-10"), (None, None),
    ]  # fmt: skip


def test_a_date_may_have_several_forms(column):
    read_as = column(
        "Began", "31/01/2025 00:00", "31/01/2025", "2025-01-31", "2025-01-31 00:00:00", "31/12/4712 00:00", "31.1.2025"
    )
    assert read_as == [*[(dt.date(2025, 1, 31), None)] * 4, (None, None), (None, "31.1.2025")]


def test_month_first_is_found_in_any_of_the_forms(column):
    for cells in (["12/31/2025 00:00", "1/2/2025 00:00"], ["1/2/2025", "12/31/2025"]):
        with pytest.raises(
            UnreadableExtract, match=r"changed places in Began \(1 of its dates cannot be read otherwise\)"
        ):
            column("Began", *cells)


# ---- the weekday beside a date -------------------------------------------------------------------------------------


def dated(*rows: tuple[str, str]) -> list[list]:
    return [[f"A{number}", "", "", "", began, weekday] for number, (began, weekday) in enumerate(rows)]


GOOD = [
    ("03/02/2025", "Mon"),
    ("04/02/2025", "TUESDAY"),
    ("05/02/2025", "wed"),
    ("06/02/2025", "Thurs"),
    ("", "Fri"),
    ("07/02/2025", ""),
]


def test_a_row_whose_weekday_is_another_is_set_aside(engine, source):
    source("absences", ABSENCES)
    rows = dated(*GOOD, ("14/02/2025", "Mon"), ("15/02/2025", "Someday"))
    engine.drop("episodes.csv", table(HEADINGS, rows))
    engine.run("build")
    [receipt] = read_receipts(engine.workspace, "absences")
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (6, 2)
    assert receipt.set_aside == [{"heading": "Weekday", "reason": "is not the weekday of Began", "rows": 2}]
    said = engine.run("receipts", "--rows").said
    assert "line 8: Weekday “Mon” is not the weekday of Began" in said


@pytest.mark.parametrize(
    "rows",
    [
        # 2 January and 3 February 2025 and so on, saved with the month first: all can be read either way.
        [("01/02/2025", "Thu"), ("02/03/2025", "Mon"), ("03/04/2025", "Fri")],
        [*GOOD, *GOOD, *GOOD, ("01/02/2025", "Thu"), ("02/03/2025", "Mon")],
        [
            ("03/02/2025", "Tue"),
            ("04/02/2025", "Wed"),
            ("13/02/2025", "Fri"),
            ("14/02/2025", "Fri"),
            ("15/02/2025", "Sat"),
        ],
    ],
)
def test_a_file_whose_weekdays_show_that_its_dates_are_wrong_is_refused(tmp_path, rows):
    with pytest.raises(UnreadableExtract, match=r"day and month have changed places in Began .* weekday in Weekday"):
        conformed(tmp_path, dated(*rows))


@pytest.mark.parametrize("rows", [GOOD, [*GOOD, ("01/02/2025", "Thu")], [("03/02/2025", "Tue"), ("14/02/2025", "Mon")]])
def test_one_slip_or_two_do_not_refuse_a_file(tmp_path, rows):
    assert len(conformed(tmp_path, dated(*rows))) == len(rows)


# ---- order ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", contracts.load([EXPECTATIONS]))
def test_duckdb_promises_to_keep_the_order_of_the_rows(source, tmp_path):
    """Rows are tied to their lines by their order. DuckDB writes in order only where nothing in the plan may change it: a
    join of its own making, as of IN with many words, would let it write as it pleases."""
    contract = contracts.load([EXPECTATIONS])[source]
    path = contract.folder / "sample.csv"
    arrival = land.arrive(path, path.parent)
    found = read.readable(arrival, contract, tmp_path)
    places = conform.match_headings(arrival, found, contract)
    names = {column: Names({"a": "A"}, loosely=True) for column in contract.refers}
    meanings = Meanings(Key(bytes(32)), names)
    with duckdb.connect() as con:
        lookups.lay_out(con, contract, found, places, meanings, conform._relation(found, contract))
        copy = (
            f"COPY ({conform.rows_sql(found, contract, places, meanings)}) TO '{tmp_path}/out.parquet' (FORMAT parquet)"
        )
        plan = con.execute(f"EXPLAIN {copy}").fetchall()[-1][1]
    assert re.search(r"batch copy to file", plan.replace("_", " "), re.IGNORECASE), plan
    assert not re.search(r"hash join|mark join", plan.replace("_", " "), re.IGNORECASE), plan
