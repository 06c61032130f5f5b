"""A workspace comes back from its backup whole, or not at all."""

import io
import json
import sqlite3
import tarfile
from contextlib import closing

import pytest

from etl.paths import Workspace
from etl.store import backup
from tests.conftest import sickness, sickness_row


@pytest.fixture
def full(engine, tmp_path):
    """A built workspace with a journal, and its backup."""
    engine.drop("sickness_return.csv", sickness(*(sickness_row(date=f"28/{month:02}/2023") for month in range(1, 13))))
    assert engine.run("build").code == 0
    engine.workspace.settings.write_text("timezone: Europe/London\n")
    engine.workspace.secret_key.write_text("0" * 64)
    with closing(sqlite3.connect(engine.home / "journal.db")) as journal, journal:
        journal.execute("CREATE TABLE sheet (we_will TEXT)")
        journal.execute("INSERT INTO sheet VALUES ('try a later handover')")
    (engine.home / "audit").mkdir(mode=0o700)
    (engine.home / "audit" / "2026-10.jsonl").write_text('{"did": "viewed"}\n')
    (engine.home / "audit.key").write_text("1" * 64)
    archive = tmp_path / "kept" / "backup.tar"
    archive.parent.mkdir()
    assert engine.run("backup", str(archive)).code == 0
    return engine, archive


def held(home):
    return {
        path.relative_to(home).as_posix(): path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(home).parts)
    }


def test_a_restored_workspace_is_the_same(full, tmp_path):
    engine, archive = full
    fresh = tmp_path / "fresh"
    assert backup.restore(Workspace(fresh), archive) > 5
    before, after = held(engine.home), held(fresh)
    left_out = {name for name in before if name.startswith("inbox/")} | set(backup.KEYS)
    same = set(before) - left_out - {"journal.db"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert set(after) == set(before) - left_out
    with closing(sqlite3.connect(fresh / "journal.db")) as journal:
        assert journal.execute("SELECT we_will FROM sheet").fetchall() == [("try a later handover",)]
    assert (fresh / "store").stat().st_mode & 0o077 == 0 and (fresh / "audit").stat().st_mode & 0o077 == 0


def test_a_record_that_is_being_written_is_restored_as_it_was_when_it_was_read(full, tmp_path, monkeypatch):
    engine, archive = full
    record, hashed = engine.home / "audit" / "2026-10.jsonl", backup._hash

    def somebody_looks(path):
        with record.open("a") as more:
            more.write('{"did": "viewed"}\n')
        return hashed(path)

    monkeypatch.setattr(backup, "_hash", somebody_looks)
    assert engine.run("backup", str(archive)).code == 0
    monkeypatch.undo()
    backup.restore(Workspace(tmp_path / "fresh"), archive)
    restored = (tmp_path / "fresh" / "audit" / "2026-10.jsonl").read_text()
    assert restored and record.read_text().startswith(restored) and record.read_text() != restored


def test_inbox_and_key_come_along_where_they_are_asked_for(full, tmp_path):
    engine, archive = full
    assert engine.run("backup", str(archive), "--inbox", "--key").code == 0
    fresh = Workspace(tmp_path / "fresh")
    backup.restore(fresh, archive)
    assert (fresh.inbox / "sickness_return.csv").exists()
    assert fresh.secret_key.read_text() == "0" * 64 and (fresh.home / "audit.key").read_text() == "1" * 64
    assert all((fresh.home / key).stat().st_mode & 0o077 == 0 for key in backup.KEYS)
    assert archive.stat().st_mode & 0o077 == 0


def test_a_workspace_that_holds_something_is_left_alone(full):
    engine, archive = full
    before = held(engine.home)
    said = engine.run("restore", str(archive))
    assert said.code == 1 and "already holds" in said.said
    assert held(engine.home) == before


def cut(archive):
    archive.write_bytes(archive.read_bytes()[:-60_000])


def spoil(archive):
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 0xFF
    archive.write_bytes(content)


def rewrite(archive, name, text, kind=tarfile.REGTYPE):
    """The archive with one more member, as somebody who means harm would add it."""
    with tarfile.open(archive) as before:
        members = [(member, before.extractfile(member).read()) for member in before]
    with tarfile.open(archive, "w") as after:
        for member, content in members:
            after.addfile(member, io.BytesIO(content))
        added = tarfile.TarInfo(name)
        added.size, added.type = (0 if kind == tarfile.SYMTYPE else len(text)), kind
        added.linkname = "/etc/passwd" if kind == tarfile.SYMTYPE else ""
        after.addfile(added, io.BytesIO(text))


def outside(archive):
    rewrite(archive, "../outside.txt", b"gone astray")


def linked(archive):
    rewrite(archive, "releases/link", b"", tarfile.SYMTYPE)


def newer(archive):
    with tarfile.open(archive, "w") as after:
        said = json.dumps({"format": 99, "files": {}}).encode()
        member = tarfile.TarInfo(backup.LIST)
        member.size = len(said)
        after.addfile(member, io.BytesIO(said))


@pytest.mark.parametrize(
    "harm",
    [cut, spoil, outside, linked, newer, lambda path: path.write_text("nothing"), lambda path: path.unlink()],
    ids=["cut", "spoilt", "outside", "linked", "newer", "no archive", "gone"],
)
def test_a_backup_that_is_not_sound_restores_nothing(full, tmp_path, harm):
    _, archive = full
    harm(archive)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    with pytest.raises(backup.BadBackup, match=r"\.$"):
        backup.restore(Workspace(fresh), archive)
    assert list(fresh.iterdir()) == []
    assert not (tmp_path / "outside.txt").exists()


def test_a_listed_file_cannot_lead_outside(full, tmp_path):
    """Not even where the list itself was changed to name it."""
    _, archive = full
    said = json.dumps({"format": 1, "files": {"../outside.txt": {"size": 1, "sha256": "x"}}}).encode()
    with tarfile.open(archive, "w") as after:
        for name, content in ((backup.LIST, said), ("../outside.txt", b"x")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            after.addfile(member, io.BytesIO(content))
    with pytest.raises(backup.BadBackup):
        backup.restore(Workspace(tmp_path / "fresh"), archive)
    assert not (tmp_path / "outside.txt").exists()


def test_a_backup_does_not_hold_itself(full):
    engine, _ = full
    said = engine.run("backup", str(engine.home / "store" / "backup.tar"))
    assert said.code == 1 and "name a place outside" in said.said


def test_an_empty_workspace_has_nothing_to_back_up(engine, tmp_path):
    said = engine.run("backup", str(tmp_path / "empty.tar"))
    assert said.code == 1 and "nothing to back up" in said.said
    assert not (tmp_path / "empty.tar").exists()
