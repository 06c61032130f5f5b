"""What nobody expected: whether one file is to blame for it, and where its details are written down.

A message of Python's or DuckDB's may show a cell, and a cell may be a person's. So the log holds the kind of an exception and the
lines of code it came through, and a message only where that can name nothing but a path.
"""

import datetime as dt
import errno
import os
import traceback
from pathlib import Path

import duckdb

from etl.paths import NO_ROOM, DiskFull, Workspace

MAX_LOG_BYTES = 1 << 20
NO_FILES_FAULT = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.ENOMEM,
    errno.EMFILE,
    errno.ENFILE,
    errno.EROFS,
}
NO_MEMORY = "There is not enough memory for this. Nothing was published and nothing was lost: free some, and try again."


class OutOfMemory(Exception):
    """There is no memory left; the sentence says so."""


def is_about_a_file(error: BaseException) -> bool:
    """Whether what was raised while a file was read is that file's affair. No room, no memory and no more open files are
    nobody's: with them the next file would fare no better."""
    if not isinstance(error, Exception) or isinstance(
        error, MemoryError | duckdb.OutOfMemoryException | DiskFull | OutOfMemory
    ):
        return False
    if isinstance(error, OSError) and error.errno in NO_FILES_FAULT:
        return False
    return not (isinstance(error, OSError | duckdb.Error) and NO_ROOM.search(str(error)))


def log_of(workspace: Workspace) -> Path:
    return workspace.home / "errors.log"


def note(workspace: Workspace, error: BaseException, about: str) -> Path | None:
    """Adds an exception to the log, `about` what was being done; returns the log, None where it cannot be written."""
    path = log_of(workspace)
    lines = [f"{dt.datetime.now(dt.UTC).isoformat(timespec='seconds')} {about}"]
    met: set[int] = set()
    while error is not None and id(error) not in met:
        met.add(id(error))
        message = f": {error}" if isinstance(error, OSError) else ""
        lines += [f"{type(error).__module__}.{type(error).__qualname__}{message}"]
        lines += [line.rstrip() for line in traceback.format_tb(error.__traceback__)]
        error = error.__cause__ or error.__context__
    text = "\n".join(lines) + "\n\n"
    try:
        too_long = path.exists() and path.stat().st_size > MAX_LOG_BYTES
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | (os.O_TRUNC if too_long else os.O_APPEND)
        opened = os.open(path, flags, 0o600)
        with os.fdopen(opened, "w", encoding="utf-8", errors="backslashreplace") as log:
            log.write(text)
    except OSError:
        return None
    return path
