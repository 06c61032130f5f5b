"""Writes a workspace into one file, and puts it back from there into an empty one: whole, or not at all.

The file is a tar archive whose first member lists the others with their hashes. The inbox is left out unless it is asked for
(what was accepted stands in the store), and so are the keys that people and readers are hashed with: who has both can tell who is who.
"""

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from etl.paths import Workspace, room_on_disk

LIST = "kinship-backup.json"
FORMAT = 1
FOLDERS = ("store", "releases", "expectations", "audit")
FILES = ("settings.yaml", "access.yaml", "journal.db", "SYNTHETIC", "truth.json")
INBOX, KEYS = "inbox", ("secret.key", "audit.key")
CHUNK = 1 << 22


class BadBackup(Exception):
    """The archive cannot be written or restored; the sentence says why, and nothing was changed."""


def back_up(workspace: Workspace, to: Path, inbox: bool = False, key: bool = False) -> int:
    """Writes the workspace into `to`; returns how many files. Hold the workspace while it runs. Raises BadBackup, DiskFull."""
    folders = FOLDERS + ((INBOX,) if inbox else ())
    files = FILES + (KEYS if key else ())
    to = to.resolve()
    if any(to.is_relative_to((workspace.home / folder).resolve()) for folder in (*FOLDERS, INBOX)):
        raise BadBackup(f"{to} lies in the workspace that it is to hold; name a place outside.")
    unfinished = to.with_name(f".{to.name}.{os.getpid()}")
    copies = workspace.work / "backup"
    try:
        with room_on_disk(to):
            members = {}
            copies.mkdir(parents=True, exist_ok=True)
            for name, path in _members(workspace, folders, files):
                if name == "journal.db":  # somebody may be writing in it: SQLite itself gives a sound copy
                    journal = copies / name
                    with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(journal)) as copy:
                        live.backup(copy)
                    path = journal
                elif name.startswith("audit/"):  # whoever opens a page now adds a line
                    path = Path(shutil.copyfile(path, copies / path.name))
                members[name] = (path, path.stat().st_size, _hash(path))
            if not members:
                raise BadBackup(f"There is nothing to back up in {workspace.home}.")
            listed = {name: {"size": size, "sha256": sha} for name, (_, size, sha) in members.items()}
            with tarfile.open(unfinished, "w", format=tarfile.PAX_FORMAT) as archive:
                unfinished.chmod(0o600)
                _add_text(archive, json.dumps({"format": FORMAT, "files": listed}, indent=1))
                for name, (path, _, _) in members.items():
                    archive.add(path, arcname=name, recursive=False)
            with unfinished.open("rb+") as written:
                os.fsync(written.fileno())
            unfinished.replace(to)
            return len(members)
    except OSError as error:
        raise BadBackup(f"{to} cannot be written: {error.strerror or error}.") from None
    finally:
        unfinished.unlink(missing_ok=True)
        shutil.rmtree(copies, ignore_errors=True)


def restore(workspace: Workspace, archive: Path) -> int:
    """Puts back what an archive holds; returns how many files. Raises BadBackup, and leaves nothing behind then."""
    taken = [name for name in (*FOLDERS, *FILES, INBOX, *KEYS) if _holds_something(workspace.home / name)]
    if taken:
        raise BadBackup(
            f"{workspace.home} already holds {', '.join(taken)}; restore into an empty folder, which KINSHIP_HOME names."
        )
    unpacked = workspace.home / ".restoring"
    shutil.rmtree(unpacked, ignore_errors=True)
    try:
        with room_on_disk(workspace.home):
            unpacked.mkdir(parents=True, mode=0o700)
            listed = _unpack(archive, unpacked)
            for name in sorted({Path(name).parts[0] for name in listed}):
                there = workspace.home / name
                if there.is_dir():
                    shutil.rmtree(there)  # empty but for a lock: looked at above
                (unpacked / name).rename(there)
            workspace.make()
            for name, mode in (("audit", 0o700), *((key, 0o600) for key in KEYS)):
                if (workspace.home / name).exists():
                    (workspace.home / name).chmod(mode)
            return len(listed)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)


def _unpack(path: Path, folder: Path) -> dict[str, dict]:
    """Unpacks an archive and looks at every file of it; returns its list."""
    try:
        with tarfile.open(path, "r:") as archive:
            first = archive.next()
            if first is None or first.name != LIST:
                raise BadBackup(f"{path} is not a backup of Kinship's: its first part should be {LIST}.")
            record = json.loads(archive.extractfile(first).read())
            if record["format"] > FORMAT:
                raise BadBackup(f"{path} was written by a newer version of Kinship; restore it with that one.")
            listed = record["files"]
            for member in archive:
                if member is first:
                    continue
                if member.name not in listed or not member.isreg():
                    raise BadBackup(f"{path} holds {member.name!r}, which its list does not name; it was changed.")
                archive.extract(member, folder, filter="data")
    except FileNotFoundError:
        raise BadBackup(f"There is no file {path}.") from None
    except (tarfile.TarError, json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, EOFError):
        raise BadBackup(f"{path} is cut short, damaged, or no backup of Kinship's; nothing was restored.") from None
    for name, said in listed.items():
        there = folder / name
        if not there.is_file() or there.stat().st_size != said["size"] or _hash(there) != said["sha256"]:
            raise BadBackup(f"{path} is cut short or damaged at {name}; nothing was restored.")
    return listed


def _members(workspace: Workspace, folders: tuple[str, ...], files: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    """Everything to keep, as (name below the workspace, path); what a crash left unfinished is not."""
    for folder in folders:
        for path in sorted((workspace.home / folder).rglob("*")):
            below = path.relative_to(workspace.home)
            if path.is_file() and not path.is_symlink() and not any(part.startswith(".") for part in below.parts):
                yield below.as_posix(), path
    for name in files:
        if (workspace.home / name).is_file():
            yield name, workspace.home / name


def _holds_something(path: Path) -> bool:
    if not path.is_dir():
        return path.exists()
    return any(
        each.is_file() and not any(part.startswith(".") for part in each.relative_to(path).parts)
        for each in path.rglob("*")
    )


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _add_text(archive: tarfile.TarFile, text: str) -> None:
    said = text.encode()
    member = tarfile.TarInfo(LIST)
    member.size, member.mode = len(said), 0o600
    archive.addfile(member, io.BytesIO(said))
