"""Who looked at what is written down: whole, without a name or a figure, and never in a reader's way."""

import datetime as dt
import json
import multiprocessing
import os
import re
import shutil
import stat
import time
from dataclasses import replace

import duckdb
import pytest
import streamlit as st

from pages.parts.access import access, audit
from pages.parts.journal import session
from pages.parts.quality import usage
from pages.parts.release import warehouse
from pages.parts.shell import pages
from tests.app import small_release
from tests.app.conftest import nothing_written, opener, sign_in_as, words_on

TEAM, SIGNALS, QUALITY = pages.of("team").path, pages.of("signals").path, pages.of("quality").path
TODAY = dt.date(2026, 11, 23)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("looked")
    small_release.build(folder)
    return folder


@pytest.fixture
def home(workspace, monkeypatch):
    """The workspace before anybody has looked at anything."""
    monkeypatch.setenv("KINSHIP_HOME", str(workspace))
    monkeypatch.setattr(session, "today", lambda: TODAY)
    nothing_written(workspace)
    shutil.rmtree(workspace / "audit", ignore_errors=True)
    (workspace / "audit.key").unlink(missing_ok=True)
    for memory in (audit._outages, audit._met, audit._torn):
        memory.clear()
    return workspace


def record(home) -> list[dict]:
    return [
        json.loads(line) for path in sorted((home / "audit").glob("*.jsonl")) for line in path.read_text().splitlines()
    ]


def one(home, name="maria@example.org", role="leader", unit="larch", page="team", did="viewed", what=None):
    release = warehouse.Release("", small_release.RELEASE)
    audit._write(
        name, audit.Reading(name, pages.of(page), access.Viewer(role, (unit,)), release, unit).entry(did, what)
    )


# ---- what is written down --------------------------------------------------------------------------------------------


def test_a_view_is_written_once_and_again_when_page_unit_release_or_session_changes(home, monkeypatch):
    sign_in_as(monkeypatch, home, ("leader", "AC"))
    test = opener(home, monkeypatch)(unit="larch")
    test.run()
    test.run()
    assert len(record(home)) == 1
    test.query_params["unit"] = "fern"
    test.run()
    test.switch_page(SIGNALS).run()
    opener(home, monkeypatch)(unit="larch")
    found = record(home)
    assert [(each["page"], each["unit"]) for each in found] == [
        ("One unit", "larch"),
        ("One unit", "fern"),
        ("All signals", "fern"),
        ("One unit", "larch"),
    ]
    assert {(each["did"], each["role"], each["release"], each["what"]) for each in found} == {
        ("viewed", "leader", small_release.RELEASE, None)
    }
    assert len({each["who"] for each in found}) == 1 and re.fullmatch("[0-9a-f]{16}", found[0]["who"])
    assert abs(dt.datetime.fromisoformat(found[0]["at"]) - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    later = small_release.build(home, "2026-06-10a")
    try:
        test.run()
        assert record(home)[-1]["release"] == "2026-06-10a"
    finally:
        later.unlink()
        (home / "releases" / "CURRENT").write_text(small_release.RELEASE, encoding="utf-8")


def test_a_file_taken_and_a_deed_are_written_and_what_was_in_them_is_not(home, monkeypatch):
    sign_in_as(monkeypatch, home, ("leader", "larch"))
    offered = {}
    monkeypatch.setattr(st, "download_button", lambda label, data=None, **_: offered.update({label: data}))
    test = opener(home, monkeypatch)(unit="larch")
    test.switch_page(SIGNALS).run()
    assert len(offered["Data (CSV)"]()) > 100
    monkeypatch.setattr(st, "session_state", test.session_state)
    assert session.kept("ask", "larch", lambda author: None)
    viewed, _, took, wrote = record(home)
    assert (took["did"], took["what"], took["page"], took["unit"]) == ("took", "Data (CSV)", "All signals", "larch")
    assert (wrote["did"], wrote["what"], wrote["unit"], wrote["role"]) == ("wrote", "ask", "larch", "leader")
    assert set(viewed) == set(took) == set(wrote) == {"at", "did", "who", "role", "page", "unit", "what", "release"}
    text = "".join(path.read_text() for path in (home / "audit").iterdir())
    assert "maria" not in text and "Larch Ward" not in text and "." not in re.sub(r"2026-[\d\w-]+", "", text)


def test_a_deed_that_failed_is_none(home, monkeypatch):
    def full(author):
        raise session.store.Unavailable("There is no room.")

    sign_in_as(monkeypatch, home, ("leader", "larch"))
    test = opener(home, monkeypatch)(unit="larch")
    monkeypatch.setattr(st, "session_state", test.session_state)
    monkeypatch.setattr(st, "warning", lambda *_, **__: None)
    assert not session.kept("ask", "larch", full)
    assert not session.kept("ask", "fern", lambda author: None)
    assert [each["did"] for each in record(home)] == ["viewed"]


def test_without_sign_in_nothing_is_written_and_the_pages_say_so(home, monkeypatch):
    opened = opener(home, monkeypatch)
    test = opened(unit="larch")
    test.session_state["looked_at"] = True
    test.run()
    assert usage.NONE in words_on(test) and usage.NONE in words_on(opened(QUALITY))
    assert not (home / "audit").exists() and not (home / "audit.key").exists()


def test_folder_files_and_key_are_private_and_the_key_is_not_that_of_people(home):
    (home / "secret.key").write_text("0" * 64)
    one(home)
    try:
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode)
            for path in (home / "audit", home / "audit.key", *(home / "audit").iterdir())
        }
        assert modes.pop("audit") == 0o700 and set(modes.values()) == {0o600}
        assert re.fullmatch("[0-9a-f]{64}\n", (home / "audit.key").read_text())
        first = record(home)[0]["who"]
        one(home, "MARIA@example.org")
        one(home, "ruth@example.org")
        assert [each["who"] == first for each in record(home)] == [True, True, False]
        (home / "audit.key").write_text("1" * 64)
        (home / "audit.key").chmod(0o644)
        one(home)
        assert record(home)[-1]["who"] != first
        assert stat.S_IMODE((home / "audit.key").stat().st_mode) == 0o600
    finally:
        (home / "secret.key").unlink()


def _many(folder, who, times):
    os.environ["KINSHIP_HOME"] = str(folder)
    for _ in range(times):
        one(folder, who)


def test_several_processes_append_whole_lines(home):
    several = multiprocessing.get_context("fork")
    begun = [several.Process(target=_many, args=(home, f"{n}@example.org", 200)) for n in range(3)]
    for process in begun:
        process.start()
    for process in begun:
        process.join(30)
    found = record(home)
    assert (
        len(found) == 600
        and sorted(len([e for e in found if e["who"] == who]) for who in {e["who"] for e in found}) == [200] * 3
    )


def test_any_duckdb_client_can_count_it(home):
    one(home)
    one(home, role="staff", unit="fern")
    with duckdb.connect() as con:
        found = con.execute(
            "SELECT role, unit, count(*) FROM read_json(?, columns = {role: 'VARCHAR', unit: 'VARCHAR'}) GROUP BY ALL ORDER BY 1",
            [str(home / "audit" / "*.jsonl")],
        ).fetchall()
    assert found == [("leader", "larch", 1), ("staff", "fern", 1)]


# ---- when it cannot be written ---------------------------------------------------------------------------------------


class Full:
    """A disk that has no room for a whole line."""

    def __getattr__(self, name):
        return getattr(os, name)

    def write(self, file, text):
        return os.write(file, text[: len(text) // 2])


def full_disk(home, monkeypatch):
    one(home)  # while there was room for the key, and for a line
    monkeypatch.setattr(audit, "os", Full())


def gone(home, monkeypatch):
    shutil.rmtree(home / "audit", ignore_errors=True)
    (home / "audit").write_text("a file in the place of the folder")


def no_key(home, monkeypatch):
    (home / "audit.key").write_text("lost")


def a_pipe(home, monkeypatch):
    path = home / "audit" / f"{dt.datetime.now(dt.UTC):%Y-%m}.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)


@pytest.mark.parametrize("harm", [full_disk, gone, no_key, a_pipe])
def test_pages_go_on_the_log_says_it_once_and_the_record_says_later_what_is_missing(home, monkeypatch, caplog, harm):
    sign_in_as(monkeypatch, home, ("leader", "larch"))
    opened = opener(home, monkeypatch)
    with monkeypatch.context() as harmed:
        harm(home, harmed)
        began = time.monotonic()
        for _ in range(2):
            test = opened(unit="larch")
            assert not test.exception and "Larch Ward" in words_on(test)
        assert time.monotonic() - began < 20, "nobody waited for it"
    said = [each.getMessage() for each in caplog.records if "record of views" in each.getMessage()]
    assert len(said) == 1 and "maria" not in said[0] and "\n" not in said[0]
    assert audit.outage()
    sign_in_as(monkeypatch, home, ("analyst", "NHC"))
    if harm is not full_disk:
        assert "cannot be written just now" in words_on(opened(QUALITY))
        (home / "audit").unlink() if harm is gone else shutil.rmtree(home / "audit", ignore_errors=True)
        (home / "audit.key").unlink(missing_ok=True)
    audit._met.clear()
    opened(QUALITY)
    assert not audit.outage() and "cannot be written" not in words_on(opened(QUALITY))
    lines = (next((home / "audit").iterdir())).read_text().splitlines()
    gaps = [each for each in lines if '"gap"' in each]
    assert json.loads(gaps[-1])["lost"] >= 2 and json.loads(lines[-1])["page"] == "Data quality"
    assert audit._counted(next((home / "audit").iterdir()), TODAY, 0, 0).gap


def test_a_record_that_somebody_took_away_has_a_gap(home):
    one(home)
    shutil.rmtree(home / "audit")
    one(home)
    assert [each["did"] for each in record(home)] == ["viewed", "gap"]


# ---- what it tells ---------------------------------------------------------------------------------------------------


def written(home, month, *entries):
    """A month of the record; an entry is (who, role, unit, page) or a line as it stands."""
    (home / "audit").mkdir(exist_ok=True)
    keys = ("who", "role", "unit", "page")
    lines = [
        each if isinstance(each, str) else json.dumps({"did": "viewed"} | dict(zip(keys, each, strict=False)))
        for each in entries
    ]
    (home / "audit" / f"{month}.jsonl").write_text("\n".join(lines) + "\n")


def told_of_larch(home, monkeypatch, *grants):
    sign_in_as(monkeypatch, home, *(grants or (("staff", "larch"),)))
    test = opener(home, monkeypatch)(unit="larch")
    test.session_state["looked_at"] = True
    test.run()
    tables = [each.value for each in test.dataframe if "Leaders" in each.value.columns]
    return test, tables[0].to_dict("records") if tables else []


def test_a_page_that_was_renamed_is_one_page_in_the_record(home, monkeypatch):
    """Its older lines stand as they were written; a page that nobody knows any more keeps the title it had."""
    renamed = replace(pages.of("quality"), title="What arrived", former_titles=("Data quality", "Quality"))
    monkeypatch.setitem(pages.PAGES, "quality", renamed)
    titles = ("Data quality", "Quality", "What arrived", "One unit", "Gone")
    written(home, "2026-10", *[(f"a{n}", "analyst", None, title) for n, title in enumerate(titles)])
    sign_in_as(monkeypatch, home, ("analyst", "CC"))
    test = opener(home, monkeypatch)(QUALITY)
    [rows] = [each.value.to_dict("records") for each in test.dataframe if "Leaders" in each.value.columns]
    assert [(row["Page"], row["Analysts"]) for row in rows] == [("Gone", 1), ("One unit", 1), ("What arrived", 3)]
    assert record(home)[-1]["page"] == "What arrived"


def test_staff_are_told_how_often_each_role_looked_at_their_team_and_not_who(home, monkeypatch):
    of_staff = [(f"s{n}", "staff", "larch", "One unit") for n in range(11)]
    written(
        home,
        "2026-10",
        *[("a", "leader", "larch", "One unit")] * 3,
        ("a", "leader", "larch", "All signals"),
        ("b", "executive", "larch", "One unit"),
        ("b", "executive", "fern", "One unit"),
        *of_staff,
        *of_staff[:3],
        json.dumps({"did": "took", "who": "b", "role": "executive", "unit": "larch", "page": "All signals"}),
    )
    written(home, "2026-09", *of_staff[:10] * 4, ("a", "leader", "fern", "One unit"))
    written(home, "2026-11", ("a", "leader", "larch", "One unit"))
    written(home, "2025-10", ("a", "leader", "larch", "One unit"))
    test, rows = told_of_larch(home, monkeypatch)
    assert rows == [
        {"Month": "Oct 2026", "Leaders": 4, "Executives": 1, "Analysts": 0, "Staff": "about 15", "Files taken": 1},
        {"Month": "Sept 2026", "Leaders": 0, "Executives": 0, "Analysts": 0, "Staff": usage.FEW, "Files taken": 0},
    ]
    assert "has a gap" not in words_on(test)


def test_ten_of_staff_who_look_are_as_none(home, monkeypatch):
    """However often they do, and whatever they take: a month with ten of them reads as one without."""
    rows = []
    for many in (0, 1, 10):
        taken = [
            json.dumps({"did": "took", "who": f"s{n}", "role": "staff", "unit": "larch", "page": "One unit"})
            for n in range(many)
        ]
        written(
            home,
            "2026-10",
            ("a", "leader", "larch", "One unit"),
            *[(f"s{n}", "staff", "larch", "One unit") for n in range(many)] * 7,
            *taken,
        )
        rows.append(told_of_larch(home, monkeypatch)[1])
    assert rows[0] == rows[1] == rows[2] and rows[0][0]["Leaders"] == 1


def test_what_cannot_be_read_and_what_is_known_to_be_missing_is_said(home, monkeypatch):
    written(
        home, "2026-10", '{"did": "viewed", "who', ("a", "leader", "larch", "One unit"), "[]", "7", '{"did": 1}', ""
    )
    written(home, "2026-09", '{"did": "gap", "since": null, "lost": null}', ("a", "leader", "larch", "One unit"))
    written(home, "2026-08", ("a", "leader", "larch", "One unit"))
    test, rows = told_of_larch(home, monkeypatch)
    assert [row["Leaders"] for row in rows] == [1, 1, 1]
    assert "has a gap in October 2026 and September 2026" in words_on(test)
    written(home, "2026-11", audit._gap("", None, None))
    assert "has a gap in November 2026, October 2026 and September 2026" in words_on(
        told_of_larch(home, monkeypatch)[0]
    )


def test_before_a_month_is_over_it_is_said_that_there_is_nothing_to_tell_yet(home, monkeypatch):
    test, rows = told_of_larch(home, monkeypatch)
    assert rows == [] and "November 2026 has not ended" in words_on(test)


def test_analysts_see_counts_of_pages_by_month_and_role(home, monkeypatch):
    written(
        home,
        "2026-10",
        ("a", "leader", "larch", "One unit"),
        ("b", "leader", "fern", "One unit"),
        ("c", "analyst", None, "Data quality"),
        ("d", "staff", "fern", "Data quality"),
    )
    sign_in_as(monkeypatch, home, ("analyst", "CC"))
    test = opener(home, monkeypatch)(QUALITY)
    [rows] = [each.value.to_dict("records") for each in test.dataframe if "Leaders" in each.value.columns]
    assert rows == [
        {
            "Page": "Data quality",
            "Month": "Oct 2026",
            "Leaders": 0,
            "Executives": 0,
            "Analysts": 1,
            "Staff": usage.FEW,
            "Files taken": 0,
        },
        {
            "Page": "One unit",
            "Month": "Oct 2026",
            "Leaders": 2,
            "Executives": 0,
            "Analysts": 0,
            "Staff": usage.FEW,
            "Files taken": 0,
        },
    ]
