"""Finds out what has arrived in the inbox: its content, what kind of file it really is, and a plain table of text to read.

What a file is, its bytes decide, never its ending. Whatever comes, the next step reads one UTF-8 CSV or one Parquet file.
"""

import codecs
import datetime as dt
import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from etl.intake.size_limits import MAX_CELL_CHARACTERS, MAX_LINE_BYTES
from etl.printable import is_text, printable

CHUNK = MAX_LINE_BYTES
PATTERN_MARKS = set("*?[")  # beside a backslash DuckDB takes a name for a pattern, however it is written
NO_FILES = {
    stat.S_ISSOCK: "a socket",
    stat.S_ISFIFO: "a pipe",
    stat.S_ISBLK: "a device",
    stat.S_ISCHR: "a device",
}
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
    endless: bool = False  # some piece of it as long as a line may be has no end of a line

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
    return look_into(folder)[0]


def look_into(folder: Path) -> tuple[list[Path], list[Path], dict[str, str]]:
    """The files that have arrived, oldest first; the folders in which nothing lies; and what else there is, by its shown name,
    with the sentence that says why it cannot be taken. What is hidden is passed over, and so are a program's lock files."""
    files, empty, others = [], [], {}

    def closed(error: OSError) -> None:
        name = shown_name(Path(error.filename), folder)
        if not isinstance(error, FileNotFoundError):
            others[name] = f"{name} is a folder that cannot be looked into: {error.strerror}."

    for place, folders, names in os.walk(folder, onerror=closed):
        here = Path(place)
        folders[:] = sorted(name for name in folders if _is_visible(name))
        names = sorted(filter(_is_visible, names))
        for path in (here / name for name in (*names, *folders)):
            name = shown_name(path, folder)
            try:
                seen = path.lstat()
            except FileNotFoundError:  # it may be taken away again while we look
                continue
            except OSError as error:
                others[name] = f"{name} cannot be looked at: {error.strerror}."
                continue
            if stat.S_ISLNK(seen.st_mode):  # whoever may write here shall not have us read what they may not
                others[name] = f"{name} is a link to somewhere else; put the file itself into the inbox."
            elif not is_text(name_of := str(path.relative_to(folder))) and not stat.S_ISDIR(seen.st_mode):
                others[name] = f"{name} has a name that is not UTF-8, so it cannot be written down; rename it."
            elif "\\" in name_of and set(name_of) & PATTERN_MARKS and not stat.S_ISDIR(seen.st_mode):
                others[name] = f"{name} has a backslash beside *, ? or [ in its name; give the file another name."
            elif stat.S_ISREG(seen.st_mode):
                files.append((seen.st_mtime_ns, path.name, name_of, path))
            elif not stat.S_ISDIR(seen.st_mode):
                what = next((word for is_one, word in NO_FILES.items() if is_one(seen.st_mode)), "something else")
                others[name] = f"{name} is {what} and not a file; take it out of the inbox."
        if here != folder and not folders and not names:
            empty.append(here)
    return [path for *_, path in sorted(files)], empty, others


def _is_visible(name: str) -> bool:
    return not name.startswith((".", "~$"))


def shown_name(path: Path, folder: Path) -> str:
    """A file's name below the folder as it can be written down and printed."""
    return printable(str(path.relative_to(folder)))


def name_and_stamp(path: Path, folder: Path) -> tuple[str, int, int]:
    """The file's name below the folder, the time it was last written and its size: what tells at a glance that it is the
    same. Raises FileNotFoundError."""
    seen = path.stat()
    return shown_name(path, folder), seen.st_mtime_ns, seen.st_size


def arrive(path: Path, folder: Path) -> Arrival:
    """Reads the file once, to know it by its content. Raises StillBeingWritten."""
    name = shown_name(path, folder)
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
    quotes, opening, last, endless = 0, b"", b"", False
    feeds = returns = both = 0  # how lines end
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            quotes += chunk.count(b'"') if b'"' in chunk else 0
            feeds += chunk.count(b"\n")
            endless = endless or (len(chunk) == CHUNK and b"\n" not in chunk and b"\r" not in chunk)
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
        endless=endless,
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
    if not opening.strip(b"\0"):
        raise UnreadableExtract(f"{name} holds zeros and no text: it was not copied to its end. Copy it again.")
    if arrival.endless:
        raise UnreadableExtract(endless_line(arrival))
    return "csv"


def endless_line(arrival: Arrival) -> str:
    return (
        f"{arrival.name} has a line of more than {MAX_LINE_BYTES >> 20} MB, so it is no table of lines. "
        "Export it again as CSV or .xlsx."
    )


def endless_cell(arrival: Arrival) -> str:
    return (
        f"{arrival.name} has a cell of more than {MAX_CELL_CHARACTERS >> 20} MB, which is none; "
        "a quotation mark may open and never close. Export it again."
    )
