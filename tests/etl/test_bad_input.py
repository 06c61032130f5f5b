"""What arrives broken is refused or set aside in plain words, row by row and file by file, and the rest is published."""

import io

import duckdb
import openpyxl
import pytest
import xlwt
from msoffcrypto.format.ooxml import OOXMLFile

from etl.build import load_contracts
from etl.database import connect
from etl.intake import read
from etl.intake.take_in import take_in
from etl.paths import Workspace
from etl.store.receipts import read_receipts
from tests.conftest import Engine, sickness, sickness_row

SECRET = "Zq7 told in confidence"  # stands in cells of every bad file, and must never reach a release
BEDS = """
title: Beds
owner: x
file: beds*
published: true
each_file: adds
key: [unit, month_end]
month_of: month_end
columns:
  unit: {headers: [Unit, Ward]}
  month_end: {headers: [Month], type: date, format: "%d/%m/%Y"}
  beds: {headers: [Beds, Number of beds], type: number, optional: true, thousands: ","}
  closed: {headers: [Closed], type: date, format: "%d/%m/%Y", optional: true, heading_optional: true}
"""
GOOD = "Unit,Month,Beds\nElm,31/01/2023,5\nOak,31/01/2023,7\n"


def workbook(password: str | None = None) -> bytes:
    book, file, closed = openpyxl.Workbook(), io.BytesIO(), io.BytesIO()
    for row in (["Unit", "Month", "Beds"], [SECRET, "31/01/2023", 5]):
        book.active.append(row)
    book.save(file)
    if password is None:
        return file.getvalue()
    OOXMLFile(file).encrypt(password, closed)
    return closed.getvalue()


def old_workbook() -> bytes:
    book, file = xlwt.Workbook(), io.BytesIO()
    book.add_sheet("Data").write(0, 0, SECRET)
    book.save(file)
    return file.getvalue()


def parquet(tmp_path, rows: str = "(SELECT 'Elm' AS Unit, '31/01/2023' AS Month, 5 AS Beds)") -> bytes:
    path = tmp_path / "made.parquet"
    duckdb.execute(f"COPY {rows} TO '{path}' (FORMAT parquet)")
    return path.read_bytes()


# ---- files that are refused: name: (content, what the sentence says) -----------------------------------------------

REFUSED = {
    "renamed heading": (
        GOOD.replace("Beds", "Bedz").replace("Elm", SECRET),
        "has no heading for beds: it may be called Beds or Number of beds. The headings found are Unit, Month, Bedz.",
    ),
    "no heading at all": (f"{SECRET},31/01/2023,5\nOak,31/01/2023,7\n", "None of the headings found is known"),
    "two headings for one column": (
        GOOD.replace("Beds", "Beds,Number of beds").replace("Elm", SECRET),
        "'Beds' and 'Number of beds' both mean beds; leave only one of them in",
    ),
    "empty": ("", "is empty; nothing was exported into it"),
    "blank lines only": ("\n\n  \n", "is empty"),
    "only a byte-order mark": ("".encode("utf-16"), "is empty"),
    "headings only": ("Unit,Month,Beds\n", "has headings and no rows"),
    "parquet without rows": (lambda tmp: parquet(tmp, "(SELECT 'a' AS Unit, 'b' AS Month, 1 AS Beds LIMIT 0)"), "has headings and no rows"),
    "cut in mid-row": (GOOD + f"{SECRET},31/01", "stops in the middle of line 4: it was cut short"),
    "cut in mid-row, utf-16": ((GOOD + f"{SECRET},31/01").encode("utf-16"), "stops in the middle of line 4"),
    "cut in mid-row, after a cell of two lines": (
        f'Unit,Month,Beds,Note\nElm,31/01/2023,5,"a\nb"\n{SECRET},31/01',
        "stops in the middle of line 4",
    ),
    "cut in mid-letter": ((GOOD + "Gŵynedd,31/01/2023,5\nAsh,31/01/2023,ŷ").encode()[:-1], "line 5: has letters that are not UTF-8"),
    "cut workbook": (lambda tmp: workbook()[:-600], "it may have been cut short"),
    "cut old workbook": (lambda tmp: old_workbook()[:2000], "it may have been cut short"),
    "cut parquet": (lambda tmp: parquet(tmp)[:-9], "is a Parquet file that was cut short or damaged"),
    "quote that never closes": (GOOD + f'"{SECRET},31/01/2023,5\nAsh,31/01/2023,4\n', "line 4: a quotation mark opens"),
    "quotes that swallow each other": (
        GOOD + f'"{SECRET},31/01/2023,5\nAsh,31/01/2023,4\nFir,31/01/2023,"4\n',
        "line 4: a quotation mark opens",
    ),
    "quotes that close validly around a row": (
        f'Unit,Month,Beds\n1,"{SECRET},5\n2,31/01/2023",6\nElm,31/01/2023,5\n',
        "line 2: a quotation mark opens",
    ),
    "padded quotes around a row": (
        f'Unit,Month,Beds\n1, "{SECRET},5\n2,31/01/2023",6\nElm,31/01/2023,5\n',
        "line 2: a quotation mark opens",
    ),
    "quote in mid-cell": (GOOD + f'"{SECRET}" II,31/01/2023,5\n"Ash",31/01/2023,4\n', "line 4: a quotation mark opens"),
    "web page": (f"\n<!-- saved --><html><body><table><tr><td>{SECRET}", "is a web page, not a table"),
    "web page in capitals": (f"<HTML><BODY>{SECRET}", "is a web page, not a table"),
    "pdf": (f"%PDF-1.7 {SECRET}", "is a PDF"),
    "archive": (b"\x1f\x8b\x08" + SECRET.encode(), "is a compressed archive"),
    "image": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0" + SECRET.encode() * 9, "is not a text file"),
    "password": (lambda tmp: workbook("secret"), "is protected by a password; save it without one"),
    "all rows month first": (
        f"Unit,Month,Beds\n{SECRET},01/31/2023,5\nOak,2/1/2023,7\n",
        "day and month have changed places in Month (1 of its dates cannot be read otherwise)",
    ),
    "too few cells by far": ("Unit,Month,Beds\n" + f"{SECRET}\n" * 60_000, "too many rows have more or fewer cells than the 3 headings"),
}  # fmt: skip


# ---- rows that are set aside or left out: (content, (read, accepted, set aside, left out), what `receipts --rows` says) --

ROWS = {
    "text in a number column": (
        GOOD + f"Ash,31/01/2023,{SECRET}\n",
        (3, 2, 1, 0),
        [f"line 4: Beds “{SECRET}” is not a number"],
    ),
    "not a finite number": (
        GOOD + "Ash,31/01/2023,nan\nFir,31/01/2023,-inf\nYew,31/01/2023,1e999\n",
        (5, 2, 3, 0),
        ["line 4: Beds “nan” is not a number", "line 5: Beds “-inf” is", "line 6: Beds “1e999” is"],
    ),
    "a decimal comma where thousands have one": (
        GOOD + 'Ash,31/01/2023,"1,5"\nFir,31/01/2023,"1,500"\nYew,31/01/2023,"1,50,000"\n',
        (5, 3, 2, 0),
        ["line 4: Beds “1,5” is not a number", "line 6: Beds “1,50,000” is not a number"],
    ),
    "duplicate key": (
        GOOD + f"{SECRET},31/01/2023,4\n{SECRET},31/01/2023,5\nElm,31/01/2023,5\n",
        (5, 2, 2, 1),
        ["line 4: Unit and Month stands twice", "line 5: Unit and Month stands twice"],
    ),
    "too few and too many cells": (
        f"Unit,Month,Beds\nElm,31/01/2023,5\n{SECRET},31/01/2023\nOak,31/01/2023,7\n\nAsh,{SECRET},31/01/2023,4,9\n",
        (4, 2, 2, 0),
        ["line 3: has 2 cells where 3 headings stand", "line 6: has 5 cells where 3 headings stand"],
    ),
    "too few cells after cells of two lines": (
        'Unit,Month,Beds,Note\nElm,31/01/2023,5,"a\nb"\n\nOak,31/01/2023\nAsh,31/01/2023,x,"c\n\nd"\nFir,31/01/2023,y,\nYew\n',
        (5, 1, 4, 0),
        ["line 5: has 2 cells where 4", "line 6: Beds “x” is not a number", "line 9: Beds “y” is", "line 10: has 1 cells"],
    ),
    "one row month first": (
        GOOD + "Ash,01/31/2023,4\n",
        (3, 2, 1, 0),
        ["line 4: Month “01/31/2023” is not a date"],
    ),
    "year of two digits": (
        GOOD + "Ash,31/01/23,4\nFir,31/01/0023,4\nYew,31/01/1823,4\n",
        (5, 2, 3, 0),
        ["line 4: Month “31/01/23” is not a date", "line 5: Month “31/01/0023” is", "line 6: Month “31/01/1823” is"],
    ),
    "end of time": (
        "Unit,Month,Beds,Closed\nElm,31/01/2023,5,31/12/4712\nOak,31/01/2023,5,31/12/9999\nAsh,31/01/2023,5,01/01/0001\n"
        "Fir,31/12/4712,5,\nYew,31/01/2023,5,31/12/2999\n",
        (5, 3, 2, 0),
        ["line 5: Month “31/12/4712” is empty", "line 6: Closed “31/12/2999” is not a date"],
    ),
    "trailing blank rows": (
        GOOD + ",,\n,,\n,,,,,\n,\n \n , ,\u00a0\n",
        (8, 2, 0, 6),
        [],
    ),
    "an empty key": (GOOD + ",31/01/2023,4\n", (3, 2, 1, 0), ["line 4: Unit is empty"]),
    "cells of several lines": (
        'Unit,Month,Beds,Note\nElm,31/01/2023,5,"first, then\nsecond\n\n""third"""\n"Oak",31/01/2023,x,"5"" tape"\n',
        (2, 1, 1, 0),
        ["line 6: Beds “x” is not a number"],
    ),
    "quotes that open nothing": (GOOD + 'Bay 6",31/01/2023,4\n', (3, 3, 0, 0), []),
}  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> tuple[Engine, str, int, str]:
    """One build that takes in a good return beside everything bad, what it said, its exit code, and `receipts --rows`."""
    tmp = tmp_path_factory.mktemp("bad_input")
    workspace = Workspace(tmp / "workspace")
    workspace.make()
    engine = Engine(workspace.home, workspace)
    (workspace.expectations / "beds").mkdir(parents=True)
    (workspace.expectations / "beds" / "contract.yaml").write_text(BEDS, encoding="utf-8")
    (workspace.expectations / "beds" / "suite.yaml").write_text("expectations: []\n", encoding="utf-8")
    engine.drop("sickness_return.csv", sickness(sickness_row("ABC", 50, 1000)))
    for name, (content, *_) in (REFUSED | ROWS).items():
        engine.drop(f"beds {name}.csv", content(tmp) if callable(content) else content)
    done = engine.run("build")
    return engine, done.said, done.code, engine.run("receipts", "--rows").said


def test_the_rest_is_published_and_the_exit_code_tells_of_the_refusals(built):
    engine, said, code, _ = built
    assert code == 3 and f"{len(REFUSED)} files were refused" in said
    assert "Traceback" not in said and "panicked" not in said
    assert engine.value("sickness_rate", "ABC", "2023-01-01") == (5.0, "yes")


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_file_is_refused_in_one_plain_sentence(built, name):
    engine, said, _, _ = built
    file = engine.file(f"beds {name}.csv")
    assert file["outcome"] == "refused" and REFUSED[name][1] in file["sentence"]
    assert f"beds {name}.csv: refused. {file['sentence']}\n" in said
    assert (
        file["sentence"].startswith(f"beds {name}.csv")
        and file["sentence"].endswith(".")
        and "\n" not in file["sentence"]
    )
    assert [file[rows] for rows in ("rows_read", "rows_accepted", "rows_quarantined", "rows_left_out")] == [0] * 4


@pytest.mark.parametrize("name", ROWS)
def test_a_bad_row_is_set_aside_with_its_line_heading_and_cell(built, name):
    engine, said, _, rows = built
    file = engine.file(f"beds {name}.csv")
    counts = tuple(file[f"rows_{what}"] for what in ("read", "accepted", "quarantined", "left_out"))
    assert (file["outcome"], counts) == ("accepted", ROWS[name][1]), file["sentence"]
    assert f"beds {name}.csv: {file['sentence']}\n" in said
    about = [line for line in rows.splitlines() if line.startswith(f"beds {name}.csv, ")]
    assert len(about) == len(ROWS[name][2])
    for line, expected in zip(about, ROWS[name][2], strict=True):
        assert expected in line
    assert sum(each["rows"] for each in file["set_aside"]) >= counts[2] + counts[3]


def test_an_end_of_time_date_means_open(built):
    engine = built[0]
    path = engine.workspace.store / "beds" / "*.parquet"
    closed = duckdb.sql(
        f"SELECT count(closed), count(*) FROM read_parquet('{path}', union_by_name = true) WHERE beds IS NOT NULL"
    )
    assert closed.fetchall()[0][0] == 0


def test_a_release_holds_no_cell_of_a_bad_file(built):
    engine = built[0]
    tables = engine.ask("SELECT table_schema || '.' || table_name FROM information_schema.tables")
    for (table,) in tables:
        told = engine.ask(f"SELECT count(*) FROM {table} AS every WHERE contains(every::VARCHAR, ?)", SECRET[:3])
        assert told == [(0,)], table


# ---- references ----------------------------------------------------------------------------------------------------

TEAMS = "title: Teams\nowner: x\nfile: teams*\npublished: true\neach_file: replaces_all\nkey: [unit]\ncolumns:\n  unit: {headers: [Unit]}\n"


@pytest.fixture
def beds_of_teams(source):
    source("teams", TEAMS)
    source("beds", BEDS.replace("headers: [Unit, Ward]", "headers: [Unit, Ward], refers_to: teams"))


def test_an_unknown_unit_is_set_aside_and_taken_again_when_it_is_known(engine, beds_of_teams):
    engine.drop("teams.csv", "Unit\nElm\n")
    engine.drop("beds.csv", GOOD)
    assert engine.run("build").code == 0
    file = engine.file("beds.csv")
    assert (file["rows_read"], file["rows_accepted"], file["rows_quarantined"], file["rows_left_out"]) == (2, 1, 1, 0)
    assert engine.ask("SELECT source, name, rows FROM meta.unknown_name") == [("beds", "Oak", 1)]
    assert "beds.csv, line 3: Unit “Oak” is not known" in engine.run("receipts", "--rows").said
    engine.drop("teams.csv", "Unit\nElm\nOak\n")
    assert "beds.csv: All 2 rows accepted." in engine.run("build").said
    assert (engine.file("beds.csv")["rows_accepted"], engine.file("beds.csv")["rows_quarantined"]) == (2, 0)
    assert engine.ask("SELECT * FROM meta.unknown_name") == []


def test_a_file_waits_for_the_reference_it_needs(engine, beds_of_teams):
    engine.drop("sickness_return.csv", sickness(sickness_row()))
    engine.drop("beds.csv", GOOD)
    built = engine.run("build")
    assert (
        built.code == 3
        and "Beds names things that Teams must know, and no file of that has been accepted yet" in built.said
    )
    assert engine.file("beds.csv")["outcome"] == "refused"
    engine.drop("teams.csv", "Unit\nElm\nOak\n")
    assert engine.run("build").code == 0
    assert engine.file("beds.csv")["rows_accepted"] == 2


# ---- expectations --------------------------------------------------------------------------------------------------

SUITE = """
expectations:
  - type: {kind}
    kwargs: {kwargs}
    severity: {severity}
    meta: {{about: Beds are believable, says: is not to be believed, why: A slip of the keyboard.}}
"""


def test_a_critical_expectation_refuses_the_file(engine, source):
    kwargs = "{column: beds, max_value: 6}"
    source("beds", BEDS, SUITE.format(kind="expect_column_values_to_be_between", kwargs=kwargs, severity="critical"))
    engine.drop("sickness_return.csv", sickness(sickness_row()))
    engine.drop("beds.csv", GOOD)
    built = engine.run("build")
    assert built.code == 3 and "beds.csv is refused: “Beds are believable” does not hold in 1 rows." in built.said
    assert engine.file("beds.csv")["outcome"] == "refused"
    source("beds", BEDS, SUITE.format(kind="expect_column_values_to_be_between", kwargs=kwargs, severity="warning"))
    assert engine.run("build").code == 0
    assert (engine.file("beds.csv")["rows_accepted"], engine.file("beds.csv")["rows_quarantined"]) == (1, 1)
    assert "beds.csv, line 3: Beds “7” is not to be believed" in engine.run("receipts", "--rows").said


def test_an_expectation_that_cannot_be_checked_refuses_the_file(engine, source):
    kwargs = '{unexpected_rows_query: "SELECT row FROM {batch} WHERE no_such_column > 0"}'
    source("beds", BEDS, SUITE.format(kind="unexpected_rows_expectation", kwargs=kwargs, severity="warning"))
    engine.drop("sickness_return.csv", sickness(sickness_row()))
    engine.drop("beds.csv", GOOD)
    built = engine.run("build")
    assert built.code == 3 and "“Beds are believable” could not be checked; mend it in beds/suite.yaml" in built.said
    assert "Traceback" not in built.said and "no_such_column" not in engine.file("beds.csv")["sentence"]


def test_an_expectation_that_does_not_exist_refuses_the_file(engine, source):
    source("beds", BEDS, SUITE.format(kind="expect_kindness", kwargs="{column: beds}", severity="warning"))
    engine.drop("sickness_return.csv", sickness(sickness_row()))
    engine.drop("beds.csv", GOOD)
    built = engine.run("build")
    assert built.code == 3 and "Great Expectations has no expect_kindness" in built.said
    assert engine.file("beds.csv")["outcome"] == "refused"


@pytest.mark.parametrize(
    ("kind", "kwargs"),
    [
        ("expect_table_columns_to_match_ordered_list", "{column_list: [beds]}"),  # observes a list
        ("expect_column_values_to_be_of_type", "{column: beds, type_: VARCHAR}"),  # a type
        ("expect_column_mean_to_be_between", "{column: beds, min_value: 900}"),  # a figure that counts no rows
    ],
)
@pytest.mark.parametrize("severity", ["critical", "info"])
def test_what_speaks_of_no_rows_counts_none(engine, source, kind, kwargs, severity):
    source("beds", BEDS, SUITE.format(kind=kind, kwargs=kwargs, severity=severity))
    engine.drop("beds.csv", GOOD)
    take_in_only(engine)
    [receipt] = read_receipts(engine.workspace, "beds")
    assert receipt.outcome == ("refused" if severity == "critical" else "accepted")
    assert severity == "info" or receipt.sentence == "beds.csv is refused: “Beds are believable” does not hold."
    [result] = [each for each in receipt.expectations if each["about"] == "Beds are believable"]
    assert (result["status"], result["unexpected"]) == ("failed", 0)


def test_what_great_expectations_cannot_ask_is_the_suites_fault(engine, source):
    kind, kwargs = "expect_column_quantile_values_to_be_between", "{column: beds, quantile_ranges: {}}"
    source("beds", BEDS, SUITE.format(kind=kind, kwargs=kwargs, severity="info"))
    engine.drop("beds.csv", GOOD)
    take_in_only(engine)
    [receipt] = read_receipts(engine.workspace, "beds")
    assert receipt.outcome == "refused" and f"cannot ask, one of {kind}" in receipt.sentence


def take_in_only(engine):
    with connect(engine.workspace) as con:
        take_in(con, engine.workspace, load_contracts(engine.workspace), lambda _: None, lambda _: None)


# ---- files of nobody's, or of two ----------------------------------------------------------------------------------


def test_a_file_of_no_source_or_of_two_is_refused_with_the_patterns(engine, source):
    source("beds", BEDS)
    source("old_beds", BEDS.replace("file: beds*", "file: [beds_old*, bunks*]"))
    engine.drop("sickness_return.csv", sickness(sickness_row()))
    engine.drop("beds_old.csv", GOOD)
    engine.drop("holidays.csv", GOOD)
    assert engine.run("build").code == 3
    receipts = engine.run("receipts").said
    for name, words in {
        "beds_old.csv": "could belong to beds or old_beds",
        "holidays.csv": "; old_beds (beds_old*, bunks*); ",
    }.items():
        assert words in engine.file(name)["sentence"] and words in receipts
        assert engine.file(name)["outcome"] == "refused"


# ---- files that are still being written ----------------------------------------------------------------------------


def add_a_row(path) -> None:
    with path.open("a") as file:
        file.write("Ash,31/01/2023,4\n")


@pytest.mark.parametrize("when", ["while it is looked at", "while it is read"])
def test_a_file_that_is_still_being_written_waits_for_the_next_build(engine, source, monkeypatch, when):
    source("beds", BEDS)
    engine.drop("sickness_return.csv", sickness(sickness_row()))
    path, grown = engine.drop("beds.csv", GOOD), []
    opened, readable = type(path).open, read.readable

    def growing(self, mode="r", *arguments, **named):
        file = opened(self, mode, *arguments, **named)
        if self == path and mode == "rb" and not grown:
            grown.append(path)
            add_a_row(path)
        return file

    def read_meanwhile(arrival, *arguments):
        table = readable(arrival, *arguments)
        if arrival.path == path:
            add_a_row(path)
        return table

    if when == "while it is looked at":
        monkeypatch.setattr(type(path), "open", growing)
    else:
        monkeypatch.setattr(read, "readable", read_meanwhile)
    assert engine.run("build").code == 3
    file = engine.file("beds.csv")
    assert file["outcome"] == "refused" and "changed while it was being read" in file["sentence"]
    assert engine.value("sickness_rate", "ABC", "2023-01-01") == (5.0, "yes")
    monkeypatch.undo()
    assert engine.run("build").code == 0
    assert engine.file("beds.csv")["rows_accepted"] == 3


def test_a_refused_file_says_which_expectation_it_broke(engine, source):
    suite = (
        "expectations:\n- type: expect_column_values_to_be_between\n  kwargs: {column: beds, max_value: 10}\n"
        "  severity: critical\n  meta: {about: No ward has more than ten beds, why: It would be another place.}\n"
    )
    source("beds", BEDS, suite)
    engine.drop("sickness_return.csv", sickness(sickness_row()))
    engine.drop("beds.csv", GOOD.replace(",5", ",50"))
    assert engine.run("build").code == 3
    broken = engine.ask(
        "SELECT about, severity, status FROM meta.expectation WHERE source = 'beds' AND status = 'failed'"
    )
    assert broken == [("No ward has more than ten beds", "critical", "failed")]
