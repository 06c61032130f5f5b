"""Looks into a workbook before anything opens it: how large it would become if it were unpacked, and how far apart its cells are.

A workbook is a compressed archive: a few kilobytes can hold gigabytes, or say that their last cell stands in row 1,048,576 and
column 16,384, which a reader then makes room for. What an archive says of its own sizes may be a lie, so each part is
unpacked here piece by piece, without keeping it, and its cells are walked as the XML that they are.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

PARTS = 2_000  # files within a workbook
CELLS = 20_000_000  # between a sheet's first cell and its last
UNPACKED = (
    1 << 30
)  # bytes of everything that a workbook in the inbox holds; a full sheet of ten columns has about 600 MB
CHUNK = 1 << 16
MOST_AT_ONCE = 1 << 20
OPENING = b"PK\x03\x04"
PLACE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,9})")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
HOLDS_CELLS = (b"sheetData", b"table-row")  # what a reader looks for in a part before it reads any cell
OF_A_VALUE = ("value", "value-type", "formula")  # a cell of an .ods without any of these is empty
SHEET_BEGINS, SHEET_ENDS, ROW, LAST_CELL = 0x91, 0x92, 0, 11  # records of an .xlsb


class TooLarge(Exception):
    """The workbook would become far larger than a table is; one plain sentence says how, and what to do."""


class NoWorkbook(Exception):
    """It begins like a workbook and cannot be unpacked as one."""


def is_archive(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(OPENING)) == OPENING


def expect_small(path: Path, name: str, unpacked: int) -> None:
    """Raises TooLarge, and NoWorkbook; anything that is no archive passes. Takes a few megabytes of memory, whatever comes."""
    if not is_archive(path):
        return
    try:
        _expect_small(path, name, unpacked)
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        expat.ExpatError,
        OSError,
        ValueError,
        AttributeError,
    ) as error:
        raise NoWorkbook(str(error)) from error


def _expect_small(path: Path, name: str, most: int) -> None:
    too_large = TooLarge(
        f"{name} unpacks to more than {most >> 20:,} MB, far more than a table of its size holds. "
        "Save the sheet alone, as .xlsx or CSV."
    )
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        parts = archive.infolist()
        if len(parts) > PARTS:
            raise TooLarge(f"{name} holds {len(parts):,} parts, far more than a workbook has. Save the sheet alone.")
        if sum(part.file_size for part in parts) > most:
            raise too_large
        binary = any(part.filename.casefold().endswith("workbook.bin") for part in parts)
        unpacked = 0
        for part in parts:
            cells = None
            for chunk in unpacked_part(file, part):
                unpacked += len(chunk)
                if unpacked > most:
                    raise too_large
                if cells is None:
                    marked = chunk.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or chunk.startswith(UTF_16)
                    cells = _Marked() if marked else _Records() if binary else _Other()
                cells.read(chunk)
                rows, columns = cells.farthest
                if rows * columns > CELLS:
                    raise TooLarge(
                        f"{name} has a cell so far from the others that a sheet of {rows:,} rows and {columns:,} columns "
                        "would be read. Copy the table alone into a new sheet and save that."
                    )


def unpacked_part(file: BinaryIO, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of one part, piece by piece, however many there really are."""
    if part.compress_type not in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        raise zipfile.BadZipFile("a part is compressed as no workbook is")
    file.seek(part.header_offset)
    header = file.read(30)
    if header[:4] != OPENING:
        raise zipfile.BadZipFile("a part does not begin where the archive says")
    name, extra = struct.unpack("<HH", header[26:30])
    file.seek(name + extra, 1)
    left = part.compress_size
    inflate = zlib.decompressobj(-15) if part.compress_type == zipfile.ZIP_DEFLATED else None
    while left > 0 and (packed := file.read(min(CHUNK, left))):
        left -= len(packed)
        while packed:
            piece = inflate.decompress(packed, MOST_AT_ONCE) if inflate else packed
            packed = inflate.unconsumed_tail if inflate else b""
            if piece:
                yield piece
            if inflate and inflate.eof:
                return


class _Other:
    """A picture, or whatever else is not XML and so holds no cells that anybody could walk."""

    farthest = (0, 0)

    def __init__(self) -> None:
        self.tail = b""

    def read(self, chunk: bytes) -> None:
        data = self.tail + chunk
        if any(mark in data for mark in HOLDS_CELLS):
            raise ValueError("a part holds cells and is not sound XML")
        self.tail = data[-len(max(HOLDS_CELLS, key=len)) :]


class _Marked:
    """The cells of an .xlsx or .ods, however its XML is written. A cell says where it stands, or follows the one before."""

    def __init__(self) -> None:
        self.farthest = (0, 0)
        self.row = self.column = 0
        self.in_sheet = False
        self.unsound: _Other | None = None
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._opens
        self.parser.EntityDeclHandler = self._declares

    def read(self, chunk: bytes) -> None:
        if self.unsound is None:
            try:
                self.parser.Parse(chunk, False)
                return
            except expat.ExpatError:
                if self.in_sheet or chunk.startswith(UTF_16):
                    raise
                self.unsound = _Other()  # old notes beside a sheet are hardly ever sound
        self.unsound.read(chunk)

    def _declares(self, *_) -> None:
        raise ValueError("a part declares words of its own, and no workbook does")

    def _opens(self, element: str, given: dict[str, str]) -> None:
        name = element.rpartition(":")[2]
        if name == "c":
            if "r" in given:
                letters, row = PLACE.fullmatch(given["r"]).groups()
                self.column, self.row = _number(letters), int(row)
            else:
                self.column += 1
            self._note(max(self.row, 1), self.column)
        elif name == "row":
            self.row, self.column = int(given.get("r", self.row + 1)), 0
        elif name == "table-cell":
            self.column += _times(given, "number-columns-repeated")
            if any(key.endswith(OF_A_VALUE) for key in given):
                self._note(self.row, self.column)
        elif name == "covered-table-cell":
            self.column += _times(given, "number-columns-repeated")
        elif name == "table-row":
            self.row, self.column = self.row + _times(given, "number-rows-repeated"), 0
        elif name in ("table", "sheetData"):
            self.row, self.column, self.in_sheet = 0, 0, True

    def _note(self, row: int, column: int) -> None:
        self.farthest = max(self.farthest[0], row), max(self.farthest[1], column)


class _Records:
    """The cells of an .xlsb: records of a kind, a length, and so many bytes, which begin with a row's or a column's number."""

    def __init__(self) -> None:
        self.farthest = (0, 0)
        self.left, self.skip, self.in_sheet = b"", 0, False

    def read(self, chunk: bytes) -> None:
        data = self.left + chunk
        at = min(self.skip, len(data))
        self.skip -= at
        rows, columns = self.farthest
        while True:
            begin = at
            kind, at = _varied(data, at, 2)
            size, at = _varied(data, at, 4)
            if kind is None or size is None or (self.in_sheet and kind <= LAST_CELL and at + min(size, 4) > len(data)):
                at = begin
                break
            if kind in (SHEET_BEGINS, SHEET_ENDS):
                self.in_sheet = kind == SHEET_BEGINS
            elif self.in_sheet and kind <= LAST_CELL and size >= 4:
                number = int.from_bytes(data[at : at + 4], "little") + 1
                rows, columns = (max(rows, number), columns) if kind == ROW else (rows, max(columns, number))
            at += size
            if at > len(data):
                self.skip, at = at - len(data), len(data)
                break
        self.left, self.farthest = data[at:], (rows, columns)


def _varied(data: bytes, at: int | None, most: int) -> tuple[int | None, int | None]:
    """A number of seven bits a byte, the lowest first, and where it ends; nothing where the bytes end before it does."""
    if at is None:
        return None, None
    number = 0
    for place in range(most):
        if at + place >= len(data):
            return None, None
        byte = data[at + place]
        number |= (byte & 0x7F) << (7 * place)
        if not byte & 0x80:
            return number, at + place + 1
    return number, at + most


def _number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _times(given: dict[str, str], name: str) -> int:
    return next((max(1, int(value)) for key, value in given.items() if key.endswith(name)), 1)
