"""One program at a time changes a workspace: whoever comes second waits."""

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from etl.paths import Workspace
from etl.store import backup, checksums, format


@contextmanager
def hold(workspace: Workspace, say: Callable[[str], None]) -> Iterator[None]:
    """Holds the workspace: a second build waits until the first has finished, and says so. Raises NewerStore."""
    if backup.finish_restore(workspace):
        say("A restore that was cut off has been finished first.")
    workspace.make()
    with (workspace.store / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another build of this workspace is running; waiting for it to finish.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for left in workspace.work.iterdir():  # a build that was cut off left these; nothing vouches for them
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
        backup.sweep(workspace)
        format.bring_up_to_date(workspace, say)
        format.keep_private(workspace)
        yield
        format.note(workspace)
        checksums.note(workspace)
