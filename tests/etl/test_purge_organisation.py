"""A purge of the made-up organisation, with all that the engine knows to say of it."""

import datetime as dt
import shutil
from pathlib import Path

from etl import build as builder
from etl import retention
from etl.paths import Workspace
from tests.conftest import Engine
from tests.etl.conftest import DAY
from tests.etl.test_purge import same


def test_the_whole_organisation_says_the_same_after_a_purge(organisation, tmp_path: Path, monkeypatch):
    """Every indicator, signal, verdict, score and sum of the demonstration, made anew with the rows of its first year and more gone."""
    shutil.copytree(organisation.workspace.home, tmp_path / "purged", ignore=shutil.ignore_patterns("inbox", "packs"))
    purged = Engine(tmp_path / "purged", Workspace(tmp_path / "purged"))
    for today in (DAY, DAY + dt.timedelta(days=62)):  # what the first put by is put by again
        with builder.alone(purged.workspace, print):
            assert "rows about people" in next(retention.purge(purged.workspace, today))
    monkeypatch.setattr(builder, "fingerprint", lambda *_: "as though something were new")
    assert "Published release" in purged.run("build", "--as-of", str(DAY)).said
    same(organisation.engine, purged)
