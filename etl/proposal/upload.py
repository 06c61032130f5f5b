"""Looks at a sample before anything opens it: how large it is, and how large it would become if it were unpacked.

A workbook is a compressed archive: a few kilobytes can hold gigabytes, or say that their last cell stands in row 1,048,576.
"""

import re
import struct
import zipfile
import zlib
from pathlib import Path

LARGEST = 30 << 20  # bytes of a sample; a month of a large organisation's duties is about 15 MB
UNPACKED = 400 << 20  # bytes of everything a workbook holds
PARTS = 2_000  # files within a workbook
CELLS = 20_000_000  # between a sheet's first cell and its last
CHUNK = 1 << 16
CELL = re.compile(rb'<(?:\w+:)?c\b[^>]{0,80}?\br="([A-Z]{1,3})([0-9]{1,7})"')
REPEATED = re.compile(rb'number-(rows|columns)-repeated="([0-9]{1,9})"')


class UnusableSample(Exception):
    """No source can be proposed from this file; one plain sentence says why and what to do."""


def expect_harmless(path: Path) -> None:
    """Raises UnusableSample if the file, or what a workbook unpacks to, is larger than a sample may be."""
    size = path.stat().st_size
    if size > LARGEST:
        raise UnusableSample(
            f"{path.name} has {size / (1 << 20):,.0f} MB; a sample may have {LARGEST >> 20}. "
            "A month of rows, or a few thousand of them, is enough."
        )
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":
            return
    try:
        _expect_small_inside(path)
    except (zipfile.BadZipFile, zlib.error, struct.error, OSError, ValueError) as error:
        raise UnusableSample(
            f"{path.name} looks like a workbook and cannot be unpacked as one. Save it again as .xlsx or CSV."
        ) from error


def _expect_small_inside(path: Path) -> None:
    """Unpacks every part without keeping it: what an archive says of its own sizes may be a lie."""
    too_large = UnusableSample(
        f"{path.name} unpacks to more than {UNPACKED >> 20} MB, far more than a sample needs. "
        "Save the sheet alone, with fewer rows, as .xlsx or CSV."
    )
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        parts = archive.infolist()
        if len(parts) > PARTS:
            raise UnusableSample(f"{path.name} holds {len(parts):,} parts, far more than a workbook has.")
        if sum(part.file_size for part in parts) > UNPACKED:
            raise too_large
        unpacked = 0
        for part in parts:
            farthest = [0, 0]
            for chunk in _unpacked(file, part):
                unpacked += len(chunk)
                if unpacked > UNPACKED:
                    raise too_large
                if part.filename.endswith(".xml"):
                    _note_cells(chunk, farthest)
            if farthest[0] * farthest[1] > CELLS:
                raise UnusableSample(
                    f"{path.name} has a cell so far from the others that a sheet of {farthest[0]:,} rows and "
                    f"{farthest[1]:,} columns would be read. Copy the table alone into a new sheet and save that."
                )


def _unpacked(file, part: zipfile.ZipInfo):
    """The bytes of one part, piece by piece, however many there really are. Pieces overlap a little, so that no cell's
    name is cut."""
    file.seek(part.header_offset)
    header = file.read(30)
    if header[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile("a part does not begin where the archive says")
    name, extra = struct.unpack("<HH", header[26:30])
    file.seek(name + extra, 1)
    left, tail = part.compress_size, b""
    inflate = zlib.decompressobj(-15) if part.compress_type == zipfile.ZIP_DEFLATED else None
    while left > 0 and (packed := file.read(min(CHUNK, left))):
        left -= len(packed)
        while packed:
            piece = inflate.decompress(packed, 1 << 22) if inflate else packed
            packed = inflate.unconsumed_tail if inflate else b""
            yield tail + piece
            tail = piece[-120:]
            if inflate and inflate.eof:
                return


def _note_cells(chunk: bytes, farthest: list[int]) -> None:
    for letters, row in CELL.findall(chunk):
        column = 0
        for letter in letters:
            column = column * 26 + letter - 64
        farthest[:] = max(farthest[0], int(row)), max(farthest[1], column)
    for kind, times in REPEATED.findall(chunk):  # of an .ods: trailing repeats are cut, so only absurd ones count
        if int(times) > 2_000_000:
            farthest[kind == b"columns"] = max(farthest[kind == b"columns"], int(times))
