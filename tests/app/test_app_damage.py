"""A release whose file is damaged, in whatever way and whenever that shows: every page says so in a sentence, and what to do."""

import os
import shutil
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.release import warehouse
from pages.parts.shell import pages
from tests.app import small_release, sockets
from tests.app.conftest import Server, opener, words_on
from tests.app.test_app_analysts import with_columns

EARLIER = "2026-06-01a"
PAGES = [page.path for page in pages.PAGES.values() if page.id != "sources"]  # which shows no figures


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A workspace with two releases."""
    folder = tmp_path_factory.mktemp("whole")
    small_release.build(folder, EARLIER)
    small_release.build(folder)
    return folder


@pytest.fixture
def home(whole, tmp_path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "home"))


def newest(home: Path) -> Path:
    return home / "releases" / f"{small_release.RELEASE}.duckdb"


def cut(path: Path, share: float) -> None:
    os.truncate(path, int(path.stat().st_size * share))


def spoilt(path: Path) -> None:
    """All of it is there, and its middle is not what was written."""
    with path.open("r+b") as file:
        file.seek(int(path.stat().st_size * 0.1))
        for _ in range(60):
            file.write(b"\xff" * 3000)
            file.seek(path.stat().st_size // 70, os.SEEK_CUR)


def unsaid(path: Path) -> None:
    with duckdb.connect(str(path)) as con:
        con.execute("DELETE FROM meta.release")


def no_traceback(test: AppTest) -> str:
    said = words_on(test)
    assert not test.exception and "Traceback" not in said and "could not be drawn" not in said
    return said


@pytest.mark.parametrize("share", [0, 0.001, 0.2, 0.5, 0.8, 0.99])
def test_a_release_that_was_cut_short_is_said_and_the_newest_whole_one_is_offered(home, monkeypatch, share):
    cut(newest(home), share)
    test = opener(home, monkeypatch)()
    assert "cannot be opened: its file is missing or damaged" in no_traceback(test)
    assert f"python -m etl rollback {EARLIER}" in [code.value for code in test.code]


def test_a_release_that_says_nothing_of_itself_is_damaged_and_not_of_a_newer_version(home, monkeypatch):
    unsaid(newest(home))
    said = no_traceback(opener(home, monkeypatch)())
    assert "missing or damaged" in said and "newer version" not in said


@pytest.mark.parametrize("page", PAGES)
def test_damage_in_the_middle_is_said_on_every_page(home, monkeypatch, page):
    spoilt(newest(home))
    test = opener(home, monkeypatch)(page)
    said = no_traceback(test)
    assert "The figures cannot be opened" in said and "damaged" in said
    assert f"python -m etl rollback {EARLIER}" in [code.value for code in test.code]


def test_damage_that_comes_while_pages_are_read_is_said_and_what_is_put_back_is_read(home, monkeypatch):
    opened, kept = opener(home, monkeypatch), newest(home).read_bytes()
    test = opened(unit="larch")
    assert "Larch" in words_on(test)
    for cache in (warehouse._answer, warehouse._answer_shared, warehouse._units, warehouse._by_unit, warehouse._latest):
        cache.cache_clear()
    cut(newest(home), 0.3)
    warehouse._open.clear()
    assert "damaged" in no_traceback(test.run())
    newest(home).write_bytes(kept)
    warehouse._open.clear()
    assert "Larch" in no_traceback(test.run())


def test_where_none_is_whole_a_build_is_offered(home, monkeypatch):
    for path in (home / "releases").glob("*.duckdb"):
        cut(path, 0.4)
    test = opener(home, monkeypatch)()
    no_traceback(test)
    assert [code.value for code in test.code] == ["python -m etl build"]


def test_the_history_marks_what_is_damaged_and_offers_no_way_to_it(home, monkeypatch):
    cut(home / "releases" / f"{EARLIER}.duckdb", 0.6)
    test = opener(home, monkeypatch)(pages.of("releases").path)
    no_traceback(test)
    rows = {row["Release"]: row for row in with_columns(test, "Built")}
    assert rows[EARLIER]["Now"] == "damaged" and rows[small_release.RELEASE]["Now"] == "current"
    assert not [box for box in test.selectbox if EARLIER in box.options]


@pytest.mark.parametrize(
    "breaks", ["shell.freshness.show", "shell.filters.show", "access.audit.viewed", "shell.frame.footer"]
)
def test_whatever_nobody_foresaw_is_a_sentence_wherever_it_happens(home, monkeypatch, breaks, caplog):
    def broken(*_, **__):
        raise KeyError("Larch Ward has 7 people")

    monkeypatch.setattr(f"pages.parts.{breaks}", broken)
    test = opener(home, monkeypatch)()
    said = words_on(test)
    assert not test.exception and "could not be drawn" in said and "in the log" in said and "7 people" not in said
    assert "KeyError" in caplog.text


class BrokenServer(Server):
    serves = ("tests.app.served_broken",)


def test_what_no_page_of_ours_catches_is_a_sentence_too(home):
    """As an error in a callback is, which Streamlit calls before the script."""
    running = BrokenServer(home)
    running.start()
    try:
        with sockets.reading(running) as reader:
            drawn = reader.ask()
        assert "could not be drawn" in drawn.words and "in the log" in drawn.words
        kinds = {m.delta.new_element.WhichOneof("type") for m in drawn.messages if m.WhichOneof("type") == "delta"}
        assert "exception" not in kinds and b"7 people" not in drawn.sent
        log = running.log.read_text(encoding="utf-8")
        assert "KeyError" in log and "served_broken.py" in log
        assert "7 people" not in log.replace('raise KeyError("Larch Ward has 7 people")', "")
    finally:
        running.stop()
