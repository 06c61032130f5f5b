"""`withdraw`: a release that tells too much goes from the app for good, and the engine goes on reckoning with it."""

import datetime as dt
import json

import duckdb
import pytest

from etl.disclosure import memory
from etl.disclosure.attack import findings
from etl.release import publish
from etl.release import withdraw as withdrawal
from tests.conftest import sickness, sickness_row

DAY = dt.date(2026, 11, 30)
NAMES = ["2026-09-01a", "2026-10-01a", "2026-11-01a"]


@pytest.fixture
def three(engine):
    """Three releases, the newest of them current: as much of them as the verb looks at."""
    for name in NAMES:
        with duckdb.connect(str(engine.workspace.releases / f"{name}.duckdb")) as con:
            con.execute("CREATE SCHEMA meta")
            con.execute(
                "CREATE TABLE meta.release AS SELECT ? AS release, TIMESTAMP '2026-11-01' AS built_at, DATE '2026-11-01' AS as_of, "
                "NULL::DATE AS settled_to, 2 AS format",
                [name],
            )
    publish.point_at(engine.workspace, NAMES[-1])
    return engine


def state(workspace):
    return publish.current(workspace), publish.releases(workspace), sorted(publish.withdrawn(workspace))


def test_the_newest_that_remains_is_current(three):
    done = three.run("withdraw", NAMES[2])
    assert (done.code, done.said.count("\n")) == (0, 1) and f"{NAMES[1]} is current" in done.said
    assert state(three.workspace) == (NAMES[1], NAMES[:2], [NAMES[2]])
    kept = three.workspace.store / "withdrawn" / f"{NAMES[2]}.duckdb"
    assert kept.exists() and kept.stat().st_mode & 0o077 == kept.parent.stat().st_mode & 0o077 == 0
    assert not (three.workspace.releases / kept.name).exists()


def test_one_that_is_not_current_goes_alone(three):
    assert three.run("withdraw", NAMES[0]).code == 0
    assert state(three.workspace) == (NAMES[2], NAMES[1:], [NAMES[0]])


def test_a_damaged_release_is_passed_over(three):
    (three.workspace.releases / f"{NAMES[1]}.duckdb").write_bytes(b"no database")
    assert f"{NAMES[0]} is current" in three.run("withdraw", NAMES[2]).said


def test_those_that_somebody_went_back_from_do_not_come_back(three):
    three.run("rollback", NAMES[1])
    assert f"{NAMES[0]} is current" in three.run("withdraw", NAMES[1]).said
    assert publish.rolled_back(three.workspace) == NAMES[2] and not publish.left_behind(three.workspace)


def test_going_back_stays_where_what_was_left_is_withdrawn(three):
    three.run("rollback", NAMES[0])
    three.run("withdraw", NAMES[2])
    assert publish.current(three.workspace) == NAMES[0] and not publish.left_behind(three.workspace)


def test_it_is_said_again_and_does_nothing(three):
    three.run("withdraw", NAMES[2])
    before = state(three.workspace)
    again = three.run("withdraw", NAMES[2])
    assert again.code == 0 and "already" in again.said and state(three.workspace) == before


def test_none_may_be_left(three):
    for name in reversed(NAMES):
        done = three.run("withdraw", name)
    assert done.code == 0 and "no release is left to show" in done.said and state(three.workspace)[:2] == (None, [])
    assert three.run("rollback").code == 1


@pytest.mark.parametrize("name", ["2026-01-01a", "../journal", "", "CURRENT"])
def test_what_there_is_not_cannot_be_withdrawn(three, name):
    before = state(three.workspace)
    done = three.run("withdraw", name)
    assert done.code == 1 and "no release" in done.said and state(three.workspace) == before


def test_it_never_comes_back(three):
    path = three.workspace.releases / f"{NAMES[2]}.duckdb"
    copy = path.read_bytes()
    three.run("withdraw", NAMES[2])
    for _ in range(2):
        done = three.run("rollback", NAMES[2])
        assert done.code == 1 and "was withdrawn on" in done.said and publish.current(three.workspace) == NAMES[1]
        path.write_bytes(copy)  # somebody puts its file back
        assert NAMES[2] not in publish.releases(three.workspace)
    (three.workspace.releases / "CURRENT").write_text(NAMES[2])
    with_current = three.run("rollback", NAMES[0])
    assert with_current.code == 0 and not path.exists()


@pytest.mark.parametrize("step", ["point_at", "write_json", "_put_away", "_keep_the_note_of_a_rollback"])
def test_cut_off_anywhere_it_is_finished_by_doing_it_again(three, monkeypatch, step):
    """Until the record names it nothing is withdrawn, and from then on it is, whatever the app looks at."""
    place = publish if step == "point_at" else withdrawal

    def cut_off(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(place, step, cut_off)
        assert three.run("withdraw", NAMES[2]).code == 1
    now, standing, gone = state(three.workspace)
    assert now in standing and (NAMES[2] in standing) == (gone == [])
    assert three.run("withdraw", NAMES[2]).code == 0
    assert state(three.workspace) == (NAMES[1], NAMES[:2], [NAMES[2]])


def test_a_build_puts_away_what_was_being_withdrawn(three, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(withdrawal, "_put_away", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        three.run("withdraw", NAMES[2])
    withdrawal.finish(three.workspace)
    assert (three.workspace.withdrawn / f"{NAMES[2]}.duckdb").exists()


def test_a_damaged_record_opens_nothing(three):
    three.run("withdraw", NAMES[2])
    publish.withdrawn_record(three.workspace).write_text("{")
    done = three.run("rollback", NAMES[0])
    assert done.code == 1 and "withdrawn.json is damaged" in done.said and publish.current(three.workspace) == NAMES[1]


def test_the_engine_goes_on_reckoning_with_it(three):
    three.workspace.protection.mkdir(parents=True)
    (three.workspace.protection / f"{NAMES[2]}.parquet").write_bytes(b"")
    three.run("withdraw", NAMES[2])
    assert NAMES[2] in memory.releases(three.workspace)
    assert [path.stem for path in three.workspace.ever_published()] == NAMES
    assert publish.next_name(three.workspace, dt.date(2026, 11, 1)) == "2026-11-01b"


def test_a_release_of_people_that_is_forgotten_stops_the_next_though_it_is_withdrawn(three):
    with duckdb.connect(str(three.workspace.releases / f"{NAMES[2]}.duckdb")) as con:
        con.execute("CREATE TABLE meta.disclosure AS SELECT 1 AS figures")
    three.run("withdraw", NAMES[2])
    with pytest.raises(memory.LostMemory, match=NAMES[2]):
        memory.expect_whole(three.workspace)


def test_history_names_what_was_withdrawn_and_what_breaks_a_rule(three):
    findings.record_findings(three.workspace, {NAMES[1]: ["R8 time", "R8 time"], NAMES[2]: ["R6 audit"], NAMES[0]: []})
    three.run("withdraw", NAMES[2])
    said = three.run("history").said
    assert f"Release {NAMES[2]} was withdrawn on {publish.withdrawn(three.workspace)[NAMES[2]]}." in said
    assert f"Release {NAMES[1]} tells more than it should (R8 time): `python -m etl withdraw {NAMES[1]}`" in said
    assert "R6" not in said and f"Release {NAMES[0]}" not in said


@pytest.mark.parametrize("written", ["{", "[]", '{"2026-11-01a": 3}', "null"])
def test_findings_that_cannot_be_read_are_none(three, written):
    three.workspace.findings.write_text(written)
    assert findings.recorded_findings(three.workspace) == {}


def test_a_build_after_it_publishes_anew_and_a_backup_brings_it_along(engine, tmp_path, monkeypatch):
    engine.drop("sickness_return.csv", sickness(sickness_row()))
    assert engine.run("build").code == 0
    first = publish.current(engine.workspace)
    assert engine.run("withdraw", first).code == 0 and publish.current(engine.workspace) is None
    assert "Published release" in engine.run("build").said
    second = publish.current(engine.workspace)
    assert second != first and publish.releases(engine.workspace) == [second]
    assert "Nothing has changed" in engine.run("build").said
    assert engine.run("backup", str(tmp_path / "b.tar")).code == 0
    monkeypatch.setattr(engine, "home", tmp_path / "other")
    assert engine.run("restore", str(tmp_path / "b.tar")).code == 0
    other = tmp_path / "other"
    assert (other / "store" / "withdrawn" / f"{first}.duckdb").exists()
    assert list(json.loads((other / "releases" / "withdrawn.json").read_text())) == [first]
    assert engine.run("rollback", first).code == 1
