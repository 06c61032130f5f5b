"""Processes that write in one journal at the same moment, for its tests."""

import datetime as dt
import multiprocessing
import multiprocessing.forkserver
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

from pages.parts.journal import notes, sheets, store

TODAY = dt.date(2026, 11, 23)
FEBRUARY = dt.date(2027, 2, 1)
THING = sheets.Thing("keep team time on Thursdays", "team", ("fill_rate",))
# A fork begins by running the main script anew, and the tests of pages leave the app itself in its place.
_NOT_THE_APP = mock.patch.dict(sys.modules, {"__main__": ModuleType("__main__")})
FORKS = multiprocessing.get_context("forkserver")
SEEN = notes.Seen("larch", "fill_rate", dt.date(2026, 4, 1), "2026-06-09a", "April 2026: 92 %")


@contextmanager
def ready() -> Iterator[None]:
    """Within it forks come from a process that has imported what they need; other tests have one of their own."""
    multiprocessing.forkserver._forkserver._stop()
    FORKS.set_forkserver_preload(
        [__name__, "pages.parts.journal.migrate", "sqlalchemy.dialects.postgresql.psycopg", "psycopg"]
    )
    try:
        yield
    finally:
        multiprocessing.forkserver._forkserver._stop()


def together(home: Path, write: Callable[[int], Any], processes: int) -> list[Any]:
    """What each process's writing gave back, all of them begun at once; they share nothing but the journal."""
    gate, said = FORKS.Barrier(processes), FORKS.Queue()
    begun = [FORKS.Process(target=_one, args=(home, write, i, gate, said), daemon=True) for i in range(processes)]
    with _NOT_THE_APP:
        for process in begun:
            process.start()
    told = [said.get(timeout=60) for _ in begun]
    for process in begun:
        process.join(timeout=10)
    return [what for _, what in sorted(told)]


def _one(home: Path, write: Callable[[int], Any], i: int, gate: Any, said: Any) -> None:
    os.environ["KINSHIP_HOME"] = str(home)
    gate.wait(timeout=60)
    try:
        said.put((i, write(i)))
    except Exception as error:
        said.put((i, f"{type(error).__name__}: {error}"))


def ten_notes(i: int) -> str:
    for number in range(10):
        notes.looks_wrong(SEEN, "other", f"of process {i}, note {number}", "leader")
    return "kept"


def a_change(i: int) -> str:
    """Each has seen the same version and says so of its own words."""
    [sheet] = sheets.of(["larch"])
    seen = sheets.Sheet(sheet.id, sheet.unit, sheet.number, sheet.versions[:1])
    try:
        sheets.change(
            "larch", seen, [sheets.Thing(f"words of {'abcdef'[i]}", "team", ("fill_rate",))], FEBRUARY, "leader", TODAY
        )
    except store.Overtaken:
        return "overtaken"
    return "kept"


def a_new_sheet(i: int) -> str:
    try:
        sheets.begin("larch", [THING], FEBRUARY, "leader", TODAY)
    except store.Overtaken:
        return "overtaken"
    return "kept"


def an_answer(i: int) -> str:
    [note] = notes.of(["larch"])
    try:
        with notes.answering(notes.Note(**{**note.__dict__, "replies": ()}), "right", "", "analyst"):
            pass
    except store.Overtaken:
        return "overtaken"
    return "kept"


def killed_before_the_end(home: Path) -> int:
    """A process that is killed with a note and its answer written and not yet kept; its exit code."""
    process = FORKS.Process(target=_killed, args=(home,))
    with _NOT_THE_APP:
        process.start()
    process.join(timeout=60)
    return process.exitcode


def _killed(home: Path) -> None:
    os.environ["KINSHIP_HOME"] = str(home)
    [note] = notes.of(["larch"])
    with notes.answering(note, "right", "Never to be seen", "analyst"):
        os.kill(os.getpid(), signal.SIGKILL)
