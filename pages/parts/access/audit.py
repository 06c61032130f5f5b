"""The record of who looked at what: an entry for each view, each file taken and each deed; no figure, no free text, no name.

In the workspace `audit/2026-11.jsonl` holds a month (UTC), an entry a line, in the order in which they came; several processes
may append. Nothing in it is ever changed. A month that ended `KEPT` months ago or more may be removed, as a whole file: nothing
else refers to it. `audit.key` beside the folder is what readers are hashed with; with another key they are other pseudonyms.

    {"at": "2026-11-23T12:22:43Z", "did": "viewed", "who": "0f…", "role": "leader", "page": "One unit", "unit": "larch",
     "what": null, "release": "2026-11-09a"}

`did`: viewed; took (`what`: the button's words); wrote (`what`: one of access.DEEDS); gap (with `since`, and how many entries
were `lost`: null where nobody can tell). `unit` is null on a page that is about none; `page` is its title as it was then.
"""

import datetime as dt
import errno
import hmac
import json
import logging
import os
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import streamlit as st

from pages.parts.access import access
from pages.parts.release import warehouse

FOLDER, KEY = "audit", "audit.key"
KEPT = 12  # months
DIGITS = 16  # of a pseudonym: enough to tell the readers of one organisation apart
GAP = '{"did": "gap"'  # so begins a line that says that others are missing
HERE = "reading"  # in the session: what is read in it now
# Another's lock is not waited for, since none is taken; nor is a pipe that somebody put in the file's place.
AT_ONCE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | AT_ONCE


class NotTheirs(Exception):
    """What the page showed is not this reader's any more."""


class NamedPage(access.Page, Protocol):
    """A page's row, with the words that the record has it by."""

    @property
    def title(self) -> str: ...


@dataclass(frozen=True)
class Reading:
    """One reader on one page, and what they are shown there. `name` is None where no sign-in is set up."""

    name: str | None
    page: NamedPage
    viewer: access.Viewer
    release: warehouse.Release
    unit: str | None

    def entry(self, did: str, what: str | None = None) -> dict[str, Any]:
        return {
            "did": did, "role": self.viewer.role, "page": self.page.title, "unit": self.unit, "what": what, "release": self.release.id,
        }  # fmt: skip


@dataclass
class _Outage:
    """Since when entries of this process are lost, and how many."""

    since: str
    lost: int = 0


_outages: dict[Path, _Outage] = {}
_met: set[Path] = set()  # files this process has written to: one that is empty again was taken away
_torn: set[Path] = set()  # files whose last line a full disk cut short
_one_at_a_time = threading.Lock()  # of this process, for the three above: held for microseconds


# ---- what is written -------------------------------------------------------------------------------------------------


def viewed(reading: Reading) -> None:
    """A view: written when page, unit, release or reader has changed, and not at each rerun of the same."""
    if st.session_state.get(HERE) != reading:
        st.session_state[HERE] = reading
        _write(reading.name, reading.entry("viewed"))


def taken(what: str, made: Callable[[], bytes]) -> Callable[[], bytes]:
    """`made`, for a button that has it called when it is pressed: by then the page may have stood open for hours, so it is asked
    again whether the reader may; and it is written down that they took it. What is returned raises NotTheirs."""
    reading = st.session_state.get(HERE)
    if reading is None:
        return made
    said = access.claims() if reading.name is not None else None

    def asked_again() -> bytes:
        if not _still(reading, said):
            raise NotTheirs("Access has changed since the page was drawn.")
        file = made()
        _write(reading.name, reading.entry("took", what))
        return file

    return asked_again


def wrote(deed: str, unit: str | None, role: str) -> None:
    """Something was written in the journal, or done to everybody, in this role."""
    reading = st.session_state.get(HERE)
    if reading is not None:
        there = replace(reading, unit=unit, viewer=replace(reading.viewer, role=role))
        _write(reading.name, there.entry("wrote", deed))


def still_theirs() -> bool:
    """Whether what the page shows is the reader's even now: for what runs without app.py, as a dialog does."""
    reading = st.session_state.get(HERE)
    return reading is None or _still(reading, access.claims() if reading.name is not None else None)


def _still(reading: Reading, said: dict[str, Any] | None) -> bool:
    if reading.name is None:
        return not access.sign_in_is_set_up()
    try:
        grants = access.granted(said, access.rules()) if said and not access.is_stale(said) else ()
    except access.BadAccess:
        return False
    now = access.Reader(reading.name, grants).on(reading.release, reading.page)
    had, has = (set(warehouse.scope(reading.release, roots)) for roots in (reading.viewer.roots, now.roots))
    return bool(had) and had <= has


# ---- how it is written -----------------------------------------------------------------------------------------------


def _write(name: str | None, entry: dict[str, Any]) -> None:
    """Appends one entry; of a demonstration nothing. Whatever goes wrong, the page goes on: the log says it once, and the
    record says later that it has a gap."""
    if name is None:
        return
    home = warehouse.home().resolve()
    now = dt.datetime.now(dt.UTC)
    at = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    path = home / FOLDER / f"{now:%Y-%m}.jsonl"
    with _one_at_a_time:
        outage = _outages.get(home)
        try:
            who = pseudonym(home, name)
            lines = [_gap(at, outage.since, outage.lost)] if outage else []
            text = "".join(f"{line}\n" for line in [*lines, json.dumps({"at": at, "who": who} | entry)])
            if _append(path, text.encode()) and path in _met:
                _append(path, f"{_gap(at, None, None)}\n".encode())
            _met.add(path)
        except (OSError, ValueError) as error:
            if outage is None:
                outage = _outages[home] = _Outage(at)
                logging.getLogger("kinship").error(
                    "The record of views in %s cannot be written (%s): pages go on, and it will have a gap.",
                    path.parent, error.strerror if isinstance(error, OSError) else error,
                )  # fmt: skip
            outage.lost += 1
        else:
            if _outages.pop(home, None):
                logging.getLogger("kinship").warning("The record of views is being written again.")


def _gap(at: str, since: str | None, lost: int | None) -> str:
    return json.dumps({"did": "gap", "at": at, "since": since, "lost": lost})


def _append(path: Path, text: bytes) -> bool:
    """Whether the file was empty before. One write, so that lines of several processes never mix. Raises OSError."""
    try:
        file = os.open(path, APPEND, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        file = os.open(path, APPEND, 0o600)
    try:
        mended = b"\n" + text if path in _torn else text
        written = os.write(file, mended)
        if written != len(mended):
            _torn.add(path)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        _torn.discard(path)
        return os.lseek(file, 0, os.SEEK_CUR) == written
    finally:
        os.close(file)


def pseudonym(home: Path, name: str) -> str:
    """Who it is, to be told apart and not to be told, for whoever has not the key. Raises OSError, ValueError."""
    return hmac.digest(_key(home), name.casefold().encode(), "sha256").hex()[:DIGITS]


def _key(home: Path) -> bytes:
    """The key of this record alone, made at the first use. Raises OSError, and ValueError where the file is no key."""
    path = home / KEY
    try:
        seen = path.stat()
    except FileNotFoundError:
        _make_key(path)
        seen = path.stat()
    return _key_as(path, seen.st_mtime_ns, seen.st_size, seen.st_mode & 0o077)


@lru_cache(maxsize=4)
def _key_as(path: Path, _written: int, _size: int, open_to_others: int) -> bytes:
    if open_to_others:
        path.chmod(0o600)  # as it was made; a copy that was put back may have lost it
    text = path.read_text(encoding="ascii", errors="replace").strip()
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ValueError(f"{path.name} is not a key")
    return bytes.fromhex(text)


def _make_key(path: Path) -> None:
    """Writes a new key whole, or leaves the one that another process has just written."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        secret = f"{os.urandom(32).hex()}\n".encode()
        if os.write(file, secret) != len(secret):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(file)
        with suppress(FileExistsError):
            os.link(unfinished, path)
    finally:
        os.close(file)
        unfinished.unlink(missing_ok=True)


# ---- what it tells ---------------------------------------------------------------------------------------------------


@dataclass
class Looked:
    """How often something was looked at in a month, how many files were taken there, and by how many people."""

    views: int = 0
    files: int = 0
    people: frozenset[str] = frozenset()

    def __add__(self, other: "Looked") -> "Looked":
        return Looked(self.views + other.views, self.files + other.files, self.people | other.people)


@dataclass(frozen=True)
class Month:
    """One month of the record, counted."""

    month: dt.date
    of_units: dict[tuple[str, str], Looked]  # (unit, role)
    of_pages: dict[tuple[str, str], Looked]  # (page, role)
    gap: bool  # something is missing in it, or cannot be read


def months(today: dt.date) -> list[Month]:
    """The whole months of the last twelve that there is a record of, newest first; the month that runs is not told, so that
    nobody can be watched while they look."""
    found = []
    newest = 12 * today.year + today.month - 1  # of whole months, counted from the year 0
    for path in sorted(
        (warehouse.home().resolve() / FOLDER).glob("[0-9][0-9][0-9][0-9]-[01][0-9].jsonl"), reverse=True
    ):
        year, month = map(int, path.stem.split("-"))
        if newest - KEPT < 12 * year + month <= newest:
            with suppress(OSError):  # removed just now, as it may be
                seen = path.stat()
                found.append(_counted(path, dt.date(year, month, 1), seen.st_mtime_ns, seen.st_size))
    return found


def gap_in(month: dt.date) -> bool:
    """Whether it is known that something is missing in a month, be it the one that runs."""
    path = warehouse.home().resolve() / FOLDER / f"{month:%Y-%m}.jsonl"
    with suppress(OSError), _lines(path) as lines:
        return any(line.startswith(GAP.encode()) for line in lines)
    return False


def _lines(path: Path) -> BinaryIO:
    """A month, to be read line by line. Raises OSError."""
    return os.fdopen(os.open(path, os.O_RDONLY | AT_ONCE), "rb")


def outage() -> bool:
    """Whether entries are being lost now, in this process."""
    return warehouse.home().resolve() in _outages


@lru_cache(maxsize=2 * KEPT)
def _counted(path: Path, month: dt.date, _written: int, _size: int) -> Month:
    units: dict[tuple[str, str], Looked] = {}
    pages: dict[tuple[str, str], Looked] = {}
    people: dict[int, set[str]] = {}
    gap = False
    with _lines(path) as lines:
        for line in lines:
            if not line.strip():
                continue  # which ends a line that was cut short
            try:
                entry = json.loads(line)
                did, role, who = entry["did"], entry.get("role"), entry.get("who")
            except (ValueError, KeyError, TypeError, AttributeError):
                gap = True
                continue
            gap |= did == "gap"
            if did not in ("viewed", "took") or not isinstance(who, str):
                continue
            for counts, about in ((units, entry.get("unit")), (pages, entry.get("page"))):
                if about is not None:
                    looked = counts.setdefault((about, role), Looked())
                    looked.views += did == "viewed"
                    looked.files += did == "took"
                    people.setdefault(id(looked), set()).add(who)
    for looked in (*units.values(), *pages.values()):
        looked.people = frozenset(people[id(looked)])
    return Month(month, units, pages, gap)
