"""Finds out what has arrived in the inbox: its content, what kind of file it really is, and a plain table of text to read.

What a file is, its bytes decide, never its ending. Whatever comes, the next step reads one UTF-8 CSV or one Parquet file.
"""

import codecs
import datetime as dt
import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1 << 22
PAGE = re.compile(rb"<(!doctype|!--|\?xml|html|head|body|table|meta|style|script|div|title)")


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
    lines: int  # as its own line ends have it
    mixed_lines: bool  # some end otherwise than others
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

    @property
    def modified(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.mtime_ns / 1e9, dt.UTC)


def inbox(folder: Path) -> list[Path]:
    """The files that have arrived, oldest first; hidden ones and a program's lock files are not extracts."""
    files = []
    for path in folder.rglob("*"):
        hidden = any(part.startswith((".", "~$")) for part in path.relative_to(folder).parts)
        with suppress(FileNotFoundError):  # it may be taken away again while we look
            if path.is_file() and not hidden:
                files.append((path.stat().st_mtime_ns, path.name, path))
    return [path for *_, path in sorted(files)]


def name_and_stamp(path: Path, folder: Path) -> tuple[str, int, int]:
    """The file's name below the folder, the time it was last written and its size: what tells at a glance that it is the
    same. Raises FileNotFoundError."""
    seen = path.stat()
    return str(path.relative_to(folder)), seen.st_mtime_ns, seen.st_size


def arrive(path: Path, folder: Path) -> Arrival:
    """Reads the file once, to know it by its content. Raises StillBeingWritten."""
    name = str(path.relative_to(folder))
    try:
        return _read_once(path, name)
    except PermissionError:
        raise StillBeingWritten(
            f"{name} cannot be opened: another program holds it, or the account that builds may not read it. "
            "Build again when that is mended."
        ) from None


def _read_once(path: Path, name: str) -> Arrival:
    before = path.stat()
    digest, utf8 = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    ascii_only = plain = True
    quotes, opening, last = 0, b"", b""
    feeds = returns = both = 0  # how lines end
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            quotes += chunk.count(b'"') if b'"' in chunk else 0
            feeds += chunk.count(b"\n")
            if b"\r" in chunk:
                returns += chunk.count(b"\r")
                both += chunk.count(b"\r\n")
            both += last == b"\r" and chunk.startswith(b"\n")
            opening, last = opening or chunk[:8192], chunk[-1:]
            ascii_only = ascii_only and chunk.isascii()
            if plain and not ascii_only:
                try:
                    utf8.decode(chunk)
                except UnicodeDecodeError:
                    plain = False
    plain = plain and not utf8.getstate()[0] and not opening.startswith(codecs.BOM_UTF8) and b"\0" not in opening
    ends_in_newline = last in (b"\n", b"\r")
    arrival = Arrival(
        path=path,
        name=name,
        content=digest.hexdigest(),
        size=before.st_size,
        mtime_ns=before.st_mtime_ns,
        opening=opening,
        plain_text=plain,
        ascii_only=ascii_only,
        quotes=quotes,
        lines=(feeds or returns) + (not ends_in_newline),
        mixed_lines=returns > 0 and feeds > 0 and not returns == feeds == both,
        ends_in_newline=ends_in_newline,
    )
    arrival.check_unchanged()
    return arrival


def kind_of(arrival: Arrival) -> str:
    """csv, workbook or parquet, told from the first bytes. Raises UnreadableExtract for what is neither."""
    name, opening = arrival.name, arrival.opening
    text = opening.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if arrival.size == 0 or (arrival.size <= len(opening) and not text):
        raise UnreadableExtract(f"{name} is empty; nothing was exported into it.")
    if PAGE.match(text):
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
