"""Makes any file that has arrived one plain table of text: a CSV in UTF-8, or Parquet. What it is, its bytes have said."""

import csv
import datetime as dt
import io
import os
import re
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import numpy as np
import python_calamine

from etl.config.contracts import Contract
from etl.intake import parquet, workbook_limits
from etl.intake.encoding import transcoded
from etl.intake.headings import expect_bounded, expect_headings, expect_rows, expect_short, headings_of, matched
from etl.intake.land import CHUNK, Arrival, UnreadableExtract, endless_cell, kind_of
from etl.intake.size_limits import MAX_CELL_CHARACTERS, listed
from etl.paths import appearing

csv.field_size_limit(MAX_CELL_CHARACTERS)  # a long note is no error
ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Table:
    """A file made readable: a CSV of text in UTF-8, or Parquet."""

    path: Path
    kind: str  # csv, parquet
    headings: tuple[str, ...]
    delimiter: str = ","
    skip_lines: int = 0  # physical lines before the first row of data
    first_line: int = 1  # the line of the original file in which that row stands
    quoted: bool = True  # whether a record may span lines
    ascii_only: bool = False
    lines: int | None = None  # physical ones in all; None where we wrote the table ourselves, a row a line
    ends_in_newline: bool = True
    types: tuple[str, ...] = ()  # of a Parquet file's columns, as DuckDB calls them
    timezone: str = "UTC"  # by whose clock its moments are told, where they say that they are in UTC
    stated: Mapping[str, str] = field(default_factory=dict)  # our column → what the file's name says of all its rows


def readable(arrival: Arrival, contract: Contract, work: Path) -> Table:
    """The arrival as one table of text. Raises UnreadableExtract."""
    table = _readable(arrival, contract, work)
    said = stated_by(arrival, contract)
    return replace(table, stated=said) if said else table


def stated_by(arrival: Arrival, contract: Contract) -> dict[str, str]:
    """our column → what the file's own name says of every row in it. Raises UnreadableExtract where it is no date."""
    found = {}
    for column in contract.columns:
        match = re.search(column.in_file_name, Path(arrival.name).name) if column.in_file_name else None
        if match:
            found[column.name] = text = match.group()
            if column.type in ("date", "timestamp") and not any(_is_date(text, form) for form in column.formats):
                raise UnreadableExtract(
                    f"{arrival.name}: its name says {text} for {column.name}, which is no date as {', '.join(column.formats)}."
                )
    return found


def _is_date(text: str, form: str) -> bool:
    try:
        return bool(dt.datetime.strptime(text, form))
    except ValueError:
        return False


def _readable(arrival: Arrival, contract: Contract, work: Path) -> Table:
    try:
        kind = kind_of(arrival)
        if kind == "parquet":
            table = _parquet(arrival)
            parquet.expect_cells(arrival, table.headings, table.types, contract)
            return table
        if kind == "workbook":
            return _workbook(arrival, contract, work)
        if arrival.plain_text and not arrival.mixed_lines:
            return _csv(arrival, arrival.path, arrival.lines, arrival.ends_in_newline, contract, work)
        return _csv(arrival, *transcoded(arrival, contract, work), contract, work)
    except csv.Error:
        raise UnreadableExtract(endless_cell(arrival)) from None
    except FileNotFoundError:
        arrival.check_unchanged()
        raise


# ---- CSV ------------------------------------------------------------------------------------------------------------


def _csv(arrival: Arrival, path: Path, lines: int, ends_in_newline: bool, contract: Contract, work: Path) -> Table:
    layout = contract.format
    with path.open(encoding="utf-8", newline="") as file:
        opening = [line for line, _ in zip(file, range(layout.skip_rows + layout.header_rows + 30), strict=False)]
    expect_short(arrival, opening[: layout.skip_rows + layout.header_rows])
    if not any(line.strip("\ufeff \t\r\n") for line in opening) and len(opening) == lines:
        raise UnreadableExtract(f"{arrival.name} is empty; nothing was exported into it.")
    delimiter = layout.delimiter or best_delimiter(opening, contract)
    rows, ends = _first_records(opening, delimiter)
    headings, records = headings_of(rows, contract)
    expect_headings(arrival, headings, rows, contract)
    last = ends[records - 1] if records else 0
    expect_rows(arrival, any(line.strip() for line in opening[last:]))
    table = Table(
        path,
        "csv",
        headings,
        delimiter,
        skip_lines=last,
        first_line=last + 1,
        quoted=arrival.quotes > 0,
        ascii_only=arrival.ascii_only,
        lines=lines,
        ends_in_newline=ends_in_newline,
    )
    if last != records:
        table = _without_headings(arrival, table, work)
    if arrival.quotes % 2:
        check_quotes(arrival, table)
    return table


def _without_headings(arrival: Arrival, table: Table, work: Path) -> Table:
    """The rows alone: where a heading spans lines, DuckDB would count it as one line to skip, and skip rows of data."""
    out = work / f"{arrival.content[:16]}.rows.csv"
    with appearing(out, work) as unfinished, table.path.open(encoding="utf-8", newline="") as file:
        for _ in range(table.skip_lines):
            file.readline()
        with unfinished.open("w", encoding="utf-8", newline="") as rows:
            while chunk := file.read(CHUNK):
                rows.write(chunk)
    return replace(table, path=out, skip_lines=0, lines=table.lines - table.skip_lines)


def check_quotes(arrival: Arrival, table: Table) -> None:
    """Raises UnreadableExtract if a quotation mark makes it impossible to tell the rows apart."""
    if line := open_quote(table.path, table.delimiter, len(table.headings)):
        line += table.first_line - table.skip_lines - 1
        raise UnreadableExtract(
            f"{arrival.name}, line {line}: a quotation mark opens and does not close in its cell, so the rows after it "
            "cannot be told apart. Close it, or export the file again."
        )


def _first_records(lines: list[str], delimiter: str) -> tuple[list[list[str]], list[int]]:
    """The first records of a CSV, and the physical line in which each ends."""
    reader = csv.reader(lines, delimiter=delimiter)
    rows, ends = [], []
    for row in reader:
        rows.append(row)
        ends.append(reader.line_num)
    return rows, ends


def best_delimiter(lines: list[str], contract: Contract) -> str:
    """The mark between cells under which most of the wanted headings are found; a comma where none is."""

    def found(delimiter: str) -> int:
        headings, _ = headings_of(_first_records(lines, delimiter)[0], contract)
        return len(matched(headings, contract))

    return max((",", ";", "\t", "|", "~"), key=found)


def open_quote(path: Path, delimiter: str, width: int) -> int | None:
    """The line in which a quoted cell begins that never closes, closes in mid-cell, or has swallowed whole rows.

    None where every quotation mark is in order. Walks the file mark by mark: called only where something is amiss.
    """
    opens, ends = re.compile(rf'(?:^|{re.escape(delimiter)}) *"'), ("", delimiter, "\r", "\n")
    begun, lines = None, 0
    with path.open(encoding="utf-8", newline="") as file:
        for number, line in enumerate(file, 1):
            position = 0
            whole = width > 1 and line.count(delimiter) == width - 1  # this line alone could be a whole row
            lines += whole
            while True:
                if begun is None:
                    match = opens.search(line, position)
                    if not match:
                        break
                    begun, position, lines = number, match.end(), int(whole)
                close = line.find('"', position)
                while close >= 0 and line[close + 1 : close + 2] == '"':
                    close = line.find('"', close + 2)
                if close < 0:
                    break
                after = line[close + 1 :].lstrip(" ")[:1]
                if after not in ends or (number > begun and lines == number - begun + 1):
                    return begun
                begun, position = None, close + 1
    return begun


def records(table: Table) -> Iterator[tuple[int, int, list[str]]]:
    """Every record of data of a CSV: its number as DuckDB counts, the line of the original file in which it begins, and
    its cells. Empty lines are numbered, and are records only where a row has but one cell.

    Where no cell is quoted a record is a line, and comes as one uncut cell: cutting is dear, and few records are wanted.
    """
    single = len(table.headings) == 1
    with table.path.open(encoding="utf-8", newline="") as file:
        for _ in range(table.skip_lines):
            file.readline()
        if not table.quoted:
            for number, line in enumerate(file):
                if single or line.strip("\r\n"):
                    yield table.skip_lines + 1 + number, table.first_line + number, [line.rstrip("\r\n")]
            return
        reader = csv.reader(file, delimiter=table.delimiter, skipinitialspace=True)
        begins = table.first_line
        for number, row in enumerate(reader):
            if row or single:
                yield table.skip_lines + 1 + number, begins, row or [""]
            begins = table.first_line + reader.line_num


def cut(text: str, table: Table) -> list[str]:
    """The cells of one record's text."""
    lines = io.StringIO(text.strip("\r\n"), newline="")
    return next(csv.reader(lines, delimiter=table.delimiter, skipinitialspace=True), [])


def rows_at(table: Table, wanted: set[int], misshapen: set[int]) -> dict[int, tuple[int, list[str]]]:
    """row → (line, its cells of text) for the wanted rows of a CSV, counted from 0 and without the misshapen lines."""
    if not wanted:
        return {}
    if not table.quoted and len(table.headings) > 1:
        return _lines_at(table, wanted, misshapen)
    found: dict[int, tuple[int, list[str]]] = {}
    well_shaped = ((line, cells) for _, line, cells in records(table) if line not in misshapen)
    for row, (line, cells) in enumerate(well_shaped):
        if row in wanted:
            found[row] = line, cells if table.quoted else cells[0].split(table.delimiter)
            if len(found) == len(wanted):
                break
    return found


def _lines_at(table: Table, wanted: set[int], misshapen: set[int]) -> dict[int, tuple[int, list[str]]]:
    """The same where each line is a row unless it is empty: most blocks of lines need only be counted."""
    found: dict[int, tuple[int, list[str]]] = {}
    line, row = table.first_line - table.skip_lines, 0  # the next ones
    for block, end in _blocks(table.path):
        ends = np.flatnonzero(np.frombuffer(block, np.uint8) == end[0])
        every_line_is_a_row = (
            line >= table.first_line
            and block.endswith(end)
            and np.diff(ends, prepend=-1).min() > len("\r\n")  # none is empty
            and not any(line <= each < line + len(ends) for each in misshapen)
        )
        if every_line_is_a_row and not any(row <= each < row + len(ends) for each in wanted):
            line, row = line + len(ends), row + len(ends)
            continue
        for text in block.removesuffix(end).split(end):
            if line >= table.first_line and text not in (b"", b"\r") and line not in misshapen:
                if row in wanted:
                    found[row] = line, text.decode("utf-8").rstrip("\r\n").split(table.delimiter)
                row += 1
            line += 1
        if len(found) == len(wanted):
            break
    return found


def _blocks(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Whole lines, some millions of bytes at a time, and what ends them; the file's last line may have no end."""
    with path.open("rb") as file:
        rest, end = b"", b""
        while chunk := file.read(CHUNK):
            rest += chunk
            if b"\n" in rest or (
                b"\r" in rest and not rest.endswith(b"\r")
            ):  # else the next chunk may say how lines end
                end = end or (b"\n" if b"\n" in rest else b"\r")
            if end and (cut := rest.rfind(end) + 1):
                yield rest[:cut], end
                rest = rest[cut:]
        if rest:
            yield rest, end or (b"\n" if b"\n" in rest else b"\r")


# ---- workbooks and Parquet ------------------------------------------------------------------------------------------


def _workbook(arrival: Arrival, contract: Contract, work: Path) -> Table:
    layout, name = contract.format, arrival.name
    try:
        workbook_limits.expect_small(arrival.path, name, workbook_limits.UNPACKED)
        with _panics_caught():
            book = python_calamine.load_workbook(str(arrival.path))
            names = book.sheet_names
            if layout.sheet and layout.sheet not in names:
                raise UnreadableExtract(f"{name} has no sheet {layout.sheet!r}; its sheets are {listed(names)}.")
            sheet = layout.sheet or _only_sheet(name, book, names)
            rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except workbook_limits.TooLarge as error:
        raise UnreadableExtract(str(error)) from None
    except python_calamine.PasswordError:
        raise UnreadableExtract(f"{name} is protected by a password; save it without one.") from None
    except (python_calamine.CalamineError, workbook_limits.NoWorkbook, zipfile.BadZipFile, OSError) as error:
        if _encrypted(arrival.path):
            raise UnreadableExtract(f"{name} is protected by a password; save it without one.") from None
        raise UnreadableExtract(
            f"{name} looks like a workbook and cannot be opened as one; it may have been cut short, or be something else "
            "under that name. Save it again as .xlsx or CSV."
        ) from error
    text = [[_cell(cell) for cell in row] for row in rows]
    headings, records = headings_of(text, contract)
    expect_headings(arrival, headings, text, contract)
    expect_rows(arrival, any(any(row) for row in text[records:]))
    for column in contract.columns:
        if column.thousands == ".":  # then text has a decimal comma, and a cell that is a number must look alike
            for place in matched(headings, contract).get(column.name, ()):
                for row, cells in zip(text[records:], rows[records:], strict=True):
                    row[place] = row[place].replace(".", ",") if isinstance(cells[place], float) else row[place]
    out = work / f"{arrival.content[:16]}.csv"
    with appearing(out, work) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        # An empty row stays a row of empty cells, so that a line here is a row there.
        writer.writerows([cell.replace("\n", " ").replace("\r", " ") for cell in row] for row in text[records:])
    return Table(out, "csv", headings, first_line=records + 1)


@contextmanager
def _panics_caught() -> Iterator[None]:
    """On a damaged .xls the workbook reader panics: it writes its own traceback and raises what no `except` names.

    What is written to is the whole process's, so workbooks are opened one at a time.
    """
    with ONE_AT_A_TIME:
        hidden, stderr = os.open(os.devnull, os.O_WRONLY), os.dup(2)
        os.dup2(hidden, 2)
        try:
            yield
        except BaseException as error:
            if type(error).__name__ != "PanicException":
                raise
            raise python_calamine.CalamineError("panic") from None
        finally:
            os.dup2(stderr, 2)
            os.close(hidden)
            os.close(stderr)


def _only_sheet(name: str, book, names: list[str]) -> str:
    filled = [sheet for sheet in names if book.get_sheet_by_name(sheet).height > 0]
    if len(filled) > 1:
        raise UnreadableExtract(
            f"{name} has several sheets ({listed(filled)}); name the right one as sheet in the contract's format."
        )
    if not names:
        raise UnreadableExtract(f"{name} is a workbook without any sheet; save it again as .xlsx or CSV.")
    return (filled or names)[0]


def _cell(value) -> str:
    """A workbook's cell as text: whole numbers without a point, dates as ISO."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    return str(value)


def _encrypted(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            if any(item.flag_bits & 1 for item in archive.infolist()):
                return True
            return b"encryption-data" in archive.read("META-INF/manifest.xml")
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError):
        return False


def _parquet(arrival: Arrival) -> Table:
    try:
        names, types, any_rows = parquet.columns_of(arrival.path)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error:
        raise UnreadableExtract(parquet.damaged(arrival)) from None
    expect_bounded(arrival, tuple(names))
    expect_rows(arrival, any_rows)
    return Table(arrival.path, "parquet", tuple(names), types=tuple(types))
