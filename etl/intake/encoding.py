"""Tells in which encoding a text file is, and writes it anew in UTF-8 for DuckDB, which reads no other that we meet."""

import codecs
import io
import re
from pathlib import Path

from etl.config.contracts import Contract
from etl.intake.land import CHUNK, Arrival, UnreadableExtract, endless_line
from etl.paths import appearing

TELLING = 1 << 20  # bytes from which an encoding is told


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
    if arrival.plain_text:
        return "utf-8"
    with arrival.path.open("rb") as file:
        return _by_its_letters(arrival, _lines_with_letters(file))


def _lines_with_letters(file: io.BufferedReader) -> dict[int, bytes]:
    """number → line, of the lines that are not plain ASCII: only they can tell one encoding from another."""
    telling, size = {}, 0
    for number, line in enumerate(file, 1):
        if not line.isascii():
            telling[number] = line
            size += len(line)
        if size > TELLING:
            break
    return telling


def _by_its_letters(arrival: Arrival, lines: dict[int, bytes]) -> str:
    """Windows-1252 or -1251: Cyrillic letters stand beside each other, an accented Latin one beside plain letters.

    Lines that are sound UTF-8 among others that are not mean that the file was cut in mid-letter or patched together:
    read as anything else, every name in it would be spoilt.
    """
    broken = [number for number, line in lines.items() if not _is_utf8(line)]
    if len(broken) < len(lines):
        where = f", line {broken[0]}" if broken else ""
        raise UnreadableExtract(
            f"{arrival.name}{where}: has letters that are not UTF-8, while others in it are; it was cut short or put "
            "together from several files. Export it again, or name its encoding in the contract's format."
        )
    text = b"".join(lines.values())
    beside_plain = len(re.findall(rb"[A-Za-z][\xc0-\xff]|[\xc0-\xff](?=[A-Za-z])", text))
    beside_others = len(re.findall(rb"[\xc0-\xff\xa8\xb8](?=[\xc0-\xff\xa8\xb8])", text))
    return "cp1251" if beside_others > beside_plain else "cp1252"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def transcoded(arrival: Arrival, contract: Contract, work: Path) -> tuple[Path, int, bool]:
    """A copy in UTF-8 in which every line ends alike, its lines, and whether the last of them ends."""
    encoding = encoding_of(arrival, contract)
    out = work / f"{arrival.content[:16]}.csv"
    lines, last = 0, "\n"
    try:
        with (
            appearing(out, work) as unfinished,
            arrival.path.open(encoding=encoding, newline=None) as file,
            unfinished.open("w", encoding="utf-8", newline="") as plain,
        ):
            while chunk := file.read(CHUNK):
                if len(chunk) == CHUNK and "\n" not in chunk:
                    raise UnreadableExtract(endless_line(arrival))
                plain.write(chunk)
                lines, last = lines + chunk.count("\n"), chunk[-1]
    except (UnicodeError, LookupError):
        raise UnreadableExtract(
            f"{arrival.name} has letters that are not {encoding}; export it again as CSV in UTF-8, "
            "or name its encoding in the contract's format."
        ) from None
    return out, lines + (last != "\n"), last == "\n"
