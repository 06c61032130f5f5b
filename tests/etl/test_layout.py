"""A store of another format: an older one is brought up to date, a newer one is left alone and says what to run."""

import duckdb
import pytest

from etl.release import publish
from etl.store import format
from tests.conftest import sickness, sickness_row


@pytest.fixture
def filled(engine):
    """A store that holds something."""
    (engine.workspace.store / "beds").mkdir()
    (engine.workspace.store / "beds" / "x.receipt.json").write_text("{}")
    return engine


def held(engine) -> str:
    return (engine.workspace.store / "FORMAT").read_text()


def test_a_newer_store_is_left_alone(filled):
    (filled.workspace.store / "FORMAT").write_text("99\n")
    for verb in (["build"], ["purge"], ["rollback"], ["backup", str(filled.home.parent / "a.tar")]):
        said = filled.run(*verb)
        assert said.code == 1 and "newer version of Kinship (format 99" in said.said, verb
    assert held(filled) == "99\n" and not (filled.home.parent / "a.tar").exists()


def test_a_store_from_before_there_was_a_number_is_of_the_first(filled):
    assert filled.run("build").code == 0
    assert held(filled) == f"{format.FORMAT}\n" == "1\n"


def test_an_older_store_is_brought_up_to_date_and_a_step_that_was_cut_off_is_done_again(filled, monkeypatch):
    done = []

    def second(workspace):
        done.append(2)
        if done == [1, 2]:
            raise OSError("cut off")

    filled.run("build")
    monkeypatch.setattr(format, "FORMAT", 3)
    monkeypatch.setattr(format, "UPGRADES", {1: lambda workspace: done.append(1), 2: second})
    assert filled.run("build").code == 1
    assert held(filled) == "1\n", "not done, so not said"
    assert "from format 2 to 3" in filled.run("build").said
    assert done == [1, 2, 1, 2] and held(filled) == "3\n"


def test_a_release_of_another_format_is_made_anew_or_left_to_the_newer_version(engine):
    engine.drop("sickness_return.csv", sickness(sickness_row()))
    assert engine.run("build").code == 0

    def rewritten(number: int) -> None:
        newest = publish.releases(engine.workspace)[-1]
        with duckdb.connect(str(engine.workspace.releases / f"{newest}.duckdb")) as con:
            con.execute("UPDATE meta.release SET format = ?", [number])

    rewritten(publish.FORMAT - 1)
    assert "Published release" in engine.run("build").said, "nothing else has changed"
    assert "Nothing has changed" in engine.run("build").said
    rewritten(publish.FORMAT + 1)
    said = engine.run("build")
    assert said.code == 1 and "made by a newer version of Kinship" in said.said
