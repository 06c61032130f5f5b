"""Damage on the disk: it is noticed, said in a sentence that names the file, and made good where it can be."""

import json
import os
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from etl.paths import Workspace
from etl.release import publish
from etl.store import checksums, receipts
from tests.conftest import Engine, sickness, sickness_row


def months(lost: int) -> str:
    return sickness(*(sickness_row("ABC", lost, date=f"28/{month:02}/2023") for month in range(1, 7)))


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Workspace:
    """A workspace with three releases."""
    workspace = Workspace(tmp_path_factory.mktemp("built") / "workspace")
    workspace.make()
    engine = Engine(workspace.home, workspace)
    for lost in (50, 60, 70):
        engine.drop(f"sickness_return_{lost}.csv", months(lost))
        assert engine.run("build").code == 0
    return workspace


@pytest.fixture
def engine(built, tmp_path) -> Engine:
    return Engine(tmp_path / "workspace", Workspace(shutil.copytree(built.home, tmp_path / "workspace")))


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_a_little(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1000)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def flip_unseen(path: Path) -> None:
    """As a disk does it: neither size nor time tells."""
    seen = path.stat()
    flip(path)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def rows_of(engine: Engine) -> Path:
    """The accepted rows of the last file."""
    [path] = [
        receipt.path(engine.workspace, "parquet")
        for receipt in receipts.read_receipts(engine.workspace, "sickness_return")
        if receipt.file == "sickness_return_70.csv"
    ]
    return path


# ---- releases --------------------------------------------------------------------------------------------------------


def unsaid(path: Path) -> None:
    with duckdb.connect(str(path)) as con:
        con.execute("DELETE FROM meta.release")


HARMS = {each.__name__: each for each in (cut, cut_a_little, flip, empty, unsaid)}


@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_release_is_marked_and_another_is_gone_back_to_and_made(engine, harm):
    first, second, third = publish.releases(engine.workspace)
    HARMS[harm](engine.workspace.releases / f"{third}.duckdb")
    history = engine.run("history")
    lines = {name: next(line for line in history.said.splitlines() if name in line) for name in (first, second, third)}
    assert history.code == 0 and "damaged" in lines[third] and "damaged" not in lines[first] + lines[second]
    said = engine.run("rollback", third)
    assert said.code == 1 and f"release {third} is damaged" in said.said and f"whole one is {second}" in said.said
    assert engine.run("rollback").said.strip() == f"Release {second} is current."
    assert "Published release" in engine.run("build").said
    assert engine.value("sickness_rate", "ABC", "2023-03-01")[0] == 7.0


def test_rollback_passes_by_what_is_damaged(engine):
    first, second, third = publish.releases(engine.workspace)
    cut(engine.workspace.releases / f"{second}.duckdb")
    assert engine.run("rollback").said.strip() == f"Release {first} is current."
    cut(engine.workspace.releases / f"{first}.duckdb")
    publish.point_at(engine.workspace, third)
    said = engine.run("rollback")
    assert said.code == 1 and "no earlier release to go back to that is whole" in said.said
    assert publish.current(engine.workspace) == third


@pytest.mark.parametrize("harm", [cut, cut_a_little, empty])
def test_an_older_release_that_is_damaged_stops_no_build(engine, harm):
    first = publish.releases(engine.workspace)[0]
    harm(engine.workspace.releases / f"{first}.duckdb")
    engine.drop("sickness_return_more.csv", sickness(sickness_row(date="30/06/2023")))
    assert "Published release" in engine.run("build").said
    said = engine.run("check", "--attack")
    assert f"{first} was not attacked, for its file is damaged" in said.said


@pytest.mark.parametrize("harm", [cut, flip, empty])
def test_a_damaged_memory_of_what_was_told_is_named(engine, harm):
    first = publish.releases(engine.workspace)[0]
    harm(engine.workspace.protection / f"{first}.parquet")
    engine.drop("sickness_return_more.csv", sickness(sickness_row(date="30/06/2023")))
    said = engine.run("build")
    assert said.code == 1 and f"store/protection/{first}.parquet is damaged" in said.said


@pytest.mark.parametrize("content", [b"\xff\xfe2026", b"\0\0", b"", b"../../x"])
def test_a_current_that_names_nothing_is_put_right(engine, content):
    engine.workspace.current.write_bytes(content)
    assert engine.run("history").code == 0
    built = engine.run("build")
    assert built.code == 0 and publish.current(engine.workspace) == publish.releases(engine.workspace)[-1]


# ---- the store -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("harm", [cut, flip, flip_unseen, empty, Path.unlink], ids=lambda harm: harm.__name__)
def test_backup_says_what_is_damaged_and_the_next_build_takes_it_in_again(engine, harm, tmp_path):
    path, arrived = (
        rows_of(engine),
        [receipt.arrived for receipt in receipts.read_receipts(engine.workspace, "sickness_return")],
    )
    harm(path)
    said = engine.run("backup", str(tmp_path / "a.tar"))
    assert said.code == 3 and f"store/sickness_return/{path.name}" in said.said and "the next build" in said.said
    built = engine.run("build")
    assert built.code == 0 and "sickness_return_70.csv: its rows in the store are damaged" in built.said
    assert engine.value("sickness_rate", "ABC", "2023-03-01")[0] == 7.0
    assert [receipt.arrived for receipt in receipts.read_receipts(engine.workspace, "sickness_return")] == arrived
    assert engine.run("backup", str(tmp_path / "b.tar")).code == 0


@pytest.mark.parametrize("harm", [cut, flip, empty, Path.unlink], ids=lambda harm: harm.__name__)
def test_a_build_notices_damage_without_a_backup(engine, harm):
    harm(rows_of(engine))
    engine.drop("sickness_return_80.csv", sickness(sickness_row("ABC", 80, date="28/07/2023")))
    assert engine.run("build").code == 0
    assert engine.value("sickness_rate", "ABC", "2023-03-01")[0] == 7.0
    assert engine.value("sickness_rate", "ABC", "2023-07-01")[0] == 8.0


def test_an_older_file_that_is_healed_does_not_become_the_latest_word(engine):
    [path] = [
        r.path(engine.workspace, "parquet")
        for r in receipts.read_receipts(engine.workspace, "sickness_return")
        if "_50" in r.file
    ]
    flip(path)  # fmt: skip
    assert engine.run("build").code == 0
    assert engine.value("sickness_rate", "ABC", "2023-03-01")[0] == 7.0


def test_damage_whose_original_is_gone_is_said_and_nothing_is_published(engine):
    path, standing = rows_of(engine), publish.releases(engine.workspace)
    (engine.workspace.inbox / "sickness_return_70.csv").unlink()
    flip(path)
    said = engine.run("build")
    assert said.code == 1 and "sickness_return_70.csv" in said.said and "Traceback" not in said.said
    assert publish.releases(engine.workspace) == standing and path.exists()
    engine.drop("sickness_return_again.csv", months(70))  # under whatever name
    assert engine.run("build").code == 0
    assert engine.value("sickness_rate", "ABC", "2023-03-01")[0] == 7.0


def test_an_older_backup_is_not_replaced_by_one_with_damage(engine, tmp_path):
    archive = tmp_path / "a.tar"
    assert engine.run("backup", str(archive)).code == 0
    before = archive.read_bytes()
    flip(engine.workspace.releases / f"{publish.current(engine.workspace)}.duckdb")
    said = engine.run("backup", str(archive))
    assert said.code == 1 and "was left as it is" in said.said and archive.read_bytes() == before


def test_what_protects_people_is_looked_at_too(engine, tmp_path):
    memory = sorted(engine.workspace.protection.glob("*.parquet"))[0]
    flip(memory)
    said = engine.run("backup", str(tmp_path / "a.tar"))
    assert said.code == 3 and f"store/protection/{memory.name}" in said.said


def test_a_store_of_which_nothing_was_noted_is_read_to_its_end(engine, tmp_path):
    """As one that an earlier version has written."""
    (engine.workspace.store / "sums.json").unlink()
    cut(rows_of(engine))
    said = engine.run("backup", str(tmp_path / "a.tar"))
    assert said.code == 3 and rows_of(engine).name in said.said


def test_a_damaged_list_of_sums_is_made_anew(engine, tmp_path):
    (engine.workspace.store / "sums.json").write_text('{"a": 1}')
    assert engine.run("build").code == 0
    assert len(checksums.read(engine.workspace)) >= 6 and engine.run("backup", str(tmp_path / "a.tar")).code == 0


def test_what_purge_writes_anew_is_no_damage(engine, tmp_path):
    path = rows_of(engine)
    checksums.forget(engine.workspace, [path])
    flip(path)
    checksums.note(engine.workspace)
    assert list(checksums.changed(engine.workspace, engine.workspace.store)) == []


# ---- the journal -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "harm", [cut, empty, lambda path: path.write_bytes(b"x" * 9000)], ids=["cut", "empty", "other"]
)
def test_a_damaged_journal_does_not_stop_a_backup(engine, harm, tmp_path):
    with closing(sqlite3.connect(engine.home / "journal.db")) as journal, journal:
        journal.execute("CREATE TABLE sheet (we_will TEXT)")
        journal.executemany("INSERT INTO sheet VALUES (?)", [("try a later handover" * 20,)] * 200)
    harm(engine.home / "journal.db")
    said = engine.run("backup", str(tmp_path / "a.tar"))
    assert said.code == 3 and "journal.db is damaged" in said.said and "Traceback" not in said.said
    assert engine.run("restore", str(tmp_path / "a.tar")).code == 1
    fresh = Engine(tmp_path / "fresh", Workspace(tmp_path / "fresh"))
    assert fresh.run("restore", str(tmp_path / "a.tar")).code == 0
    assert (fresh.home / "journal.db").read_bytes() == (engine.home / "journal.db").read_bytes()


# ---- who may read ----------------------------------------------------------------------------------------------------


def test_what_an_older_version_left_readable_by_others_is_theirs_no_more(engine):
    for path in engine.home.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    engine.home.chmod(0o711)
    assert engine.run("build").code == 0
    open_to_others = [
        path.relative_to(engine.home).as_posix()
        for path in engine.home.rglob("*")
        if stat.S_IMODE(path.stat().st_mode) & 0o077 and path.relative_to(engine.home).parts[0] != "inbox"
    ]
    assert open_to_others == []
    assert stat.S_IMODE(engine.home.stat().st_mode) == 0o711, "who sends extracts is let in by an access list"
    assert json.loads((engine.workspace.releases / "last_build.json").read_text())["outcome"] == "nothing_new"


# ---- what nobody expected --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "breaks"),
    [
        (("history",), "etl.release.publish.releases"),
        (("rollback",), "etl.release.publish.roll_back"),
        (("backup", "/tmp/never-written.tar"), "etl.store.backup.back_up"),
        (("restore", "/tmp/never-written.tar"), "etl.store.backup.restore"),
        (("purge",), "etl.retention.purge"),
        (("build",), "etl.build.build"),
    ],
)
def test_what_nobody_expected_is_a_sentence_with_where_the_details_are(engine, monkeypatch, verb, breaks):
    words = "Larch Ward has 7 people"

    def broken(*_, **__):
        raise KeyError(words)

    monkeypatch.setattr(breaks, broken)
    said = engine.run(*verb)
    assert said.code == 1 and "did not expect" in said.said and "7 people" not in said.said
    assert ("Nothing was published" in said.said) == (verb[0] == "build")
    details = (engine.workspace.home / "errors.log").read_text(encoding="utf-8")
    assert str(engine.workspace.home / "errors.log") in said.said
    assert "test_damage.py" in details and "KeyError" in details and "7 people" not in details


@pytest.mark.parametrize("note", ["findings.json", "last_build.json"])
def test_a_note_that_cannot_be_written_does_not_undo_a_release(engine, note):
    path = engine.workspace.releases / note
    path.unlink(missing_ok=True)
    path.mkdir()
    engine.drop("sickness_return_more.csv", sickness(sickness_row(date="30/06/2023")))
    built = engine.run("build")
    assert built.code == 0 and "Published release" in built.said and "Nothing was published" not in built.said
    assert publish.current(engine.workspace) == publish.releases(engine.workspace)[-1]
