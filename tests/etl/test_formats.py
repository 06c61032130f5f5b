"""Whatever a file is written in, what it says is the same: every encoding, line end, delimiter, workbook and layout."""

import datetime as dt
import io

import duckdb
import openpyxl
import pytest
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from etl.intake import land, read
from etl.paths import Workspace
from tests.conftest import SICKNESS, Engine, table

# ---- writing the same rows in many ways ----------------------------------------------------------------------------


def is_number(cell) -> bool:
    return isinstance(cell, int | float)


def xlsx(*sheets: list[list], merged: tuple[str, ...] = (), names: tuple[str, ...] = ("Data", "Other")) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in zip(names, sheets, strict=False):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for cells in merged:
            sheet.merge_cells(cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def xls(rows: list[list]) -> bytes:
    book = xlwt.Workbook()
    sheet, style = book.add_sheet("Data"), xlwt.easyxf(num_format_str="DD/MM/YYYY")
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            sheet.write(number, place, cell, *([style] if isinstance(cell, dt.date) else []))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def ods(rows: list[list]) -> bytes:
    book, sheet = OpenDocumentSpreadsheet(), Table(name="Data")
    for row in rows:
        line = TableRow()
        for cell in row:
            if is_number(cell):
                made = TableCell(valuetype="float", value=str(cell))
            elif isinstance(cell, dt.date):
                made = TableCell(valuetype="date", datevalue=cell.isoformat())
            else:
                made = TableCell(valuetype="string")
            made.addElement(P(text=str(cell)))
            line.addElement(made)
        sheet.addElement(line)
    book.spreadsheet.addElement(sheet)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def parquet(rows: list[list], tmp_path, kind_of_date: str = "DATE") -> bytes:
    headings, *data = rows
    columns = [
        f'unnest({[str(row[place]) for row in data]})::{kind} AS "{heading}"'
        for place, heading in enumerate(headings)
        for kind in [
            kind_of_date
            if isinstance(data[0][place], dt.date)
            else "DOUBLE"
            if is_number(data[0][place])
            else "VARCHAR"
        ]
    ]
    path = tmp_path / "made.parquet"
    duckdb.execute(f"COPY (SELECT {', '.join(columns)}) TO '{path}' (FORMAT parquet)")
    return path.read_bytes()


def as_text(rows: list[list]) -> list[list]:
    return [[cell.strftime("%d/%m/%Y") if isinstance(cell, dt.date) else cell for cell in row] for row in rows]


def csv(rows: list[list], delimiter: str = ",", quoted: bool = False) -> str:
    if quoted:
        return "".join(delimiter.join(f'"{cell}"' for cell in row) + "\n" for row in as_text(rows))
    return table(as_text(rows)[0], as_text(rows)[1:], delimiter)


# ---- a return of the same figures for one organisation and month each, in every format -----------------------------

FORMATS = {
    "plain.csv": lambda rows, tmp: csv(rows),
    "every cell quoted.csv": lambda rows, tmp: csv(rows, quoted=True),
    "utf-8 with a mark.csv": lambda rows, tmp: csv(rows).encode("utf-8-sig"),
    "utf-16 with a mark.csv": lambda rows, tmp: csv(rows).encode("utf-16"),
    "utf-16 little end first.csv": lambda rows, tmp: csv(rows).encode("utf-16-le"),
    "utf-16 big end first.csv": lambda rows, tmp: csv(rows).encode("utf-16-be"),
    "windows-1252.csv": lambda rows, tmp: csv(rows).encode("cp1252"),
    "latin-1.csv": lambda rows, tmp: csv(rows).encode("latin-1"),
    "windows-1251.csv": lambda rows, tmp: csv(rows).encode("cp1251"),
    "CRLF.csv": lambda rows, tmp: csv(rows).replace("\n", "\r\n"),
    "CR.csv": lambda rows, tmp: csv(rows).replace("\n", "\r"),
    "line ends of several kinds.csv": lambda rows, tmp: csv(rows).replace("\n", "\r\n", 1) + "\r\n",
    "no last line end.csv": lambda rows, tmp: csv(rows).removesuffix("\n"),
    "blank lines.csv": lambda rows, tmp: csv(rows).replace("\n", "\n\n") + "\n\n",
    "semicolons.csv": lambda rows, tmp: csv(rows, ";"),
    "tabs.tsv": lambda rows, tmp: csv(rows, "\t"),
    "bars.txt": lambda rows, tmp: csv(rows, "|"),
    "a browser's copy [1].csv": lambda rows, tmp: csv(rows),
    "a workbook.xlsx": lambda rows, tmp: xlsx(rows),
    "an old workbook.xls": lambda rows, tmp: xls(rows),
    "an open workbook.ods": lambda rows, tmp: ods(rows),
    "an open workbook by name.csv": lambda rows, tmp: ods(rows),
    "a workbook by name.csv": lambda rows, tmp: xlsx(rows),
    "days.parquet": lambda rows, tmp: parquet(rows, tmp),
    "moments.parquet": lambda rows, tmp: parquet(rows, tmp, "TIMESTAMP"),
    "parquet by name.csv": lambda rows, tmp: parquet(rows, tmp),
}
TITLES = {
    "windows-1252.csv": "Café Trust – “A”",
    "latin-1.csv": "Café Ångström",
    "windows-1251.csv": "Больница № 5",
}
WELSH = "Ysbyty Gŵynedd"


def month_end(number: int) -> dt.date:
    return (dt.date(2021 + number // 12, number % 12 + 1, 28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(
        days=1
    )


def the_return(name: str) -> list[list]:
    number = list(FORMATS).index(name)
    first = [month_end(number), "R1", "Region one", "Q1", "System one", f"F{number:02}", TITLES.get(name, WELSH)]
    rows = [[*first, "All staff groups", 50.5, 1000], [*first, "Nurses", 7, 70.25]]
    return [SICKNESS, *rows]


# ---- the same beds in every layout -----------------------------------------------------------------------------------

HEADINGS = ["Unit", "Month", "Beds"]
BEDS = [["Elm", dt.date(2023, 1, 31), 5], ["Oak", dt.date(2023, 1, 31), 1234.5], ["Ash", dt.date(2023, 2, 28), ""]]
CONTRACT = """
title: Beds
owner: x
file: {name}*
published: true
each_file: replaces_all
key: [unit, month_end]
{extra}
columns:
  unit: {{headers: [Unit, Ward – Name], spellings: {{Elm: [elm ward, E.]}}}}
  month_end: {{headers: [Month], type: date, format: "%d/%m/%Y"}}
  beds: {{headers: [Beds, Number of Beds, Beds Open Number], type: number, optional: true, thousands: "{mark}"}}
"""
ROWS = csv([HEADINGS, *BEDS])
NOTED = csv([[*HEADINGS, "Note"], *([*row, "a note"] for row in BEDS)])
LAYOUTS = {  # name: (extra words of the contract, the mark between thousands, the file)
    "plain": ("", ",", ROWS),
    "title_rows": ("format: {skip_rows: 2}", ",", f"Beds of 2023\nmade on 1 March,,\n{ROWS}"),
    "quoted_title": ("format: {skip_rows: 1}", ",", f'"Beds, of\n2023"\n{ROWS}'),
    "broken_heading": ("", ",", ROWS.replace("Unit,Month,Beds", '"Unit",Month,"Number of\nBeds"')),
    "two_header_rows": (
        "format: {header_rows: 2}",
        ",",
        xlsx([["Unit", "Month", "Beds Open", ""], ["", "", "Number", "Note"], *BEDS], merged=("A1:A2", "C1:D1")),
    ),
    "two_header_lines": ("format: {header_rows: 2}", ",", ROWS.replace("Unit,Month,Beds", "Unit,Month,Beds Open\n,,Number")),
    "named_sheet": ("format: {sheet: Data}", ",", xlsx([HEADINGS, *BEDS], [["something else"], ["1"]])),
    "one_filled_sheet": ("", ",", xlsx([], [HEADINGS, *BEDS])),
    "totals": ("leave_out: {unit: [TOTAL, All units]}", ",", ROWS + "Total,31/01/2023,99\n\nall units,,7\n"),
    "missing_words": ('format: {missing: ["-", "n/a"]}', ",", ROWS[:-1] + " - \nn/a,-,-\n"),
    "spellings": ("", ",", ROWS.replace("Elm", "ELM Ward")),
    "short_spellings": ("", ",", ROWS.replace("Elm", "e.")),
    "padded": ("", ",", ROWS.replace("Elm", " Elm\u00a0").replace("1234.5", '" 1,234.5 "').replace("28/02/2023", " 28/02/2023\u00a0")),
    "nbsp_in_words": ("", ",", ROWS.replace("Elm", "Elm\u00a0Ward")),
    "thousands": ("", ",", ROWS.replace("1234.5", '"1,234.5"')),
    "thousands_space": ("", " ", ROWS.replace("1234.5", "1\u00a0234.5")),
    "thousands_point": ("", ".", csv([HEADINGS, *BEDS], ";").replace("1234.5", "1.234,5")),
    "decimal_comma": ("", ".", csv([HEADINGS, *BEDS], ";").replace("1234.5", "1234,5")),
    "thousands_point_in_a_workbook": ("", ".", xlsx([HEADINGS, *BEDS])),
    "heading_case": ("", ",", ROWS.replace("Unit,Month,Beds", "UNIT, month ,number_OF_ beds")),
    "heading_dash": ("", ",", ROWS.replace("Unit", "Ward - Name")),
    "heading_mark": ("", ",", "\ufeff" + ROWS.replace("Unit", "\ufeffUnit")),
    "many_lines_in_a_cell": ("", ",", NOTED.replace("a note", '"first\nsecond, and third"')),
    "a_long_note": ("", ",", NOTED.replace("a note", f'"{"x" * 200_000}"')),
}  # fmt: skip
EXPECTED = [
    ("Ash", dt.date(2023, 2, 28), None),
    ("Elm", dt.date(2023, 1, 31), 5.0),
    ("Oak", dt.date(2023, 1, 31), 1234.5),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Engine:
    """One build that takes in every format and layout."""
    tmp = tmp_path_factory.mktemp("formats")
    workspace = Workspace(tmp / "workspace")
    workspace.make()
    engine = Engine(workspace.home, workspace)
    for name, written in FORMATS.items():
        engine.drop(f"sickness_return {name}", written(the_return(name), tmp))
    for name, (extra, mark, content) in LAYOUTS.items():
        folder = workspace.expectations / name
        folder.mkdir(parents=True)
        (folder / "contract.yaml").write_text(
            CONTRACT.format(name=f"{name}-", extra=extra, mark=mark), encoding="utf-8"
        )
        (folder / "suite.yaml").write_text("expectations: []\n", encoding="utf-8")
        engine.drop(f"{name}-", content)
    engine.run("build")
    return engine


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_gives_the_same_values_as_a_plain_file(built, name):
    month, unit = month_end(list(FORMATS).index(name)).replace(day=1), f"F{list(FORMATS).index(name):02}"
    file = built.file(f"sickness_return {name}")
    assert (file["outcome"], file["rows_read"], file["rows_accepted"]) == ("accepted", 2, 2), file["sentence"]
    values = "SELECT numerator, denominator, value, shown FROM mart.value WHERE indicator = 'sickness_rate' AND unit = ? AND month = ?"
    assert built.ask(values, unit, month) == [(50.5, 1000, 5.05, "yes")]
    assert built.ask("SELECT title FROM meta.unit WHERE unit = ?", unit) == [(TITLES.get(name, WELSH),)]


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_gives_the_same_rows_as_a_plain_file(built, name):
    file = built.file(f"{name}-")
    assert (file["outcome"], file["rows_accepted"], file["rows_quarantined"]) == ("accepted", 3, 0), file["sentence"]
    assert file["rows_read"] == 3 + file["rows_left_out"]
    [path] = (built.workspace.store / name).glob("*.parquet")
    assert duckdb.read_parquet(str(path)).project("unit, month_end, beds").order("unit").fetchall() == EXPECTED


def test_totals_rows_are_left_out_and_counted(built):
    file = built.file("totals-")
    assert file["rows_left_out"] == 2
    assert file["set_aside"] == [{"heading": "Unit", "reason": "is a totals row", "rows": 2}]


# ---- layouts that are not the agreed one ---------------------------------------------------------------------------


@pytest.fixture
def refused(engine, source):
    """Builds one file of beds and gives the sentence by which it is refused."""

    def build(content: str | bytes, extra: str = "") -> str:
        source("beds", CONTRACT.format(name="beds", extra=extra, mark=","))
        engine.drop("beds.csv", content)
        built = engine.run("build")
        assert built.code == 3
        return built.said

    return build


def test_headings_in_another_line_are_found_and_shown(refused):
    assert "the headings seem to stand in line 3, not in line 1; set skip_rows: 2" in refused(f"Beds\n\n{ROWS}")


def test_several_sheets_without_a_name_are_listed(refused):
    assert "several sheets (Data, Other); name the right one" in refused(xlsx([HEADINGS, *BEDS], [["x"]]))


def test_a_sheet_that_is_not_there_names_those_that_are(refused):
    assert "no sheet 'Beds'; its sheets are Data" in refused(xlsx([HEADINGS, *BEDS]), "format: {sheet: Beds}")


def test_letters_that_are_not_of_the_named_encoding_are_refused(refused):
    said = refused(ROWS.replace("Elm", "Élan").encode("cp1252"), "format: {encoding: ascii}")
    assert "has letters that are not ascii" in said


def test_two_encodings_in_one_file_are_refused_with_the_line(refused):
    first, second = ROWS.replace("Elm", "Gŵynedd").encode(), "Élan,31/03/2023,4\n".encode("cp1252")
    assert "line 5: has letters that are not UTF-8, while others in it are" in refused(first + second)


def test_a_file_with_no_known_heading_does_not_show_its_first_row(refused):
    said = refused(ROWS.removeprefix("Unit,Month,Beds\n"))
    assert "None of the headings found is known" in said and "Elm" not in said


def test_a_parquet_file_is_read_by_a_connection_of_its_own(tmp_path):
    """Files are read side by side, and the connection that all of Python shares may be busy with another's rows."""
    (tmp_path / "days.parquet").write_bytes(parquet([["Unit"], ["Ash"]], tmp_path))
    arrival = land.arrive(tmp_path / "days.parquet", tmp_path)
    shared = duckdb.default_connection()
    shared.execute("FROM range(1_000_000)").fetchone()
    try:
        assert read._parquet(arrival).headings == ("Unit",)
    finally:
        shared.fetchall()
