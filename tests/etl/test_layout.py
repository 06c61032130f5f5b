"""A store of another format: an older one is brought up to date, a newer one is left alone and says what to run."""

import pytest

from etl import layout
from tests.conftest import sickness, sickness_row


@pytest.fixture
def built(engine):
    engine.drop("sickness_return.csv", sickness(sickness_row()))
    assert engine.run("build").code == 0
    return engine


def held(engine) -> str:
    return (engine.workspace.store / "FORMAT").read_text()


def test_a_newer_store_is_left_alone(built):
    (built.workspace.store / "FORMAT").write_text("99\n")
    for verb in (["build"], ["purge"], ["rollback"], ["backup", str(built.home.parent / "a.tar")]):
        said = built.run(*verb)
        assert said.code == 1 and "newer version of Kinship (format 99" in said.said, verb
    assert held(built) == "99\n" and not (built.home.parent / "a.tar").exists()


def test_a_store_from_before_there_was_a_number_is_of_the_first(built):
    (built.workspace.store / "FORMAT").unlink()
    assert built.run("build").said.startswith("Nothing has changed")
    assert held(built) == "1\n"


def test_an_older_store_is_brought_up_to_date_step_by_step_and_a_step_that_was_cut_off_is_done_again(
    built, monkeypatch
):
    done = []

    def second(workspace):
        done.append(2)
        if done == [1, 2]:
            raise OSError("cut off")

    monkeypatch.setattr(layout, "FORMAT", 3)
    monkeypatch.setattr(layout, "UPGRADES", {1: lambda workspace: done.append(1), 2: second})
    assert built.run("build").code == 1
    assert held(built) == "1\n", "not done, so not said"
    assert "from format 2 to 3" in built.run("build").said
    assert done == [1, 2, 1, 2] and held(built) == "3\n"
