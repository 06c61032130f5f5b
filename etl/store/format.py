"""The store's `format`: how its files are laid out, so that an upgrade opens an older one, or says plainly what to do.

It stands in store/FORMAT. A store from before there was such a number is of format 1. (A release has a number of its own,
`meta.release.format`; the journal's is Alembic's.)
"""

import re
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from etl.paths import Workspace, appearing

FORMAT = (
    1  # raise it when files of the store come to mean something else, and say below how older ones are brought there
)
NUMBER, MAX_FORMAT_BYTES = re.compile(r"[1-9][0-9]{0,5}"), 64
UPGRADES: dict[int, Callable[[Workspace], None]] = {}  # from this format to the next; may be cut off, and done again


class OddStore(Exception):
    """Nobody can tell how the store is laid out; the sentence says what to do."""


class NewerStore(Exception):
    """The store was laid out by a newer version; the sentence says what to run."""


def bring_up_to_date(workspace: Workspace, say: Callable[[str], None]) -> None:
    """Hold the workspace while it runs. Raises NewerStore; nothing was changed then."""
    held = _held(workspace)
    if held > FORMAT:
        raise NewerStore(
            f"{workspace.store} was laid out by a newer version of Kinship (format {held}; this one knows {FORMAT}). Run that "
            "version, or restore a backup from before into an empty workspace. Nothing was changed."
        )
    for number in range(held, FORMAT):
        UPGRADES[number](workspace)
        say(f"The store was brought from format {number} to {number + 1}.")
    if held < FORMAT:
        _write(workspace)


def keep_private(workspace: Workspace) -> None:
    """What an earlier version, or a copy that was put back, has left readable by others is its owner's alone from now on. Not
    the workspace's own folder and its inbox: by an access list others may be let in there."""
    folders = (workspace.store, workspace.releases, workspace.home / "audit", workspace.home / "packs")
    paths = [path for folder in folders if folder.is_dir() for path in (folder, *folder.rglob("*"))]
    for path in (*paths, *workspace.home.glob("journal*.db"), *workspace.home.glob("*.key")):
        with suppress(OSError):
            mode = path.lstat().st_mode
            if mode & 0o077 and not stat.S_ISLNK(mode):
                path.chmod(stat.S_IMODE(mode) & ~0o077)


def note(workspace: Workspace) -> None:
    """Writes the number beside the first file that is kept."""
    if not _path(workspace).exists() and any(workspace.store.glob("*/*.receipt.json")):
        _write(workspace)


def _path(workspace: Workspace) -> Path:
    return workspace.store / "FORMAT"


def _held(workspace: Workspace) -> int:
    """Raises OddStore where the file is there and no number stands in it."""
    path = _path(workspace)
    try:
        text = path.read_bytes()[:MAX_FORMAT_BYTES].decode("ascii").strip()
    except FileNotFoundError:
        return 1
    except (OSError, UnicodeDecodeError):
        text = ""
    if not NUMBER.fullmatch(text):
        raise OddStore(
            f"{path} should hold the number of the store's format and nothing else. Put it back from a backup; if this version "
            f"has built here before, write {FORMAT} into it. Nothing was changed."
        )
    return int(text)


def _write(workspace: Workspace) -> None:
    with appearing(_path(workspace), workspace.work) as unfinished:
        unfinished.write_text(f"{FORMAT}\n", encoding="ascii")
