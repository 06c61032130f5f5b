"""Writes a workspace into one file, and puts it back from there into an empty one: whole, or not at all.

The file is a tar archive whose first member lists the others with their hashes. The inbox is left out unless it is asked for
(what was accepted stands in the store), and so are the keys that people and readers are hashed with: who has both can tell who is who.

A backup is written beside its place under a hidden name, and a restore unpacked in the workspace under `.restoring`; what was cut
off is swept away by the next verb. Once all of a restore is there and looked at, the folder is renamed to `.restored`: from then on
the next verb puts its parts in their places, however often it is cut off in that.
"""

import fcntl
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from etl.paths import Workspace, appearing, room_on_disk, sync_folder
from etl.store import checksums

LIST = "kinship-backup.json"
FORMAT = 1
FOLDERS = ("store", "releases", "expectations", "audit")
FILES = ("settings.yaml", "access.yaml", "journal.db", "SYNTHETIC", "truth.json")
INBOX, KEYS = "inbox", ("secret.key", "audit.key")
UNPACKING, WHOLE = ".restoring", ".restored"
UNFINISHED = ".kinship-backup-"  # begins the name of an archive that is being written
FORMER = re.compile(r"\..+\.\d+")  # what earlier versions called one


class BadBackup(Exception):
    """The archive cannot be written or restored; the sentence says why, and nothing was changed."""


@dataclass(frozen=True)
class Written:
    """How many files a backup holds, and a sentence for each that is damaged in the workspace, and so in the backup."""

    files: int
    damaged: list[str]


def back_up(workspace: Workspace, to: Path, inbox: bool = False, key: bool = False) -> Written:
    """Writes the workspace into `to`. Hold the workspace while it runs. Raises BadBackup, DiskFull."""
    folders = FOLDERS + ((INBOX,) if inbox else ())
    files = FILES + (KEYS if key else ())
    to = to.resolve()
    if any(to.is_relative_to((workspace.home / folder).resolve()) for folder in (*FOLDERS, INBOX)):
        raise BadBackup(f"{to} lies in the workspace that it is to hold; name a place outside.")
    _sweep_beside(to.parent)
    unfinished = to.with_name(f"{UNFINISHED}{to.name}.{os.getpid()}")
    copies = workspace.work / "backup"
    try:
        with room_on_disk(to):
            copies.mkdir(parents=True, exist_ok=True)
            members, damaged = _gathered(workspace, folders, files, copies)
            if not members:
                raise BadBackup(f"There is nothing to back up in {workspace.home}.")
            if damaged and to.exists():
                raise BadBackup(
                    f"{' '.join(damaged.values())} {to}, which was written before, was left as it is: name another file."
                )
            _note_unfinished(workspace, unfinished)
            _write(unfinished, members, damaged)
            unfinished.replace(to)
            sync_folder(to.parent)
            return Written(len(members), list(damaged.values()))
    except OSError as error:
        raise BadBackup(f"{to} cannot be written: {error.strerror or error}.") from None
    finally:
        unfinished.unlink(missing_ok=True)
        _unfinished(workspace).unlink(missing_ok=True)
        shutil.rmtree(copies, ignore_errors=True)


def restore(workspace: Workspace, archive: Path) -> int:
    """Puts back what an archive holds; returns how many files. Raises BadBackup, and leaves nothing behind then.

    Where a restore was cut off after all of it had been unpacked, that one is finished first.
    """
    finished = finish_restore(workspace)
    sweep(workspace)
    taken = [name for name in (*FOLDERS, *FILES, INBOX, *KEYS) if _holds_something(workspace.home / name)]
    if finished and (listed := _holds_all_of(workspace, archive)):
        return len(listed)
    if taken:
        raise BadBackup(
            f"{workspace.home} already holds {', '.join(taken)}; restore into an empty folder, which KINSHIP_HOME names."
        )
    unpacked = workspace.home / UNPACKING
    try:
        with room_on_disk(workspace.home):
            unpacked.mkdir(parents=True, mode=0o700)
            with _held(unpacked):
                listed = _unpack(archive, unpacked)
                unpacked.rename(workspace.home / WHOLE)
                sync_folder(workspace.home)
                _put_in_place(workspace)
            return len(listed)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)


def finish_restore(workspace: Workspace) -> bool:
    """Puts in their places what a restore that was cut off has left whole; whether there was any. One that is running in another
    process is waited for."""
    whole = workspace.home / WHOLE
    if not whole.is_dir():
        return False
    with _held(whole):
        if whole.is_dir():  # or another has just finished it
            _put_in_place(workspace)
    return True


def sweep(workspace: Workspace) -> None:
    """Throws away what a backup or a restore that was cut off has left; one that is running in another process is let be."""
    with suppress(FileNotFoundError, BlockingIOError), _held(workspace.home / UNPACKING, wait=False):
        shutil.rmtree(workspace.home / UNPACKING)
    note = _unfinished(workspace)
    with suppress(OSError, UnicodeDecodeError):
        left = Path(note.read_text(encoding="utf-8").strip())
        if left.name.startswith(UNFINISHED) and left.parent.is_dir():  # its disk may be away just now
            left.unlink(missing_ok=True)
            note.unlink()


# ---- writing ---------------------------------------------------------------------------------------------------------


def _gathered(
    workspace: Workspace, folders: tuple[str, ...], files: tuple[str, ...], copies: Path
) -> tuple[dict[str, tuple[Path, int, str]], dict[str, str]]:
    """name → (path, size, hash) of all that is to be kept, and name → sentence of what is damaged of it."""
    noted, members, damaged = checksums.read(workspace), {}, {}
    for name, path in _members(workspace, folders, files):
        wrong = ""
        if name == "journal.db":  # somebody may be writing in it: SQLite itself gives a sound copy
            path, wrong = _journal(path, copies / name)
        elif name.startswith("audit/"):  # whoever opens a page now adds a line
            path = Path(shutil.copyfile(path, copies / path.name))
        size, digest = path.stat().st_size, _hash(path)
        members[name] = (path, size, digest)
        if name in noted:
            wrong = "" if digest == noted[name][0] else "is not what was written"
        elif not wrong:
            wrong = "" if checksums.is_readable(path) else "is damaged"
        if wrong:
            damaged[name] = f"{name} {wrong}: {_remedy(name)}"
    for name in _missing(workspace):
        damaged[name] = f"{name} is missing, though its receipt stands: {_remedy(name)}"
    checksums.suspect(workspace, damaged)
    return members, damaged


def _journal(path: Path, copy: Path) -> tuple[Path, str]:
    """A sound copy of the journal, and nothing; of a damaged one its bytes, and what is wrong."""
    try:
        with (
            closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as live,
            closing(sqlite3.connect(copy)) as kept,
        ):
            live.backup(kept)
            sound = path.stat().st_size and kept.execute("PRAGMA quick_check").fetchone()[0] == "ok"
    except sqlite3.OperationalError as error:
        raise BadBackup(f"The journal cannot be read just now ({error}); nothing was written.") from None
    except sqlite3.DatabaseError:
        sound = False
    if sound:
        return copy, ""
    return Path(shutil.copyfile(path, copy)), "is damaged"


def _missing(workspace: Workspace) -> Iterator[str]:
    """Files of accepted rows that a receipt vouches for and that are not there."""
    for path in sorted(workspace.store.glob("*/*.receipt.json")):
        with suppress(OSError, ValueError, AttributeError):
            rows = path.with_name(path.name.removesuffix("receipt.json") + "parquet")
            if json.loads(path.read_text(encoding="utf-8")).get("outcome") == "accepted" and not rows.exists():
                yield rows.relative_to(workspace.home).as_posix()


def _remedy(name: str) -> str:
    if name.startswith("releases/"):
        return "put it back from an older backup, or let it be; `python -m etl history` says which releases are whole."
    if name.startswith("store/") and "/protection/" not in name:
        return "the next build takes its file in again, if that still lies in the inbox; or put it back from an older backup."
    return "put it back from an older backup."


def _write(unfinished: Path, members: dict[str, tuple[Path, int, str]], damaged: dict[str, str]) -> None:
    listed = {name: {"size": size, "sha256": digest} for name, (_, size, digest) in members.items()}
    descriptor = os.open(unfinished, os.O_CREAT | os.O_RDWR | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # who sweeps this folder meanwhile lets it be
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
            _add_text(archive, json.dumps({"format": FORMAT, "files": listed, "damaged": sorted(damaged)}, indent=1))
            for name, (path, _, _) in members.items():
                archive.add(path, arcname=name, recursive=False)
        file.flush()
        os.fsync(file.fileno())


def _note_unfinished(workspace: Workspace, unfinished: Path) -> None:
    """So that the next verb throws it away, wherever it is, if this one is cut off."""
    with appearing(_unfinished(workspace), workspace.work) as note:
        note.write_text(f"{unfinished}\n", encoding="utf-8")


def _unfinished(workspace: Workspace) -> Path:
    return workspace.store / ".backup"


def _sweep_beside(folder: Path) -> None:
    """Throws away what backups into this folder have left when they were cut off."""
    with suppress(OSError):
        for path in [path for path in folder.iterdir() if path.name.startswith(".")]:
            ours = path.name.startswith(UNFINISHED) or (FORMER.fullmatch(path.name) and _begins_as_ours(path))
            with suppress(OSError):
                if ours:
                    with _held(path, wait=False):
                        path.unlink()


def _begins_as_ours(path: Path) -> bool:
    with suppress(OSError), path.open("rb") as file:
        return file.read(len(LIST)) == LIST.encode()
    return False


@contextmanager
def _held(path: Path, wait: bool = True) -> Iterator[None]:
    """Holds a file or folder against who sweeps. Raises FileNotFoundError, and BlockingIOError where another holds it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


# ---- restoring -------------------------------------------------------------------------------------------------------


def _put_in_place(workspace: Workspace) -> None:
    """Moves what is whole to where it belongs, the releases last; may be cut off, and done again."""
    whole = workspace.home / WHOLE
    for part in sorted(whole.iterdir(), key=lambda path: (path.name == "releases", path.name)):
        there = workspace.home / part.name
        if _holds_something(there):  # somebody has begun to work here meanwhile: nothing of theirs is lost
            there.rename(there.with_name(f"{there.name}.before-restore.{os.getpid()}"))
        elif there.is_dir():
            shutil.rmtree(there)  # empty but for a lock
        part.rename(there)
    workspace.make()
    for name, mode in (("audit", 0o700), *((key, 0o600) for key in KEYS)):
        if (workspace.home / name).exists():
            (workspace.home / name).chmod(mode)
    sync_folder(workspace.home)
    whole.rmdir()


def _holds_all_of(workspace: Workspace, archive: Path) -> dict[str, dict]:
    """The archive's list, where the workspace holds exactly what it names; else nothing."""
    with suppress(BadBackup, OSError), tarfile.open(archive, "r:") as opened:
        listed = _list_of(opened, archive)[1]
        for name, said in listed.items():
            there = workspace.home / name
            if not there.is_file() or _hash(there) != said["sha256"]:
                return {}
        return listed
    return {}


def _list_of(archive: tarfile.TarFile, path: Path) -> tuple[tarfile.TarInfo, dict[str, dict]]:
    first = archive.next()
    if first is None or first.name != LIST:
        raise BadBackup(f"{path} is not a backup of Kinship's: its first part should be {LIST}.")
    record = json.loads(archive.extractfile(first).read())
    if record["format"] > FORMAT:
        raise BadBackup(f"{path} was written by a newer version of Kinship; restore it with that one.")
    return first, record["files"]


def _unpack(path: Path, folder: Path) -> dict[str, dict]:
    """Unpacks an archive, looks at every file of it, and has all of it on the disk; returns its list."""
    try:
        with tarfile.open(path, "r:") as archive:
            first, listed = _list_of(archive, path)
            for member in archive:
                if member is first:
                    continue
                if member.name not in listed or not member.isreg():
                    raise BadBackup(f"{path} holds {member.name!r}, which its list does not name; it was changed.")
                archive.extract(member, folder, filter="data")
    except FileNotFoundError:
        raise BadBackup(f"There is no file {path}.") from None
    except (tarfile.TarError, json.JSONDecodeError, UnicodeDecodeError, AttributeError, KeyError, TypeError, EOFError):
        raise BadBackup(f"{path} is cut short, damaged, or no backup of Kinship's; nothing was restored.") from None
    for name, said in listed.items():
        there = folder / name
        if not there.is_file() or there.stat().st_size != said["size"] or _hash(there) != said["sha256"]:
            raise BadBackup(f"{path} is cut short or damaged at {name}; nothing was restored.")
        with there.open("rb") as unpacked:
            os.fsync(unpacked.fileno())
    for below in [folder, *(each for each in folder.rglob("*") if each.is_dir())]:
        sync_folder(below)
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
    return checksums.sha256(path)


def _add_text(archive: tarfile.TarFile, text: str) -> None:
    said = text.encode()
    member = tarfile.TarInfo(LIST)
    member.size, member.mode = len(said), 0o600
    archive.addfile(member, io.BytesIO(said))
