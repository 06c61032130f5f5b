"""Takes a release from the app, where it tells more than it should: the engine keeps it, for somebody may have kept it too.

It is out of reach as soon as the record names it, and cannot come back: neither app nor engine opens a release that stands in
the record, wherever its file is. Whatever cuts this off, doing it again finishes it.
"""

import datetime as dt
import shutil

from etl.disclosure import memory
from etl.paths import Workspace, appearing, private, write_json
from etl.release import publish


def withdraw(workspace: Workspace, release: str, today: dt.date) -> str:
    """Hold the workspace while it runs; returns one sentence. Raises NoSuchRelease, DiskFull."""
    memory.keep_promises(workspace)
    record, standing = publish.withdrawn(workspace), publish.releases(workspace)
    again = release in record
    if not again and release not in standing:
        raise publish.NoSuchRelease(f"There is no release {release!r}; there are {', '.join(standing) or 'none yet'}.")
    if publish.current(workspace) == release:
        _step_down(workspace, release)
    if not again:
        record[release] = today.isoformat()
        write_json(publish.withdrawn_record(workspace), record, workspace.work)
    _keep_the_note_of_a_rollback(workspace, release)
    _put_away(workspace, release)
    now = publish.current(workspace)
    current = f"{now} is current" if now else "no release is left to show, until the next build makes one"
    said = f"was withdrawn on {record[release]} already" if again else "is withdrawn"
    return f"Release {release} {said}; {current}."


def finish(workspace: Workspace) -> None:
    """Puts away what was being withdrawn when something cut it off, or came back beside the engine."""
    for release in publish.withdrawn(workspace):
        if publish.current(workspace) == release:
            _step_down(workspace, release)
        _put_away(workspace, release)


def _step_down(workspace: Workspace, release: str) -> None:
    """Points at the newest whole release that remains; where somebody had gone back to this one, at one before it, for those
    after it were left on purpose. With none, at nothing."""
    names = [name for name in publish.releases(workspace) if name != release and _whole(workspace, name)]
    before = [name for name in names if _order(name) < _order(release)]
    gone_back = publish.rolled_back(workspace) not in (None, release)
    if names:
        publish.point_at(workspace, ((gone_back and before) or names)[-1])
    else:
        workspace.current.unlink(missing_ok=True)


def _order(name: str) -> tuple[str, int, str]:
    return name[:10], len(name), name


def _whole(workspace: Workspace, name: str) -> bool:
    try:
        return publish.read_release(workspace, name)["format"] <= publish.FORMAT
    except (publish.DamagedRelease, publish.NoSuchRelease):
        return False


def _keep_the_note_of_a_rollback(workspace: Workspace, release: str) -> None:
    """A build puts CURRENT at the newest release unless the note names it: after this one, that is another."""
    if publish.rolled_back(workspace) != release:
        return
    remaining = publish.releases(workspace)
    if remaining and publish.current(workspace) != remaining[-1]:
        publish.note_rolled_back(workspace, remaining[-1])
    else:
        publish.rolled_back_note(workspace).unlink(missing_ok=True)


def _put_away(workspace: Workspace, release: str) -> None:
    """Into the private store, whole; the folders may stand on two disks."""
    path = workspace.releases / f"{release}.duckdb"
    if not path.exists():
        return
    with private():
        workspace.withdrawn.mkdir(parents=True, exist_ok=True)
        workspace.withdrawn.chmod(0o700)
        kept = workspace.withdrawn / path.name
        try:
            path.replace(kept)
        except OSError:  # another disk
            with appearing(kept, workspace.work) as unfinished:
                shutil.copyfile(path, unfinished)
            path.unlink()
        kept.chmod(0o600)
