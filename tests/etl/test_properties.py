"""What must hold for any file: every row is accounted for, a cell means what Python reads in it, and order does not matter."""

import csv
import datetime as dt
import io
import itertools
import math
import os
import re
import tempfile
from pathlib import Path
from unittest import mock

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from etl import build
from etl.config import contracts
from etl.config.contracts import Contract
from etl.intake import land, read
from etl.intake.conform import conform
from etl.intake.land import UnreadableExtract
from etl.paths import Workspace
from etl.quoting import quoted_text
from etl.release.sources import lay_out_sources
from etl.store.current_files import parts
from etl.store.hierarchy import Organisation
from etl.store.receipts import read_receipts
from tests.conftest import table

BEDS = """
title: Beds
owner: x
file: beds*
each_file: replaces_its_months
key: [unit, month_end]
month_of: month_end
columns:
  unit: {headers: [Unit]}
  month_end: {headers: [Month], type: date, format: "%d/%m/%Y"}
  beds: {headers: [Beds], type: number, optional: true, thousands: ","}
  plain: {headers: [Plain], type: number, optional: true}
  note: {headers: [Note], optional: true}
"""
HEADINGS = ["Unit", "Month", "Beds", "Plain", "Note"]
few = settings(max_examples=15, deadline=None)
fewer = settings(max_examples=4, deadline=None)
EDGES = " \t\u00a0"

anything = st.text(st.sampled_from('ab,";\n\t \u00a0éŵ|-/1.'), max_size=8)
numbers = st.one_of(
    st.floats(allow_nan=True).map(str),
    st.integers(-(10**20), 10**20).map(str),
    st.integers(-(10**9), 10**9).map("{:,}".format),
    st.text(st.sampled_from("0123456789.,-+eE "), max_size=8),
)
days = st.dates(dt.date(1890, 1, 1), dt.date(2210, 12, 31))
dates = st.one_of(
    days.map(lambda day: f"{day.day:02}/{day.month:02}/{day.year:04}"),
    days.map(lambda day: f"{day.day}/{day.month}/{day.year:04}"),
    days.map(dt.date.isoformat),
    days.map(lambda day: f" {day.isoformat()} 00:00:00\u00a0"),
    st.text(st.sampled_from("0123456789/-"), max_size=10),
)


def contract_in(folder: Path) -> Contract:
    (folder / "beds").mkdir(exist_ok=True)
    (folder / "beds" / "contract.yaml").write_text(BEDS, encoding="utf-8")
    (folder / "beds" / "suite.yaml").write_text("expectations: []\n", encoding="utf-8")
    return contracts.load([folder])["beds"]


def conformed(content: str) -> tuple[list[tuple], int]:
    """The rows of a file as typed, and how many have another shape. Raises UnreadableExtract."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "beds.csv"
        path.write_bytes(content.encode())
        contract, arrival = contract_in(folder), land.arrive(path, folder)
        found = read.readable(arrival, contract, folder)
        with duckdb.connect() as con:
            written = conform(con, arrival, found, contract, folder / "out.parquet")
            rows = con.execute(f"SELECT * FROM read_parquet({quoted_text(str(written.path))})").fetchall()
        assert len(rows) == written.rows
        return rows, len(written.misshapen)


def column(cells: list[str], place: int) -> list[tuple]:
    """(value, text that could not be read) of cells that stand in one column of a file, between good ones."""
    lines = [["Elm", "28/02/2023", "", "", "x"] for _ in cells]
    for line, cell in zip(lines, cells, strict=True):
        line[place] = cell
    rows, _ = conformed(table(HEADINGS, lines))
    unread = {1: 5, 2: 6, 3: 7}[place]
    return [(row[place], row[unread]) for row in rows]


# ---- Python's own reading, by the same rules -----------------------------------------------------------------------


def as_text(cell: str) -> str | None:
    cell = re.sub("\r\n?", "\n", cell)
    if cell.startswith(" ") or cell.endswith(" ") or "\u00a0" in cell:
        cell = cell.replace("\u00a0", " ").strip(EDGES)
    return cell or None


def as_number(cell: str, thousands: bool) -> float | None:
    cell = cell.strip(EDGES)
    if thousands and re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", cell):
        cell = cell.replace(",", "")
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", cell):
        return None
    value = float(cell)
    return value if math.isfinite(value) else None


def as_date(cell: str) -> dt.date | None:
    cell = cell.strip(EDGES)
    if found := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", cell):
        day, month, year = map(int, found.groups())
    elif found := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})( 00:00:00)?", cell):
        year, month, day = map(int, found.groups()[:3])
    else:
        return None
    try:
        return dt.date(year, month, day) if 1900 <= year <= 2199 else None
    except ValueError:
        return None


# ---- any file ------------------------------------------------------------------------------------------------------


@few
@given(
    st.lists(st.lists(anything, min_size=3, max_size=7), min_size=1, max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_every_row_of_any_file_is_read_or_known_to_be_misshapen(rows, line_end, quoting):
    file = io.StringIO()
    csv.writer(file, lineterminator=line_end, quoting=quoting).writerows([HEADINGS, *rows])
    try:
        accepted, misshapen = conformed(file.getvalue())
    except UnreadableExtract as error:  # only cells that look like rows that were swallowed
        assert "a quotation mark opens" in str(error) and any(re.search("[\r\n]", cell) for row in rows for cell in row)
        return
    assert len(accepted) + misshapen == len(rows)
    # DuckDB takes a row with empty cells too many; one with cells too few or too many is misshapen.
    whole = [row[:5] for row in rows if len(row) >= 5 and not any(row[5:])]
    assert [row[0] for row in accepted] == [as_text(row[0]) for row in whole]
    assert [row[4] for row in accepted] == [as_text(row[4]) for row in whole]


@few
@given(st.lists(numbers, min_size=1, max_size=12))
def test_a_number_is_what_python_reads(cells):
    for place, thousands in ((2, True), (3, False)):
        for cell, (value, unread) in zip(cells, column(cells, place), strict=True):
            assert value == as_number(cell, thousands), cell
            assert (unread is None) == (value is not None or not cell.strip(EDGES)), cell


@few
@given(st.lists(dates, min_size=1, max_size=12))
def test_a_date_is_what_python_reads(cells):
    # A day that can only be read as agreed stands first, so that the file is not taken for month-first.
    for cell, (value, unread) in zip(cells, column(["31/01/2023", *cells], 1)[1:], strict=True):
        assert value == as_date(cell), cell
        assert (unread is None) == (value is not None or not cell.strip(EDGES)), cell


# ---- any order -----------------------------------------------------------------------------------------------------


def taken_in(*files: list[list]) -> tuple[list[tuple], list]:
    """The rows of the source after the files arrived in this order, and their receipts."""
    with tempfile.TemporaryDirectory() as name:
        workspace = Workspace(Path(name))
        workspace.make()
        workspace.expectations.mkdir()
        contract = contract_in(workspace.expectations)
        for number, rows in enumerate(files):
            path = workspace.inbox / f"beds_{number}.csv"
            path.write_text(table(HEADINGS, rows), encoding="utf-8")
            os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
        con = build.connect(workspace)
        build.take_in(con, workspace, {"beds": contract}, lambda _: None, lambda _: None)
        kept = read_receipts(workspace, "beds")
        lay_out_sources(
            con, workspace, {"beds": contract}, {"beds": parts(contract, kept)}, dt.date(2100, 1, 1), Organisation()
        )
        rows = con.execute("SELECT unit, month_end, beds FROM source.beds ORDER BY ALL").fetchall()
        con.close()
        return rows, kept


units, ends = (
    st.sampled_from(["Elm", "Oak", "Ash", ""]),
    st.sampled_from(["31/01/2023", "28/02/2023", "31/03/2023", "n/a"]),
)
rows_of_beds = st.lists(
    st.tuples(units, ends, st.sampled_from(["5", "6", "", "x"]), st.just(""), st.just("")).map(list),
    min_size=1,
    max_size=9,
)


@fewer
@given(rows_of_beds, st.lists(st.sampled_from([["Elm", "31/01/2023"], ["", "", "", "", ""], ["a"] * 6]), max_size=3))
def test_rows_read_are_accepted_or_set_aside_or_left_out(rows, misshapen):
    _, [receipt] = taken_in([*rows, *misshapen])
    assert receipt.rows_read == len(rows) + len(misshapen)
    assert receipt.rows_read == receipt.rows_accepted + receipt.rows_quarantined + receipt.rows_left_out


@settings(max_examples=4, deadline=None)
@given(rows_of_beds)
def test_months_may_come_in_one_file_or_several_and_in_any_order(rows):
    months = [[row for row in rows if row[1] == end] for end in sorted({row[1] for row in rows})]
    # A file of the same bytes would be the same file, and the first three months are enough orders.
    whole, _ = taken_in(rows)
    for order in itertools.islice(itertools.permutations(months), 0, None, 3):
        assert taken_in(*order)[0] == whole


@settings(max_examples=200, deadline=None)
@given(
    lines=st.lists(st.sampled_from(["a,b", "ä,1", "", ",", "a", "a,b,c", " x ,y"]), max_size=12),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    ended=st.booleans(),
    skip=st.integers(0, 2),
    chunk=st.sampled_from([1, 2, 3, 5, 8, 13, 1 << 22]),
    few=st.sets(st.integers(0, 11), min_size=1) | st.none(),
)
def test_a_rows_line_is_found_as_by_walking_the_file(lines, end, ended, skip, chunk, few):
    """`rows_at` finds lines by their ends where no cell is quoted; walking the file says which they are."""
    text = end.join(["h,k"] * skip + lines) + end * ended
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "beds.csv"
        path.write_bytes(text.encode())
        plain = read.Table(path, "csv", ("h", "k"), skip_lines=skip, first_line=skip + 1, quoted=False)
        walked = [(line, cells[0]) for _, line, cells in read.records(plain)]
        misshapen = {line for line, cells in walked if cells.count(",") != 1}
        expected = [(line, cells.split(",")) for line, cells in walked if line not in misshapen]
        wanted = set(range(len(expected))) & (set(range(12)) if few is None else few)
        with mock.patch.object(read, "CHUNK", chunk):
            found = read.rows_at(plain, wanted, misshapen)
    assert found == {row: expected[row] for row in wanted}
