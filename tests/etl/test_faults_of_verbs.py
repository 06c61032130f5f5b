"""What must hold when a verb other than `build` is killed: `backup`, `restore`, `rollback`, `purge` (for `build` see test_faults.py,
for `journal upgrade` tests/app/test_journal.py).

A moment is before each fsync, rename, link, and removal of a file or folder: what Python does to the disk in a way that another
program could meet half done. Each verb is killed at every one of its moments, in a fork of its own, and what it was to do is then done
again, as the next night would.
"""

import functools
import itertools
import multiprocessing
import os
import shutil
import signal
import sqlite3
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType
from unittest import mock

import pyarrow
import pyarrow.parquet
import pytest

from etl.__main__ import app
from etl.paths import Workspace
from etl.release import publish
from etl.store import backup
from tests.app import small_release
from tests.conftest import PROJECT, Engine

FORKS = multiprocessing.get_context("forkserver")
MOMENTS = ("fsync", "rename", "replace", "link", "unlink", "remove", "rmdir")
KILLED = -signal.SIGKILL


def verb_here(home: Path, verb: tuple[str, ...], dies_at: int, said: Path) -> None:
    """Runs a verb in this process, which has been forked for it, and kills it at one of its moments."""
    passed = itertools.count()

    def watched(does: Callable) -> Callable:
        @functools.wraps(does)
        def watching(*arguments, **named):
            if next(passed) == dies_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return does(*arguments, **named)

        return watching

    for name in MOMENTS:
        setattr(os, name, watched(getattr(os, name)))
    with said.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ["KINSHIP_HOME"] = str(home)
    app(list(verb), prog_name="python -m etl")


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A function that runs a verb, killed at a moment; whether there was such a moment. Fails where the verb says anything but
    that it did what it should."""
    FORKS.set_forkserver_preload(["etl.__main__", __name__])
    folder = tmp_path_factory.mktemp("said")

    def run(home: Path, dies_at: int, *verb: str) -> bool:
        said = folder / "said.txt"
        fork = FORKS.Process(target=verb_here, args=(home, verb, dies_at, said))
        with mock.patch.dict(sys.modules, {"__main__": ModuleType("__main__")}):
            fork.start()
        fork.join(60)
        assert fork.exitcode in (KILLED, 0), said.read_text()
        return fork.exitcode == KILLED

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(PROJECT))
        yield run


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Workspace:
    """A workspace with two releases, of which the second is current, kept rows, a journal, a record of readers and a setting; made
    by hand, since a build takes seconds."""
    workspace = Workspace(tmp_path_factory.mktemp("built") / "workspace")
    workspace.make()
    for release in ("2026-06-09a", "2026-06-10a"):
        small_release.build(workspace.home, release)
    kept = workspace.store / "beds"
    kept.mkdir()
    pyarrow.parquet.write_table(pyarrow.table({"beds": [7, 8]}), kept / "0a.parquet")
    (kept / "0a.receipt.json").write_text('{"outcome": "accepted"}')
    with closing(sqlite3.connect(workspace.home / "journal.db")) as journal, journal:
        journal.execute("CREATE TABLE sheet (we_will TEXT)")
    (workspace.home / "audit").mkdir(mode=0o700)
    (workspace.home / "audit" / "2026-10.jsonl").write_text('{"did": "viewed"}\n')
    workspace.settings.write_text("timezone: Europe/London\n")
    assert Engine(workspace.home, workspace).run("rollback", "2026-06-10a").code == 0  # notes what stands
    (workspace.releases / "ROLLED_BACK").unlink()
    return workspace


def copied(workspace: Workspace, folder: Path) -> Engine:
    shutil.rmtree(folder, ignore_errors=True)
    return Engine(folder, Workspace(shutil.copytree(workspace.home, folder)))


def holds(home: Path, but: tuple[str, ...] = ()) -> dict[str, bytes]:
    """What stands in a workspace: every file, hidden ones too, but for the lock."""
    return {
        path.relative_to(home).as_posix(): path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and path.name != ".lock" and path.relative_to(home).parts[0] not in but
    }


def tidy(workspace: Workspace) -> bool:
    hidden = [path.name for path in workspace.home.rglob(".*") if path.name not in (".lock", ".work")]
    return not hidden and list(workspace.work.iterdir()) == []


def test_a_backup_killed_at_any_moment_leaves_the_one_before_and_is_swept_by_the_next(killed, built, tmp_path):
    engine, place = copied(built, tmp_path / "workspace"), tmp_path / "kept"
    place.mkdir()
    archive, before = place / "backup.tar", holds(engine.home)
    assert engine.run("backup", str(archive)).code == 0
    for moment in itertools.count():
        went_on = not killed(engine.home, moment, "backup", str(archive))
        with tarfile.open(archive) as whole:
            assert whole.getnames()[0] == backup.LIST and set(whole.getnames()) >= {backup.LIST, *before}
        if moment % 2:  # the next verb is another one, or another backup elsewhere
            assert engine.run("rollback", publish.releases(engine.workspace)[-1]).code == 0
        else:
            assert engine.run("backup", str(archive)).code == 0
        assert [path.name for path in place.iterdir()] == [archive.name], moment
        assert tidy(engine.workspace) and {**holds(engine.home), **before} == holds(engine.home), moment
        (engine.workspace.releases / "ROLLED_BACK").unlink(missing_ok=True)
        if went_on:
            break
    assert moment > 8


def test_a_restore_killed_at_any_moment_is_whole_or_nothing_and_done_by_the_next_verb(killed, built, tmp_path):
    archive = tmp_path / "backup.tar"
    assert copied(built, tmp_path / "workspace").run("backup", str(archive)).code == 0
    whole = Engine(tmp_path / "whole", Workspace(tmp_path / "whole"))
    assert whole.run("restore", str(archive)).code == 0
    expected, standing = holds(whole.home), {".work"}
    for moment in itertools.count():
        home = tmp_path / f"fresh_{moment}"
        engine = Engine(home, Workspace(home))
        went_on = not killed(home, moment, "restore", str(archive))
        again = tmp_path / f"again_{moment}"
        if home.exists():
            shutil.copytree(home, again)
        said = engine.run("restore", str(archive))
        if went_on:
            assert said.code == 1 and "already holds" in said.said
            break
        assert said.code == 0 or holds(home) == expected, (moment, said.said)
        assert holds(home) == expected and tidy(engine.workspace), moment
        other = Engine(again, Workspace(again))
        other.run("rollback", "none such")  # whatever verb comes next
        left = holds(again, ("inbox",))
        assert left in ({}, expected), (moment, sorted(left))
        assert {path.name for path in again.iterdir()} <= {
            *(Path(name).parts[0] for name in expected),
            "inbox",
            "store",
            "releases",
        }
        assert standing
        shutil.rmtree(home)
        shutil.rmtree(again)
    assert moment > 15


def test_a_rollback_killed_at_any_moment_has_gone_back_or_has_not(killed, built, tmp_path):
    first, second = publish.releases(built)
    for moment in itertools.count():
        engine = copied(built, tmp_path / "workspace")
        went_on = not killed(engine.home, moment, "rollback", first)
        assert publish.current(engine.workspace) in ((first,) if went_on else (first, second))
        assert engine.run("history").code == 0
        assert engine.run("rollback", first).code == 0
        assert publish.current(engine.workspace) == first and publish.rolled_back(engine.workspace) == second
        assert tidy(engine.workspace)
        if went_on:
            break
    assert moment > 3


def test_a_purge_killed_at_any_moment_is_made_good_by_the_next(killed, built, tmp_path):
    """Of rows about people it is tried by tests/etl/test_purge.py."""

    def old() -> Engine:
        engine = copied(built, tmp_path / "workspace")
        engine.workspace.settings.write_text(
            "retention: {inbox_days: 1, releases: 1, release_years: 1, audit_months: 1}\n"
        )
        current = publish.current(engine.workspace)
        for number in (1, 2, 3):
            (engine.workspace.releases / f"2020-01-0{number}a.duckdb").write_bytes(
                (engine.workspace.releases / f"{current}.duckdb").read_bytes()
            )
        (engine.home / "audit" / "2020-01.jsonl").write_text("{}\n")
        return engine

    undisturbed = old()
    assert undisturbed.run("purge").code == 0
    expected = holds(undisturbed.home)
    assert "audit/2020-01.jsonl" not in expected and not [name for name in expected if "2020-01" in name]
    for moment in itertools.count():
        engine = old()
        went_on = not killed(engine.home, moment, "purge")
        assert {path.stem for path in engine.workspace.releases.glob("*.duckdb")} >= {publish.current(engine.workspace)}
        assert engine.run("purge").code == 0
        assert holds(engine.home) == expected, moment
        if went_on:
            break
    assert moment > 4
