"""Turns people's identifiers into keyed hashes, so that rows of one person meet and nobody can be told from them.

The key is the workspace's own. Without it a hash means nothing, and with another one the same person would be two.
"""

import hashlib
import hmac
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase

from etl.paths import Workspace, room_on_disk

BLOCK = 64  # bytes, of SHA-256
EDGES = " \t\u00a0"  # what may stand around a cell
UPPER = str.maketrans(
    ascii_lowercase, ascii_uppercase
)  # only these letters: what else is upper case, each program has its own
SHOWN = 8  # of a hash's digits: enough to tell two people apart on a page, where the row is set aside


class BadKey(Exception):
    """The key is not the one that the store's people were hashed with; the sentence says what to do."""


@dataclass(frozen=True, repr=False)
class Key:
    """What identifiers are hashed with. It has no words of its own, so that no message can hold it."""

    secret: bytes

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(b"kinship key " + self.secret).hexdigest()[:12]

    def hash(self, person: str) -> int | None:
        """A signed whole number of 64 bits; None for an identifier that names nobody."""
        said = normal(person)
        if not said:
            return None
        return int.from_bytes(hmac.digest(self.secret, said.encode(), "sha256")[:8], "big", signed=True)

    @property
    def pads(self) -> dict[str, bytes]:
        """The key as HMAC mixes it in, inside and outside."""
        padded = self.secret.ljust(BLOCK, b"\0")
        return {"inner": bytes(byte ^ 0x36 for byte in padded), "outer": bytes(byte ^ 0x5C for byte in padded)}


def normal(person: str) -> str:
    """An identifier as it is hashed. Spreadsheets eat leading zeros, so they count for nothing; zeros alone name nobody."""
    return person.strip(EDGES).translate(UPPER).lstrip("0")


def hash_sql(text: str, inner: str, outer: str) -> str:
    """The expression for the same hash inside DuckDB, where `inner` and `outer` hold the key's pads. Dear: a microsecond a
    row, so only for identifiers that were not known beforehand."""
    said = f"trim({text}, '{EDGES}')"
    # Changing letters one by one is the dearest part, and few identifiers have any that are small.
    said = f"CASE WHEN {said} <> upper({said}) THEN translate({said}, '{ascii_lowercase}', '{ascii_uppercase}') ELSE {said} END"
    said = f"nullif(ltrim({said}, '0'), '')"
    digest = f"sha256({outer} || unhex(sha256({inner} || encode({said}))))"
    # Hexadecimal digits are read without a sign; the upper half of the numbers is the negative ones.
    return f"(('0x' || left({digest}, 16))::UBIGINT::BIT::BIGINT)"


def shown(hashed: int | None) -> str:
    """A person where a row is set aside: told apart, and not told."""
    return "" if hashed is None else f"person {hashed & (1 << 64) - 1:016x}"[: len("person ") + SHOWN] + "…"


def expect_key(workspace: Workspace, fingerprints: Iterable[str]) -> None:
    """Raises BadKey unless the people already in the store (by their receipts' `fingerprints`) were hashed with this
    workspace's key."""
    used = set(filter(None, fingerprints))
    if not used:
        return
    path = workspace.secret_key
    if not path.exists():
        raise BadKey(
            f"{path} is missing, and the people in the store were hashed with it; put the old key back. "
            "Without it nothing is built, since the same person would become two."
        )
    if used != {key(workspace).fingerprint}:
        raise BadKey(
            f"{path} is not the key that the people in the store were hashed with; put the old key back. "
            "With another one nothing is built, since the same person would become two."
        )


def key(workspace: Workspace) -> Key:
    """The workspace's key, made on first use. Raises BadKey."""
    path = workspace.secret_key
    if not path.exists():
        _make(workspace)
    try:
        text = path.read_text(encoding="ascii", errors="replace").strip()
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)  # as it was made; a copy that was put back may have lost it
    except PermissionError:
        raise BadKey(
            f"{path} cannot be read by the account that builds; let it be read by that account alone."
        ) from None
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise BadKey(f"{path} is not a key: expected 64 digits from 0 to f; put the old key back.")
    return Key(bytes.fromhex(text))


def _make(workspace: Workspace) -> None:
    """Writes a new key whole, or leaves the one that somebody else has just written."""
    path, unfinished = workspace.secret_key, workspace.work / f"secret.key.{os.getpid()}"
    workspace.work.mkdir(parents=True, exist_ok=True)
    try:
        with room_on_disk(path):
            unfinished.unlink(missing_ok=True)
            file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.write(file, f"{os.urandom(32).hex()}\n".encode())
                os.fsync(file)
            finally:
                os.close(file)
            with suppress(FileExistsError):
                os.link(unfinished, path)  # fails where one stands already
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    finally:
        unfinished.unlink(missing_ok=True)
