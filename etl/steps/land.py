"""Finds out what has arrived in the inbox: its content, what kind of file it really is, and a plain table of text to read.

What a file is, its bytes decide, never its ending. Whatever comes, the next step reads one UTF-8 CSV or one Parquet file.
"""

import codecs
import csv
import datetime as dt
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import python_calamine
from charset_normalizer import from_bytes

from etl.contracts import Contract, plain
from etl.paths import appearing

CHUNK = 1 << 22
TELLING = 1 << 20  # bytes from which an encoding is told
ENCODINGS = ["cp1252", "cp1251", "latin_1"]


class UnreadableExtract(Exception):
    """The file is not something we can read as a table; one plain sentence says why and what to do."""


class StillBeingWritten(UnreadableExtract):
    """Another program has not finished the file; the next build will take it."""


@dataclass(frozen=True)
class Arrival:
    """A file in the inbox, as it was when it was first read."""

    path: Path
    name: str  # below the inbox
    content: str  # sha256 of its bytes
    size: int
    mtime_ns: int
    opening: bytes  # its first bytes
    plain_text: bool  # ASCII or UTF-8, no byte-order mark
    ascii_only: bool
    quotes: int  # how many " it holds
    ends_in_newline: bool

    def check_unchanged(self) -> None:
        """Raises StillBeingWritten if the file is no longer the one that was read."""
        try:
            now = self.path.stat()
        except FileNotFoundError:
            now = None
        if now is None or (now.st_size, now.st_mtime_ns) != (self.size, self.mtime_ns):
            raise StillBeingWritten(
                f"{self.name} changed while it was being read; another program is still writing it. "
                "Build again when it has finished."
            )

    def count_lines(self) -> int:
        with self.path.open("rb") as file:
            return sum(1 for _ in file)

    @property
    def modified(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.mtime_ns / 1e9, dt.UTC)


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


def inbox(folder: Path) -> list[Path]:
    """The files that have arrived, oldest first; hidden ones and a program's lock files are not extracts."""
    files = [
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith((".", "~$")) for part in path.relative_to(folder).parts)
    ]
    return sorted(files, key=lambda path: (path.stat().st_mtime_ns, path.name))


def arrive(path: Path, folder: Path) -> Arrival:
    """Reads the file once, to know it by its content. Raises StillBeingWritten."""
    before = path.stat()
    digest, utf8 = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    ascii_only = plain = True
    quotes, opening, last = 0, b"", b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            quotes += chunk.count(b'"') if b'"' in chunk else 0
            opening, last = opening or chunk[:8192], chunk[-1:]
            ascii_only = ascii_only and chunk.isascii()
            if plain and not ascii_only:
                try:
                    utf8.decode(chunk)
                except UnicodeDecodeError:
                    plain = False
    plain = plain and not utf8.getstate()[0] and not opening.startswith(codecs.BOM_UTF8) and b"\0" not in opening
    arrival = Arrival(
        path=path,
        name=str(path.relative_to(folder)),
        content=digest.hexdigest(),
        size=before.st_size,
        mtime_ns=before.st_mtime_ns,
        opening=opening,
        plain_text=plain,
        ascii_only=ascii_only,
        quotes=quotes,
        ends_in_newline=last in (b"\n", b"\r"),
    )
    arrival.check_unchanged()
    return arrival


def readable(arrival: Arrival, contract: Contract, work: Path) -> Table:
    """The arrival as one table of text. Raises UnreadableExtract."""
    kind = kind_of(arrival)
    if kind == "parquet":
        return _parquet(arrival)
    if kind == "workbook":
        return _workbook(arrival, contract, work)
    if arrival.plain_text:
        path = arrival.path
    else:
        path = _transcoded(arrival, contract, work)
    return _csv(arrival, path, contract)


def kind_of(arrival: Arrival) -> str:
    """csv, workbook or parquet, told from the first bytes. Raises UnreadableExtract for what is neither."""
    name, opening = arrival.name, arrival.opening
    text = opening.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if arrival.size == 0 or (arrival.size < len(opening) + 1 and not text):
        raise UnreadableExtract(f"{name} is empty; nothing was exported into it.")
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<table", b"<?xml")):
        raise UnreadableExtract(
            f"{name} is a web page, not a table: the system has saved its screen. Export it again as CSV or .xlsx."
        )
    if opening.startswith(b"PAR1"):
        return "parquet"
    if opening.startswith(b"PK\x03\x04"):
        return "workbook"
    if opening.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if "EncryptedPackage".encode("utf-16-le") in arrival.path.read_bytes():
            raise UnreadableExtract(f"{name} is protected by a password; save it without one.")
        return "workbook"
    if opening.startswith(b"%PDF"):
        raise UnreadableExtract(f"{name} is a PDF, not a table. Export it again as CSV or .xlsx.")
    if opening.startswith((b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")):
        raise UnreadableExtract(f"{name} is a compressed archive; unpack it and drop in what it holds.")
    return "csv"


# ---- text ----------------------------------------------------------------------------------------------------------


def encoding_of(arrival: Arrival, contract: Contract) -> str:
    """The encoding of a text file that is not plain UTF-8, by its mark, its contract, or the letters it holds."""
    opening = arrival.opening
    if opening.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if opening.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if opening.count(b"\0") > len(opening) // 4:
        return "utf-16-le" if opening[1:2] == b"\0" else "utf-16-be"
    if b"\0" in opening:
        raise UnreadableExtract(
            f"{arrival.name} is not a text file, nor a workbook that we know. Export it again as CSV or .xlsx."
        )
    if contract.format.encoding:
        return contract.format.encoding
    with arrival.path.open("rb") as file:
        best = from_bytes(_lines_with_letters(file), cp_isolation=ENCODINGS).best()
    return best.encoding if best else "cp1252"


def _lines_with_letters(file: io.BufferedReader) -> bytes:
    """The lines that are not plain ASCII: only they can tell one encoding from another."""
    telling = b""
    for line in file:
        if not line.isascii():
            telling += line
        if len(telling) > TELLING:
            break
    return telling


def _transcoded(arrival: Arrival, contract: Contract, work: Path) -> Path:
    encoding = encoding_of(arrival, contract)
    out = work / f"{arrival.content[:16]}.csv"
    try:
        with appearing(out, work) as unfinished, arrival.path.open(encoding=encoding, newline="") as file:
            with unfinished.open("w", encoding="utf-8", newline="") as plain:
                while chunk := file.read(CHUNK):
                    plain.write(chunk)
    except (UnicodeError, LookupError):
        raise UnreadableExtract(
            f"{arrival.name} has letters that are not {encoding}; export it again as CSV in UTF-8, "
            "or name its encoding in the contract's format."
        ) from None
    return out


def _csv(arrival: Arrival, path: Path, contract: Contract) -> Table:
    layout = contract.format
    with path.open(encoding="utf-8", newline="") as file:
        opening = [line for line, _ in zip(file, range(layout.skip_rows + layout.header_rows + 30), strict=False)]
    delimiter = layout.delimiter or best_delimiter(opening, contract)
    rows, ends = _first_records(opening, delimiter)
    headings, records = headings_of(rows, contract)
    _expect_headings(arrival, headings, rows, contract)
    last = ends[records - 1] if records else 0
    _expect_rows(arrival, any(line.strip() for line in opening[last:]))
    table = Table(path, "csv", headings, delimiter, skip_lines=last, first_line=last + 1)
    table = replace(table, quoted=arrival.quotes > 0, ascii_only=arrival.ascii_only)
    if arrival.quotes % 2:
        check_quotes(arrival, table)
    return table


def check_quotes(arrival: Arrival, table: Table) -> None:
    """Raises UnreadableExtract if a quotation mark makes it impossible to tell the rows apart."""
    if line := open_quote(table.path, table.delimiter, len(table.headings)):
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
    opens, ends = re.compile(rf'(?:^|{re.escape(delimiter)})"'), ("", delimiter, "\r", "\n")
    begun, lines = None, 0
    with path.open(encoding="utf-8", newline="") as file:
        for number, line in enumerate(file, 1):
            position = 0
            lines += line.count(delimiter) == width - 1  # this line alone could be a whole row
            while True:
                if begun is None:
                    match = opens.search(line, position)
                    if not match:
                        break
                    begun, position, lines = number, match.end(), int(line.count(delimiter) == width - 1)
                close = line.find('"', position)
                while close >= 0 and line[close + 1 : close + 2] == '"':
                    close = line.find('"', close + 2)
                if close < 0:
                    break
                if line[close + 1 : close + 2] not in ends or (number > begun and lines == number - begun + 1):
                    return begun
                begun, position = None, close + 1
    return begun


# ---- workbooks and Parquet -----------------------------------------------------------------------------------------


def _workbook(arrival: Arrival, contract: Contract, work: Path) -> Table:
    layout, name = contract.format, arrival.name
    try:
        book = python_calamine.load_workbook(str(arrival.path))
        names = book.sheet_names
        if layout.sheet and layout.sheet not in names:
            raise UnreadableExtract(f"{name} has no sheet {layout.sheet!r}; its sheets are {', '.join(names)}.")
        sheet = layout.sheet or _only_sheet(name, book, names)
        rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except python_calamine.PasswordError:
        raise UnreadableExtract(f"{name} is protected by a password; save it without one.") from None
    except (python_calamine.CalamineError, zipfile.BadZipFile, OSError) as error:
        if _encrypted(arrival.path):
            raise UnreadableExtract(f"{name} is protected by a password; save it without one.") from None
        raise UnreadableExtract(
            f"{name} looks like a workbook and cannot be opened as one; it may have been cut short, or be something else "
            "under that name. Save it again as .xlsx or CSV."
        ) from error
    text = [[_cell(cell) for cell in row] for row in rows]
    headings, records = headings_of(text, contract)
    _expect_headings(arrival, headings, text, contract)
    _expect_rows(arrival, any(any(row) for row in text[records:]))
    out = work / f"{arrival.content[:16]}.csv"
    with appearing(out, work) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        # An empty row stays a row of empty cells, so that a line here is a row there.
        writer.writerows([cell.replace("\n", " ").replace("\r", " ") for cell in row] for row in text[records:])
    return Table(out, "csv", headings, first_line=records + 1)


def _only_sheet(name: str, book, names: list[str]) -> str:
    filled = [sheet for sheet in names if book.get_sheet_by_name(sheet).height > 0]
    if len(filled) > 1:
        raise UnreadableExtract(
            f"{name} has several sheets ({', '.join(filled)}); name the right one as sheet in the contract's format."
        )
    return (filled or names)[0]


def _cell(value) -> str:
    """A workbook's cell as text: whole numbers without a point, dates as ISO."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
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
        names = duckdb.read_parquet(str(arrival.path)).columns
    except duckdb.Error:
        raise UnreadableExtract(
            f"{arrival.name} is a Parquet file that was cut short or damaged; export it again."
        ) from None
    return Table(arrival.path, "parquet", tuple(names))


# ---- headings ------------------------------------------------------------------------------------------------------


def headings_of(rows: list[list[str]], contract: Contract) -> tuple[tuple[str, ...], int]:
    """The headings, and how many records stand before the data. Several header rows are joined, a merged one filled to
    the right."""
    first, last = contract.format.skip_rows, contract.format.skip_rows + contract.format.header_rows
    header = rows[first:last]
    if not header:
        return (), len(rows)
    width = max(map(len, header))
    parts: list[list[str]] = [[] for _ in range(width)]
    for number, row in enumerate(header):
        above = ""
        for column in range(width):
            cell = row[column].replace("﻿", "").strip() if column < len(row) else ""
            if number < len(header) - 1:
                above = cell = cell or above
            if cell and plain(cell) not in map(plain, parts[column]):
                parts[column].append(cell)
    return tuple(" ".join(part) for part in parts), last


def matched(headings: tuple[str, ...], contract: Contract) -> dict[str, list[int]]:
    """our column → where its headings stand"""
    places: dict[str, list[int]] = {}
    for place, heading in enumerate(headings):
        places.setdefault(plain(heading), []).append(place)
    found = {
        column.name: [place for header in dict.fromkeys(map(plain, column.headers)) for place in places.get(header, ())]
        for column in contract.columns
    }
    return {name: where for name, where in found.items() if where}


def _expect_headings(arrival: Arrival, headings: tuple[str, ...], rows: list[list[str]], contract: Contract) -> None:
    """Gives a hint where the headings stand in another row than the contract says."""
    if matched(headings, contract):
        return
    for number, row in enumerate(rows[:30]):
        if len(matched(tuple(row), contract)) >= max(2, len(contract.columns) // 2):
            raise UnreadableExtract(
                f"{arrival.name}: the headings seem to stand in line {number + 1}, not in line "
                f"{contract.format.skip_rows + 1}; set skip_rows: {number} in the contract's format if that is so."
            )


def _expect_rows(arrival: Arrival, any_rows: bool) -> None:
    if not any_rows:
        raise UnreadableExtract(f"{arrival.name} has headings and no rows; nothing was exported into it.")


def records(table: Table) -> Iterator[tuple[int, list[str]]]:
    """Every record of data of a CSV with the line of the original file in which it begins; empty lines are not records.

    Where no cell is quoted a record is a line, and comes as one uncut cell: cutting is dear, and few records are wanted.
    """
    with table.path.open(encoding="utf-8", newline="") as file:
        for _ in range(table.skip_lines):
            file.readline()
        if not table.quoted:
            for number, line in enumerate(file, table.first_line):
                if line.strip("\r\n"):
                    yield number, [line.rstrip("\r\n")]
            return
        reader = csv.reader(file, delimiter=table.delimiter)
        begins = table.first_line
        for row in reader:
            if row:
                yield begins, row
            begins = table.first_line + reader.line_num


def rows_at(table: Table, wanted: set[int], misshapen: set[int]) -> dict[int, tuple[int, list[str]]]:
    """row → (line, its cells of text) for the wanted rows of a CSV, counted from 0 and without the misshapen lines."""
    found: dict[int, tuple[int, list[str]]] = {}
    well_shaped = ((line, cells) for line, cells in records(table) if line not in misshapen)
    for row, (line, cells) in enumerate(well_shaped):
        if row in wanted:
            found[row] = line, cells if table.quoted else cells[0].split(table.delimiter)
            if len(found) == len(wanted):
                break
    return found
