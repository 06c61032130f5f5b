"""What the engine's tests share: the made-up organisation, written and built once for all of them."""

import datetime as dt
import fcntl
from dataclasses import dataclass
from pathlib import Path

import pytest

from etl.config.settings import Settings
from etl.paths import Workspace
from tests.conftest import Engine

DAY = dt.date(2026, 11, 23)  # of the made-up organisation, whose months end with the one before: the same on every day


@dataclass(frozen=True)
class Organisation:
    """The demonstration as `demo` and `build` leave it: for looking at, never for changing."""

    engine: Engine
    said: str  # everything the two verbs printed

    @property
    def workspace(self) -> Workspace:
        return self.engine.workspace


@pytest.fixture(scope="session")
def organisation(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    shared = tmp_path_factory.getbasetemp()
    if tmp_path_factory.getbasetemp().name.startswith("popen-"):  # one of several workers: the first builds for all
        shared = shared.parent
    engine = Engine(shared / "organisation", Workspace(shared / "organisation"))
    said = shared / "organisation.txt"
    with (shared / "organisation.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Settings, "today", lambda _: DAY)
                demo, built = engine.run("demo"), engine.run("build")
            assert demo.code == 0, demo.said
            assert built.code in (0, 3), built.said  # 3: a file was refused, as a demonstration may show
            said.write_text(demo.said + built.said, encoding="utf-8")
    return Organisation(engine, said.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def inbox(organisation: Organisation) -> list[Path]:
    """The extracts of the organisation."""
    return sorted(path for path in organisation.workspace.inbox.rglob("*") if path.is_file())
