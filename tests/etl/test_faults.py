"""What must hold when a build is killed, meets another build or a reader, or runs out of disk.

What the drills here cover: the verb `build` and no other (the other verbs have theirs where their tests are).
- Killed at six random moments of two builds, a first and a later one.
- Killed before each fsync, rename and removal of a file and after each step, in both: here at some of the moments, at all of them
  in the nightly run (`--hypothesis-profile nightly`, or KINSHIP_EXAMPLES set).
- Killed before each fsync, rename and removal while files are taken in: at all of them, here and always.
- Two builds at once; readers, one and several, while builds publish; no room: at 2 and 60 KB a file, on a small disk that fills
  up, and while DuckDB sorts.

Importing Great Expectations takes seconds, so builds are forked from a process that has imported it and done nothing else.
"""

import functools
import itertools
import json
import multiprocessing
import multiprocessing.forkserver
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from unittest import mock

import duckdb
import pytest
from hypothesis import settings

from etl import build as builder
from etl.__main__ import app
from etl.database import connect
from etl.disclosure import step as protect
from etl.intake import file_group, take_in
from etl.paths import DiskFull, Workspace, room_on_disk
from etl.release import measure, publish, units
from etl.spc import step as change
from etl.store import receipts
from tests.conftest import PROJECT, Engine, sickness, sickness_row

FORKS = multiprocessing.get_context("forkserver")
SEED = 20261122
NIGHTLY = settings().max_examples > 100
KILLED = -signal.SIGKILL
TOLD = (
    "FROM mart.value",
    "FROM mart.signal",
    "FROM meta.unit",
    "FROM meta.source",
    "FROM meta.expectation",
    "SELECT * EXCLUDE (arrived) FROM meta.file",
)
# The national return with the columns that its indicator needs: fewer expectations, so a quicker build.
CONTRACT = """
title: {title}
owner: x
file: sickness_return*
published: true
each_file: replaces_its_months
complete_after_days: 60
key: [organisation, staff_group, period_end]
month_of: period_end
brings_teams: [{{level: organisation, column: organisation}}, {{level: country, unit: England}}]
columns:
  period_end: {{headers: [DATE], type: date, format: "%d/%m/%Y"}}
  organisation: {{headers: [ORG_CODE]}}
  staff_group: {{headers: [STAFF_GROUP]}}
  fte_days_lost: {{headers: [FTE_DAYS_LOST], type: number, optional: true}}
  fte_days_available: {{headers: [FTE_DAYS_AVAILABLE], type: number, optional: true}}
"""


# ---- a build in a fork ---------------------------------------------------------------------------------------------


def take_in_here(workspace: Workspace) -> None:
    """The first half of a build alone."""
    with builder.alone(workspace, print):
        con = connect(workspace)
        try:
            assert not builder.take_in(con, workspace, builder.load_contracts(workspace), print, lambda _: None)
        finally:
            con.close()


def build_here(home: Path, said: Path, dies_at: int | None, room: int | None, whole: bool = True) -> None:
    """Builds in this process, which has been forked for it; what it says goes to a file."""
    with said.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ["KINSHIP_HOME"] = str(home)
    if room:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))  # Python ignores SIGXFSZ: writing beyond is an error
    if dies_at is not None:
        passed = die_at(dies_at)
    try:
        if not whole:
            take_in_here(Workspace(home))
            raise SystemExit(0)
        app(["build"], prog_name="python -m etl")
    except SystemExit as ended:
        said.with_suffix(".code").write_text(str(ended.code))
        raise
    finally:
        if dies_at is not None:
            print(f"moments: {next(passed)}")


def die_at(moment: int) -> Iterator[int]:
    """Counts the moments of a build, and kills it at one of them.

    A moment is before each fsync, rename and removal of a file, and after each step.
    """
    moments = itertools.count()

    def pass_by() -> None:
        if next(moments) == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(owner, name: str, before: bool, when: Callable[..., bool] = lambda *_: True) -> None:
        does = getattr(owner, name)

        @functools.wraps(does)
        def watched(*arguments, **named):
            if before and when(*arguments):
                pass_by()
            result = does(*arguments, **named)
            if not before:
                pass_by()
            return result

        setattr(owner, name, watched)

    watch(os, "fsync", before=True)
    watch(Path, "unlink", before=True, when=Path.exists)
    watch(Path, "replace", before=True)
    watch(Path, "rename", before=True)
    watch(shutil, "rmtree", before=True)
    for owner, steps in {
        builder: ("take_in", "lay_out_sources", "run_core"),
        take_in: ("tidy", "take"),
        file_group: ("conform", "keep"),
        file_group.land: ("arrive",),
        file_group.read: ("readable",),
        units: ("lay_out_units",),
        measure: ("measure",),
        protect: ("protect",),
        change: ("signal",),
        publish: ("check", "publish", "write_last_build"),
    }.items():
        for step in steps:
            watch(owner, step, before=False)
    watch(sys.modules["etl.intake.expectations.judge"], "judged", before=False)
    return moments


class Builds:
    """Builds in forks; each may be killed after some seconds or at one of its moments, or have little room on the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.numbers = folder, itertools.count()

    def __call__(
        self,
        workspace: Workspace,
        kill_after: float | None = None,
        dies_at: int | None = None,
        room: int | None = None,
        whole: bool = True,
    ) -> tuple[int, str]:
        said = self.folder / f"said_{next(self.numbers)}.txt"
        build = FORKS.Process(target=build_here, args=(workspace.home, said, dies_at, room, whole))
        # A fork begins by running the main script anew, and the app's tests leave the app itself in its place.
        with mock.patch.dict(sys.modules, {"__main__": ModuleType("__main__")}):
            build.start()
        build.join(kill_after if kill_after is not None else 60)
        build.kill()
        build.join()
        # Told by the build itself: asked for from two threads at once, multiprocessing may answer 255 for a code already read.
        ended = said.with_suffix(".code")
        code = int(ended.read_text()) if ended.exists() else KILLED
        return code, said.read_text(encoding="utf-8") if said.exists() else ""


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Builds:
    FORKS.set_forkserver_preload(
        ["etl.intake.expectations.judge", "etl.strain.step", "etl.disclosure.memory", __name__]
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(PROJECT))
        multiprocessing.forkserver.ensure_running()
    return Builds(tmp_path_factory.mktemp("said"))


# ---- two workspaces to build in ------------------------------------------------------------------------------------


def a_workspace(folder: Path, title: str = "Sickness") -> Engine:
    workspace = Workspace(folder)
    workspace.make()
    engine = Engine(workspace.home, workspace)
    describe(engine, title)
    return engine


def describe(engine: Engine, title: str) -> None:
    folder = engine.workspace.expectations / "sickness_return"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "contract.yaml").write_text(CONTRACT.format(title=title), encoding="utf-8")
    (folder / "suite.yaml").write_text("expectations: []\n", encoding="utf-8")


def months(lost: int, *dates: str) -> str:
    """A return of thirty organisations, with one row that cannot be read."""
    rows = [sickness_row(f"N{number:02}", lost, 1000, date) for date in dates for number in range(30)]
    return sickness(*rows, sickness_row("N30", "n/a", 1000, dates[-1]))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace in which a file has arrived and nothing was built yet."""
    engine = a_workspace(tmp_path_factory.mktemp("first") / "workspace")
    engine.drop("sickness_return_1.csv", months(50, "31/01/2023", "28/02/2023"))
    return engine.workspace


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory, build: Builds) -> Workspace:
    """A workspace with a release; since then a month was corrected, the contract was, and a refused file was taken away."""
    engine = a_workspace(tmp_path_factory.mktemp("later") / "workspace")
    engine.drop("sickness_return_1.csv", months(50, "31/01/2023", "28/02/2023"))
    refused = engine.drop("sickness_return_2.csv", "")
    assert build(engine.workspace)[0] == 3
    refused.unlink()
    engine.drop("sickness_return_2.csv", months(60, "28/02/2023"))
    describe(engine, "Sickness absence")
    return engine.workspace


def copy(workspace: Workspace, folder: Path) -> Workspace:
    return Workspace(shutil.copytree(workspace.home, folder))


# ---- what must hold ------------------------------------------------------------------------------------------------


def told(workspace: Workspace, release: str) -> list[list[tuple]]:
    """What a release says, whatever it is called and whenever it was built."""
    with duckdb.connect(str(workspace.releases / f"{release}.duckdb"), read_only=True) as con:
        return [con.execute(f"{table} ORDER BY ALL").fetchall() for table in TOLD]


def assert_readable(workspace: Workspace) -> None:
    """Every release opens and is whole, and CURRENT names one."""
    for release in publish.releases(workspace):
        assert publish.read_release(workspace, release)["release"] == release
        assert all(rows for rows in told(workspace, release))
    current = publish.current(workspace)
    assert current is None or current in publish.releases(workspace)


def assert_tidy(workspace: Workspace) -> None:
    """Nothing half-made stays behind, and the store holds what the receipts vouch for and nothing else."""
    assert list(workspace.work.iterdir()) == []
    names = {path.name for path in workspace.releases.iterdir() if path.suffix != ".duckdb"}
    assert names <= {"CURRENT", "last_build.json", "ROLLED_BACK", "findings.json"}
    json.loads((workspace.releases / "last_build.json").read_text(encoding="utf-8"))
    vouched = set()
    for receipt in receipts.read_receipts(workspace, "sickness_return"):
        endings = ["receipt.json"] + ["parquet"] * (receipt.outcome == "accepted")
        vouched |= {
            receipt.path(workspace, ending)
            for ending in endings + ["rejected.parquet"] * (receipt.rows_quarantined > 0)
        }
    assert set((workspace.store / "sickness_return").glob("*")) == vouched


def assert_as_if_undisturbed(workspace: Workspace, undisturbed: Workspace) -> None:
    assert_readable(workspace)
    assert_tidy(workspace)
    assert publish.current(workspace) == publish.releases(workspace)[-1]
    assert told(workspace, publish.current(workspace)) == told(undisturbed, publish.current(undisturbed))
    assert len(receipts.read_receipts(workspace, "sickness_return")) == len(
        receipts.read_receipts(undisturbed, "sickness_return")
    )
    history = Engine(workspace.home, workspace).run("history")
    assert history.code == 0 and history.said.count("current") == 1


# ---- kill -9 -------------------------------------------------------------------------------------------------------


def kill_and_build(build: Builds, workspace: Workspace, **killed) -> tuple[int, Workspace]:
    had_one = publish.current(workspace) is not None
    code, _ = build(workspace, **killed)
    assert_readable(workspace)
    assert publish.current(workspace) or not had_one
    again, said = build(workspace)
    assert again == 0, said
    return code, workspace


def test_a_build_killed_at_any_of_four_random_moments_is_made_good_by_the_next(build, first, later, tmp_path):
    undisturbed = {}
    for name, start in (("first", first), ("later", later)):
        undisturbed[name] = copy(start, tmp_path / name)
        began = time.monotonic()
        assert build(undisturbed[name])[0] == 0
        took = time.monotonic() - began
    seconds = random.Random(SEED)
    attempts = [
        (name, copy(start, tmp_path / f"{name}_{number}"), seconds.uniform(0, took))
        for number in range(2)
        for name, start in (("first", first), ("later", later))
    ]
    with ThreadPoolExecutor(2) as two:
        done = two.map(lambda attempt: kill_and_build(build, attempt[1], kill_after=attempt[2]), attempts)
        codes = []
        for (name, *_), (code, workspace) in zip(attempts, done, strict=True):
            codes.append(code)
            assert_as_if_undisturbed(workspace, undisturbed[name])
    assert codes.count(KILLED) > 1


@pytest.mark.parametrize(("start", "of_them"), [("first", 4), ("later", 5)])  # what is kept is kept alike in both
def test_a_build_killed_at_a_step_or_around_a_rename_is_made_good_by_the_next(start, of_them, build, tmp_path, request):
    start = request.getfixturevalue(start)
    undisturbed = copy(start, tmp_path / "undisturbed")
    code, said = build(undisturbed, dies_at=-1)
    assert code == 0
    moments = range(int(said.rsplit("moments: ")[-1]))
    assert len(moments) > 20
    if "KINSHIP_EXAMPLES" not in os.environ and not NIGHTLY:  # all of them take minutes
        last, before = moments[-4:], moments[:-4]  # those of publishing, and some of the others
        moments = sorted([*random.Random(SEED).sample(before, of_them - 4), *last])

    def attempt(moment: int) -> tuple[int, Workspace]:
        return kill_and_build(build, copy(start, tmp_path / str(moment)), dies_at=moment)

    with ThreadPoolExecutor(2) as two:
        for moment, (code, workspace) in zip(moments, two.map(attempt, moments), strict=True):
            assert code == KILLED, f"moment {moment} was not reached"
            assert_as_if_undisturbed(workspace, undisturbed)
            shutil.rmtree(workspace.home)


def in_the_store(workspace: Workspace) -> list[tuple]:
    """What the store says of each file, and its rows, whenever it arrived."""
    stored = []
    for receipt in receipts.read_receipts(workspace, "sickness_return"):
        record = asdict(receipt) | {"arrived": ""}
        rows = []
        with duckdb.connect() as con:
            for ending in ("parquet", "rejected.parquet"):
                path = receipt.path(workspace, ending)
                rows.append(con.read_parquet(str(path)).fetchall() if path.exists() else None)
        stored.append((json.dumps(record, sort_keys=True), rows))
    return stored


def test_taking_in_that_is_killed_at_any_moment_is_made_good_by_the_next(later, build, tmp_path):
    undisturbed = copy(later, tmp_path / "undisturbed")
    code, said = build(undisturbed, dies_at=-1, whole=False)
    assert code == 0, said
    moments = range(int(said.rsplit("moments: ")[-1]))
    assert len(moments) > 15
    if "KINSHIP_EXAMPLES" not in os.environ and not NIGHTLY:
        moments = sorted(random.Random(SEED).sample(moments, 5))
    expected = in_the_store(undisturbed)

    def attempt(moment: int) -> None:
        workspace = copy(later, tmp_path / str(moment))
        assert build(workspace, dies_at=moment, whole=False)[0] == KILLED, f"moment {moment} was not reached"
        code, said = build(workspace, whole=False)
        assert code == 0, said
        assert in_the_store(workspace) == expected, f"moment {moment}"
        assert list(workspace.work.iterdir()) == []
        shutil.rmtree(workspace.home)

    with ThreadPoolExecutor(2) as two:
        list(two.map(attempt, moments))


def test_a_release_that_a_killed_build_did_not_point_at_is_not_taken_for_one_rolled_back(engine, build):
    for lost in (50, 60):
        engine.drop("sickness_return.csv", sickness(sickness_row("ABC", lost, 1000)))
        build(engine.workspace)
    older, newer = publish.releases(engine.workspace)
    publish.point_at(engine.workspace, older)  # as a build leaves it that was cut off before it pointed at its release
    assert build(engine.workspace)[0] == 0
    assert publish.current(engine.workspace) == newer
    engine.run("rollback")
    assert "rolled back" in build(engine.workspace)[1]
    assert publish.current(engine.workspace) == older
    engine.run("rollback", newer)
    assert "rolled back" not in build(engine.workspace)[1]


def test_what_duckdb_spilled_to_disk_before_a_kill_is_swept_away(engine, build):
    spill = engine.workspace.work / "spill"
    spill.mkdir()
    (spill / "duckdb_temp_storage.tmp").write_text("half a sort")
    engine.drop("sickness_return.csv", sickness(sickness_row()))
    assert build(engine.workspace)[0] == 0
    assert list(engine.workspace.work.iterdir()) == []


# ---- two at once ---------------------------------------------------------------------------------------------------


def test_of_two_builds_at_once_the_second_waits_and_says_so(first, tmp_path):
    workspace = copy(first, tmp_path / "workspace")
    command = [sys.executable, "-m", "etl", "build"]
    environment = os.environ | {"KINSHIP_HOME": str(workspace.home)}
    both = [
        subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    waited = next(words for words in said if "waiting for it to finish" in words)
    assert "Nothing has changed" in waited
    assert sum("Published release" in words for words in said) == 1
    assert len(publish.releases(workspace)) == 1
    assert_tidy(workspace)


def test_the_note_of_one_build_outlives_the_next_one_sweeping_the_work_folder(engine, monkeypatch):
    sync, swept = os.fsync, []

    def sweep_once(descriptor: int) -> None:
        sync(descriptor)
        if not swept:
            swept.extend(path.unlink() for path in engine.workspace.work.iterdir())

    monkeypatch.setattr(os, "fsync", sweep_once)
    publish.write_last_build(engine.workspace, "published", "Published.", "2026-11-09a")
    assert swept and publish.last_build(engine.workspace)["outcome"] == "published"


def test_receipts_can_be_read_while_a_build_throws_one_away(engine, build):
    engine.drop("sickness_return.csv", sickness(sickness_row()))
    build(engine.workspace)
    gone = engine.workspace.store / "sickness_return" / "gone.receipt.json"
    gone.symlink_to("nothing")  # listed, and no longer there when it is opened
    said = engine.run("receipts")
    assert said.code == 0 and "All 1 rows accepted" in said.said


def test_readers_see_no_error_and_only_whole_releases_while_builds_publish(build, tmp_path):
    engine = a_workspace(tmp_path / "workspace")
    published, seen, errors, done = [10, 20, 30, 40, 50], [], [], threading.Event()

    def publish_a_release(lost: int) -> None:
        engine.drop("sickness_return.csv", months(lost, "31/01/2023", "28/02/2023"))
        assert build(engine.workspace)[0] == 0

    def open_current() -> duckdb.DuckDBPyConnection:
        return duckdb.connect(
            str(engine.workspace.releases / f"{publish.current(engine.workspace)}.duckdb"), read_only=True
        )

    def read() -> None:
        while not done.is_set():
            try:
                with open_current() as con:
                    seen.append(
                        con.execute(
                            "SELECT value, count(*) FROM mart.value WHERE shown = 'yes' GROUP BY value"
                        ).fetchall()
                    )
            except Exception as error:
                errors.append(error)

    publish_a_release(published[0])
    reader = threading.Thread(target=read)
    with open_current() as held:
        reader.start()
        for lost in published[1:]:
            publish_a_release(lost)
        time.sleep(0.1)
        done.set()
        reader.join()
        assert held.execute("SELECT DISTINCT value FROM mart.value WHERE shown = 'yes'").fetchall() == [(1.0,)]
    assert errors == []
    whole = {((lost / 10, 62),) for lost in published}  # thirty organisations and England, two months, one value in all
    assert {tuple(found) for found in seen} <= whole
    assert seen[0] == [(1.0, 62)] and seen[-1] == [(5.0, 62)] and len(seen) > 20


def test_several_readers_of_the_app_see_no_error_and_keep_no_memory_while_builds_publish(build, tmp_path, monkeypatch):
    from pages.parts.release import warehouse

    engine = a_workspace(tmp_path / "workspace")
    monkeypatch.setenv("KINSHIP_HOME", str(engine.home))
    engine.drop("sickness_return.csv", months(10, "31/01/2023", "28/02/2023"))
    assert build(engine.workspace)[0] == 0
    seen, errors, done = set(), [], threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                release = warehouse.current()
                units = warehouse.scope(release, warehouse.top_units(release))
                seen.add((release.id, len(units), str(warehouse.ask(release, "settling", units))))
                warehouse.earlier(release)
                warehouse.last_build()
            except Exception as error:
                errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(8)]
    for reader in readers:
        reader.start()
    opened = []
    for lost in (20, 30, 40):
        engine.drop("sickness_return.csv", months(lost, "31/01/2023", "28/02/2023"))
        assert build(engine.workspace)[0] == 0
        opened.append(len(list(Path("/proc/self/fd").iterdir())))
    done.set()
    for reader in readers:
        reader.join()
    assert errors == []
    assert len({release for release, *_ in seen}) == len(seen) >= 2, "a release says one thing to all"
    assert {units for _, units, _ in seen} == {31}
    assert opened[-1] - opened[0] < 40, "releases of before are let go"


# ---- no room on the disk -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def large(later: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The workspace with a release, to which so large a correction has come that it does not fit everywhere."""
    workspace = copy(later, tmp_path_factory.mktemp("large") / "workspace")
    lost = random.Random(SEED)
    rows = [sickness_row(f"N{number:04}", lost.uniform(1, 90), 1000, "28/02/2023") for number in range(4000)]
    rows += [sickness_row(f"N{number:02}", 70, 1000, "28/02/2023") for number in range(30)]  # as before, and many more
    Engine(workspace.home, workspace, 1_800_000_000).drop("sickness_return_3.csv", sickness(*rows))
    return workspace


def standing(workspace: Workspace) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in workspace.releases.iterdir() if path.name != "last_build.json"}


def assert_nothing_happened(workspace: Workspace, before: dict[str, bytes], code: int, said: str) -> None:
    assert code == 1, said
    *_, sentence = said.strip().splitlines()
    assert "no room left on the disk" in sentence and "Traceback" not in said
    assert standing(workspace) == before
    assert_readable(workspace)
    assert_tidy(workspace)


@pytest.mark.parametrize("kilobytes", [2, 60])
def test_a_full_disk_gives_a_plain_sentence_and_no_half_file(kilobytes, large, build, tmp_path):
    workspace, undisturbed = copy(large, tmp_path / "workspace"), copy(large, tmp_path / "undisturbed")
    before = standing(workspace)
    code, said = build(workspace, room=kilobytes * 1024)
    assert_nothing_happened(workspace, before, code, said)
    code, said = build(undisturbed)
    assert code == 0, said
    assert build(workspace)[0] == 0
    assert_as_if_undisturbed(workspace, undisturbed)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of sixteen megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def test_a_disk_that_fills_up_gives_a_plain_sentence_and_no_half_file(small_disk, large, build, tmp_path):
    workspace, undisturbed = copy(large, small_disk / "workspace"), copy(large, tmp_path / "undisturbed")
    before = standing(workspace)
    for room in (400_000, 40_000, 0):
        free = shutil.disk_usage(small_disk).free
        (small_disk / f"other_things_{room}").write_bytes(bytes(max(0, free - room)))
        code, said = build(workspace)
        assert_nothing_happened(workspace, before, code, said)
    for other in small_disk.glob("other_things*"):
        other.unlink()
    code, said = build(undisturbed)
    assert code == 0, said
    assert build(workspace)[0] == 0
    assert_as_if_undisturbed(workspace, undisturbed)


def test_a_disk_too_full_for_sorting_on_it_says_so(tmp_path):
    with duckdb.connect(config={"memory_limit": "40MB", "threads": 1}) as con:
        con.execute("SET temp_directory = ?", [str(tmp_path / "spill")])
        con.execute("SET max_temp_directory_size = '1MB'")  # by default, what is free on the disk
        with pytest.raises(DiskFull), room_on_disk(tmp_path):
            con.execute("CREATE TEMP TABLE large AS SELECT random()::VARCHAR AS text FROM range(1000000) ORDER BY text")
