"""Receipts: what became of each file under one contract, and where that is written down.

store/<source>/<hash>.receipt.json       every row accounted for: read = accepted + quarantined + left out
"""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import get_origin

from etl.config.contracts import Contract
from etl.paths import Workspace, write_json

READING = "4"  # raise when the engine reads files differently, so that they are taken in again


ARRIVED = re.compile(r'"arrived": "([^"]{1,40})"')


@dataclass(frozen=True)
class Result:
    """What became of one expectation."""

    expectation: str  # Great Expectations' own name
    about: str
    severity: str
    status: str  # passed, failed, error, not applicable
    unexpected: int  # rows
    why: str | None


class RefusedExtract(Exception):
    """The file can be read and must not be used; one plain sentence says what was expected, `results` what was checked."""

    def __init__(self, sentence: str, results: Sequence[Result] = ()):
        super().__init__(sentence)
        self.results = results


@dataclass(frozen=True)
class Receipt:
    """What became of one file under one contract."""

    source: str
    file: str
    content: str  # sha256 of the file
    judged_with: str  # fingerprint of contract, suite and references
    arrived: str  # UTC, ISO
    mtime_ns: int
    extracted_on: str  # the day the file was last written, from which "settled" is told
    outcome: str  # accepted, refused
    sentence: str
    rows_read: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    rows_left_out: int = 0
    months: list[str] = field(default_factory=list)  # of the accepted rows
    quarantined_months: list[str] = field(default_factory=list)
    set_aside: list[dict] = field(default_factory=list)  # heading, reason, rows
    unknown_names: dict[str, int] = field(default_factory=dict)
    expectations: list[dict] = field(default_factory=list)
    size: int = 0  # bytes
    key: str = ""  # fingerprint of the key that its people were hashed with
    rows_of_months: dict[str, int] = field(
        default_factory=dict
    )  # the accepted rows by month; receipts of before have none
    shares_months: str = ""  # the sentence, where it seems to divide a month with another file and has taken its place

    @property
    def hash(self) -> str:
        """The name its files stand under: by content and by the rules it was judged with."""
        return hashlib.sha256(f"{self.content}{self.judged_with}".encode()).hexdigest()[:24]

    def path(self, workspace: Workspace, ending: str) -> Path:
        return workspace.store / self.source / f"{self.hash}.{ending}"


def judged_with(contract: Contract, names: str, timezone: str) -> str:
    """Fingerprint of everything but the file itself that decides what becomes of it; `names` is that of what its references
    know."""
    local = timezone if any(column.type in ("date", "timestamp") for column in contract.columns) else ""
    return hashlib.sha256(json.dumps([READING, contract.fingerprint, names, local]).encode()).hexdigest()[:24]


def read_receipts(workspace: Workspace, source: str) -> list[Receipt]:
    """A source's receipts, earliest arrival first. One that is cut short or odd vouches for nothing, and is passed over."""
    found = [
        receipt
        for path in (workspace.store / source).glob("*.receipt.json")
        if (receipt := _read_receipt(path, source)) is not None
    ]
    return sorted(found, key=lambda receipt: (receipt.arrived, receipt.mtime_ns, receipt.file))


def unreadable_receipts(workspace: Workspace, source: str) -> list[Path]:
    """Those that are there and vouch for nothing."""
    paths = sorted((workspace.store / source).glob("*.receipt.json"))
    return [path for path in paths if path.exists() and _read_receipt(path, source) is None]


def _read_receipt(path: Path, source: str) -> Receipt | None:
    try:
        receipt = Receipt(**json.loads(path.read_text(encoding="utf-8")))
        for each in fields(Receipt):
            if not isinstance(getattr(receipt, each.name), get_origin(each.type) or each.type):
                return None
        dt.datetime.fromisoformat(receipt.arrived).astimezone(dt.UTC)
        for day in (receipt.extracted_on, *receipt.months, *receipt.quarantined_months, *receipt.rows_of_months):
            dt.date.fromisoformat(day)
    except FileNotFoundError:  # a build may throw one away while another program reads
        return None
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
    is_of_this_place = receipt.source == source and path.name == f"{receipt.hash}.receipt.json"
    return receipt if is_of_this_place and receipt.outcome in ("accepted", "refused") else None


def unreadable_arrival(path: Path) -> str | None:
    """When the file arrived of which this is a receipt that cannot be read, as it says, or as it was written; None where there
    is none. A file that is taken in again for it is no later word on its months than it was."""
    try:
        text = path.read_bytes()[:4096].decode("utf-8", errors="replace")
        match = ARRIVED.search(text)
        if match:
            return dt.datetime.fromisoformat(match[1]).astimezone(dt.UTC).isoformat(timespec="microseconds")
    except FileNotFoundError:
        return None
    except (ValueError, OverflowError):
        pass
    return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).isoformat(timespec="microseconds")


def write_receipt(workspace: Workspace, receipt: Receipt) -> None:
    write_json(receipt.path(workspace, "receipt.json"), asdict(receipt), workspace.work)


def now(after: str = "") -> str:
    """This moment, in UTC; a little after another one where the clock has meanwhile been set back before that."""
    moment = dt.datetime.now(dt.UTC)
    if after:
        moment = max(moment, dt.datetime.fromisoformat(after) + dt.timedelta(microseconds=1))
    return moment.isoformat(timespec="microseconds")
