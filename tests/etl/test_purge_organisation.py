"""A purge of the made-up organisation, with all that the engine knows to say of it."""

import shutil
from pathlib import Path

from etl import build as builder
from etl.paths import Workspace
from tests.conftest import Engine
from tests.etl.test_purge import same


def test_the_whole_organisation_says_the_same_after_a_purge(organisation, tmp_path: Path, monkeypatch):
    """Every indicator, signal, verdict and sum of the demonstration, with the rows of its first year gone and with them."""
    monkeypatch.setattr(builder, "fingerprint", lambda *_: "as though something were new")
    left_out = shutil.ignore_patterns("inbox", "packs")
    engines = []
    for name in ("with", "without"):
        shutil.copytree(organisation.workspace.home, tmp_path / name, ignore=left_out)
        engines.append(Engine(tmp_path / name, Workspace(tmp_path / name)))
    _, purged = engines
    assert "rows about people" in purged.run("purge").said
    assert purged.run("purge").said == "There is nothing to purge.\n"
    for engine in engines:
        assert engine.run("build").code in (0, 3)
    same(*engines)
