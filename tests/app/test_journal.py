"""The journal, on SQLite and on a real PostgreSQL server."""

import datetime as dt
import itertools
import logging
import os
import re
import resource
import signal
import sqlite3
import time
import traceback
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.privacy import personal_data
from pages.parts import serve, streamlit_private
from pages.parts.journal import connection, migrate, models, notes, sheets, store, wording
from tests.app import journal_writers as writers
from tests.app import postgres
from tests.app.journal_writers import FEBRUARY, SEEN, THING, TODAY

MARCH = dt.date(2027, 3, 1)


@pytest.fixture(scope="session")
def postgresql():
    try:
        with postgres.server() as url:
            yield url
    except postgres.NoServer as reason:
        pytest.skip(f"No PostgreSQL: {reason}")


@pytest.fixture(scope="module", autouse=True)
def forks():
    with writers.ready():
        yield


@pytest.fixture
def on_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KINSHIP_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def on_postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgresql: str):
    monkeypatch.setenv("KINSHIP_HOME", str(tmp_path))
    with postgres.database(postgresql, f"journal_{uuid.uuid4().hex[:8]}") as url:
        (tmp_path / "settings.yaml").write_text(f"timezone: Europe/London\njournal: {url}\n", encoding="utf-8")
        yield tmp_path
        connection.engine(connection.where()).dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(f"on_{request.param}")


def begin(unit: str = "larch") -> sheets.Sheet:
    sheets.begin(unit, [THING], FEBRUARY, "leader", TODAY)
    return sheets.of([unit])[0]


def test_where_there_is_none_yet_there_is_nothing_to_upgrade(on_sqlite):
    assert migrate.state().startswith("There is no journal yet")
    assert "nothing to bring up to date" in migrate.upgrade()


# ---- sheets --------------------------------------------------------------------------------------------------------


def test_a_journal_nobody_has_written_in_is_an_empty_one(home):
    assert sheets.of(["larch"]) == [] and notes.of(["larch"]) == []
    assert not (home / "journal.db").exists()


def test_a_sheet_keeps_all_it_has_been(home):
    first = begin()
    two = [THING, sheets.Thing("  ask   the bank desk first ", "services", ("agency_share", "continuity"))]
    sheets.change("larch", first, two, MARCH, "executive", TODAY)
    second = sheets.of(["larch"])[0]
    sheets.change("larch", second, second.now.things, FEBRUARY, "leader", TODAY, goes_on=True)
    third = sheets.of(["larch"])[0]
    sheets.close("larch", third, "helped", "", "leader")
    [sheet] = sheets.of(["larch"])
    assert [version.happened for version in sheet.versions] == ["begun", "changed", "gone_on", "closed"]
    assert [version.author for version in sheet.versions] == ["leader", "executive", "leader", "leader"]
    assert [version.review for version in sheet.versions] == [FEBRUARY, MARCH, FEBRUARY, FEBRUARY]
    assert {version.began for version in sheet.versions} == {dt.date(2026, 11, 1)}
    assert sheet.versions[0].things == (THING,)
    assert sheet.now.things[1].words == "ask the bank desk first" and sheet.signals == [
        "fill_rate",
        "agency_share",
        "continuity",
    ]
    assert sheet.now.came_of_it == "helped" and sheet.now.words is None and not sheet.open
    assert abs(store.now() - sheet.now.written_at) < dt.timedelta(minutes=1)


def test_one_sheet_is_open_at_a_time_and_the_next_follows_it(home):
    first = begin()
    with pytest.raises(store.Overtaken, match="open sheet already"):
        begin()
    sheets.close("larch", first, "no_change", "The rota changed in between", "leader")
    begin()
    assert [(sheet.number, sheet.open) for sheet in sheets.of(["larch"])] == [(2, True), (1, False)]


def test_nothing_is_told_of_other_units(home):
    begin("larch")
    begin("heron")
    notes.looks_wrong(SEEN, "too_high", "", "leader")
    assert [sheet.unit for sheet in sheets.of(["heron"])] == ["heron"]
    assert sheets.of([]) == [] and notes.of([]) == [] and notes.of(["heron"]) == []


def test_a_sheet_of_another_unit_cannot_be_written_on(home):
    theirs = begin("heron")
    with pytest.raises(store.Overtaken, match="not one of this unit"):
        sheets.change("larch", theirs, [THING], MARCH, "leader", TODAY)
    with pytest.raises(store.Overtaken, match="not one of this unit"):
        sheets.close("larch", theirs, "helped", "", "leader")
    assert len(sheets.of(["heron"])[0].versions) == 1


def test_who_saw_an_older_version_is_told_and_changes_nothing(home):
    seen = begin()
    sheets.change("larch", seen, [THING], MARCH, "leader", TODAY)
    with pytest.raises(store.Overtaken, match="changed this sheet meanwhile"):
        sheets.change("larch", seen, [THING, THING], MARCH, "leader", TODAY)
    sheets.close("larch", sheets.of(["larch"])[0], "helped", "", "leader")
    with pytest.raises(store.Overtaken, match="is closed"):
        sheets.change("larch", sheets.of(["larch"])[0], [THING], MARCH, "leader", TODAY)
    assert len(sheets.of(["larch"])[0].versions) == 3


GOOD = {"words": "keep team time", "help": "team", "signals": ("fill_rate",)}


@pytest.mark.parametrize(
    ("things", "said"),
    [
        ([], "at least one thing"),
        ([{"words": "  ", "help": "", "signals": ()}], "at least one thing"),
        ([GOOD] * 4, "at most 3 things"),
        ([GOOD | {"words": "no"}], "Thing 1: a few words"),
        ([GOOD, GOOD | {"words": "x" * 141}], "Thing 2: 141 letters are too many; 140"),
        ([GOOD | {"help": "a stick"}], "Thing 1, which help: choose one"),
        ([GOOD | {"help": ""}], "Thing 1, which help: choose one"),
        ([GOOD | {"signals": ()}], "Thing 1: choose the signals"),
        ([GOOD | {"signals": ("a", "b", "c", "d")}], "Thing 1: choose the signals"),
        ([GOOD | {"words": "write to a.nurse@trust.example"}], "leave out the e-mail address"),
        ([GOOD | {"words": "ask about AB 12 34 56 C"}], "leave out the long number"),
        ([GOOD | {"words": "see 943 476 5919"}], "leave out the long number"),
        ([GOOD | {"words": "call 01632 960123"}], "leave out the long number"),
        ([GOOD | {"words": "talk with Sister Jones"}], "leave out the name"),
        ([GOOD | {"words": "have Dr. Okafor agree"}], "leave out the name"),
    ],
)
def test_what_may_not_be_written_is_not_kept(on_sqlite, things, said):
    with pytest.raises(wording.Unacceptable, match=said):
        sheets.begin("larch", [sheets.Thing(**thing) for thing in things], FEBRUARY, "leader", TODAY)
    assert sheets.of(["larch"]) == [] and not (on_sqlite / "journal.db").exists()


@pytest.mark.parametrize("review", [None, dt.date(2026, 12, 1), dt.date(2027, 4, 1), dt.date(2027, 2, 2)])
def test_we_look_back_in_the_next_quarter(on_sqlite, review):
    with pytest.raises(wording.Unacceptable, match="next quarter"):
        sheets.begin("larch", [THING], review, "leader", TODAY)


@given(st.dates(dt.date(2020, 1, 1), dt.date(2090, 1, 1)))
def test_the_next_quarter_is_the_three_months_after_this_ones(today):
    months = wording.next_quarter(today)
    quarters = {(month.year * 12 + month.month - 1) // 3 for month in months}
    assert quarters == {(today.year * 12 + today.month - 1) // 3 + 1}
    assert len(set(months)) == 3 and {month.day for month in months} == {1}


@settings(max_examples=25, deadline=None)
@given(
    st.text(st.characters(codec="utf-8"), max_size=20),
    st.one_of(st.from_regex(shape.pattern, fullmatch=True) for shape in personal_data.SHAPES),
    st.text(st.characters(codec="utf-8"), max_size=20),
)
def test_what_an_extract_may_not_hold_the_journal_may_not_either(before, shape, after):
    """The app shares no code with the engine, which looks for the same shapes in extracts."""
    words = f"{before} {shape} {after}"
    if personal_data.gives_away(wording.tidy(words)):
        assert wording.reveals(wording.tidy(words))


@pytest.mark.parametrize(
    "words",
    ["publish the rota six weeks ahead", "start at 07:30, end at 19:30", "10 minutes at 12 handovers, for 8 weeks",
     "ask the Mental Health team in", "miss no team time", "from 2026 on, 90 % of 12 beds", "the doctor on call joins us"],
)  # fmt: skip
def test_plain_words_about_conditions_are_kept(words):
    assert wording.reveals(words) is None


# ---- notes ---------------------------------------------------------------------------------------------------------


def test_a_question_waits_until_it_is_answered(home):
    notes.looks_wrong(SEEN, "too_high", "", "leader")
    [note] = notes.of(["larch"])
    assert note.open and note.seen == SEEN
    with notes.answering(note, "looking", "We ask the rota team", "analyst"):
        pass
    [note] = notes.of(["larch"])
    assert note.open
    with notes.answering(note, "corrected", "", "analyst"):
        pass
    [note] = notes.of(["larch"])
    assert not note.open and [reply.outcome for reply in note.replies] == ["looking", "corrected"]


def test_who_answers_what_was_answered_meanwhile_is_told(home):
    notes.looks_wrong(SEEN, "too_high", "", "leader")
    [seen] = notes.of(["larch"])
    with notes.answering(seen, "right", "", "analyst"):
        pass
    with (
        pytest.raises(store.Overtaken, match="answered this meanwhile"),
        notes.answering(seen, "looking", "", "analyst"),
    ):
        raise AssertionError("nothing may be done for an answer that cannot be kept")
    assert len(notes.of(["larch"])[0].replies) == 1


def test_an_answer_is_kept_only_if_what_goes_with_it_is_done(home):
    notes.propose(SEEN, "move", "Moved to the new building", "leader")
    [note] = notes.of(["larch"])
    with pytest.raises(RuntimeError), notes.answering(note, "accepted", "", "analyst"):
        raise RuntimeError("the inbox is full")
    assert notes.of(["larch"])[0].open


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda: notes.looks_wrong(SEEN, None, "", "leader"), "What looks wrong: choose one"),
        (lambda: notes.looks_wrong(SEEN, "other", "", "leader"), "In a few words: a few words"),
        (lambda: notes.looks_wrong(SEEN, "too_high", "ask nurse@ward.example", "leader"), "e-mail"),
        (lambda: notes.propose(SEEN, "party", "Summer party", "leader"), "What kind: choose one"),
        (lambda: notes.propose(SEEN, "move", "x" * 121, "leader"), "120 is the most"),
        (lambda: notes.propose(SEEN, "move", "=2+2 moved", "leader"), "begin with a letter"),
    ],
)
def test_a_note_that_says_nothing_or_too_much_is_not_kept(on_sqlite, write, said):
    with pytest.raises(wording.Unacceptable, match=said):
        write()
    assert notes.of(["larch"]) == []


def test_a_number_is_not_answered_like_an_event(on_sqlite):
    notes.looks_wrong(SEEN, "too_high", "", "leader")
    [note] = notes.of(["larch"])
    with pytest.raises(wording.Unacceptable, match="choose one"), notes.answering(note, "accepted", "", "analyst"):
        pass


# ---- several processes ---------------------------------------------------------------------------------------------


def test_what_four_processes_write_at_once_into_a_new_journal_is_all_kept(home):
    assert writers.together(home, writers.ten_notes, 4) == ["kept"] * 4
    words = [note.words for note in notes.of(["larch"])]
    assert len(words) == len(set(words)) == 40


def test_of_four_who_change_one_version_at_once_one_is_kept(home):
    begin()
    said = writers.together(home, writers.a_change, 4)
    assert sorted(said) == ["kept", "overtaken", "overtaken", "overtaken"]
    [sheet] = sheets.of(["larch"])
    assert len(sheet.versions) == 2 and sheet.now.things[0].words == f"words of {'abcd'[said.index('kept')]}"


def test_of_four_who_begin_a_sheet_at_once_one_does(home):
    assert sorted(writers.together(home, writers.a_new_sheet, 4)) == ["kept", "overtaken", "overtaken", "overtaken"]
    assert len(sheets.of(["larch"])) == 1


def test_of_four_who_answer_at_once_one_is_kept(home):
    notes.looks_wrong(SEEN, "too_high", "", "leader")
    assert sorted(writers.together(home, writers.an_answer, 4)) == ["kept", "overtaken", "overtaken", "overtaken"]
    assert len(notes.of(["larch"])[0].replies) == 1


def test_a_kill_before_the_end_leaves_nothing_half_written(home):
    notes.looks_wrong(SEEN, "too_high", "", "leader")
    assert writers.killed_before_the_end(home) == -9
    [note] = notes.of(["larch"])
    assert note.replies == ()
    with notes.answering(note, "right", "", "analyst"):
        pass


# ---- layouts -------------------------------------------------------------------------------------------------------


def raw() -> sa.Connection:
    """The journal's database as it is, without the journal's own checks."""
    return connection.engine(connection.where()).execution_options(writes=True).begin()


def made_by_the_first_version(home: Path) -> None:
    """A journal of layout 0001 with a sheet in it."""
    if isinstance(connection.where(), Path):
        connection.make_file(connection.where())
    with raw() as con:
        migrate.to_newest(con, "0001")
        tables = models.Base.metadata.tables
        con.execute(tables["sheet"].insert().values(id="a", unit="larch", number=1))
        con.execute(
            tables["sheet_version"].insert().values(
                sheet="a", version=1, written_at=dt.datetime(2026, 1, 2), author="leader", happened="begun",
                began=dt.date(2026, 1, 1), review=dt.date(2026, 4, 1),
            )
        )  # fmt: skip
        thing = {"words": "keep team time", "help": "team", "signals": ["fill_rate"]}
        con.execute(tables["thing"].insert().values(sheet="a", version=1, position=1, **thing))


def test_the_newest_migration_makes_the_tables_that_the_code_knows(home):
    begin()
    assert ScriptDirectory.from_config(migrate.configured()).get_current_head() == models.SCHEMA
    with raw() as con:
        assert compare_metadata(MigrationContext.configure(con), models.Base.metadata) == []


def test_an_older_journal_says_how_it_is_brought_up_to_date(home):
    made_by_the_first_version(home)
    for ask in (lambda: sheets.of(["larch"]), begin):
        with pytest.raises(store.Unavailable, match="older version of Kinship; python -m etl journal upgrade"):
            ask()
    assert "layout 0001, older than this version's 0002" in migrate.state()
    assert migrate.upgrade().startswith("The journal was brought from layout 0001 to 0002.")
    assert [sheet.now.things[0].words for sheet in sheets.of(["larch"])] == ["keep team time"]
    notes.looks_wrong(SEEN, "too_high", "", "leader")
    assert migrate.upgrade() == "The journal is up to date, with layout 0002."


def test_of_a_file_that_is_brought_up_to_date_a_copy_stays(on_sqlite):
    made_by_the_first_version(on_sqlite)
    assert "it is in journal.0001.db" in migrate.upgrade()
    copy = on_sqlite / "journal.0001.db"
    assert copy.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(copy) as con:
        assert con.execute("SELECT unit FROM sheet").fetchall() == [("larch",)]
        assert con.execute("SELECT count(*) FROM sqlite_master WHERE name = 'note'").fetchall() == [(0,)]


def test_the_app_brings_an_older_journal_up_to_date_as_it_starts(on_sqlite, monkeypatch):
    made_by_the_first_version(on_sqlite)
    started = []
    monkeypatch.setattr(streamlit_private.PagesManager, "uses_pages_directory", None)
    monkeypatch.setattr(streamlit_private, "send_at_once", lambda: None)
    monkeypatch.setattr(streamlit_private.cli, "main", started.append)
    serve.main(["--server.port", "1"])
    assert (
        started[0][:2] == ["run", str(serve.APP)]
        and started[0][-2:] == ["--server.port", "1"]
        and len(sheets.of(["larch"])) == 1
    )


def test_a_newer_journal_is_left_alone(home):
    begin()
    with raw() as con:
        con.execute(sa.update(sa.table("alembic_version", sa.column("version_num"))).values(version_num="9999"))
    for ask in (lambda: sheets.of(["larch"]), lambda: begin("heron"), migrate.upgrade):
        with pytest.raises(store.Unavailable, match="newer version of Kinship"):
            ask()
    assert "newer than this version's" in migrate.state()


def test_a_migration_that_breaks_off_changes_nothing(home, monkeypatch):
    made_by_the_first_version(home)

    def breaks(con, schema="head"):
        real(con, schema)
        raise OSError("the machine stopped")

    real = migrate.to_newest
    monkeypatch.setattr(migrate, "to_newest", breaks)
    with pytest.raises(store.Unavailable):
        migrate.upgrade()
    with raw() as con:
        assert connection.schema_of(con) == "0001" and not sa.inspect(con).has_table("note")


def test_the_verb_says_how_the_journal_stands(engine, monkeypatch):
    monkeypatch.setenv("KINSHIP_HOME", str(engine.home))
    made_by_the_first_version(engine.home)
    assert "brought from layout 0001 to 0002" in engine.run("journal", "upgrade").said
    assert engine.run("journal").said == "The journal is in journal.db, with layout 0002: up to date.\n"
    engine.workspace.settings.write_text("journal: mysql://somewhere\n", encoding="utf-8")
    done = engine.run("journal")
    assert done.code == 1 and "not the URL of a PostgreSQL database" in done.said and "Traceback" not in done.said


def test_the_engine_knows_the_setting_and_does_not_mind_it(engine):
    engine.workspace.settings.write_text("journal: postgresql://kinship@db.example/kinship\n", encoding="utf-8")
    assert engine.run("build").code == 0


# ---- out of reach --------------------------------------------------------------------------------------------------


def test_the_file_is_for_its_owner_alone(on_sqlite):
    begin()
    assert (on_sqlite / "journal.db").stat().st_mode & 0o777 == 0o600


def test_a_journal_that_is_locked_is_said_to_be_busy(on_sqlite, monkeypatch):
    begin()
    monkeypatch.setattr(connection, "WRITES", 200)
    with sqlite3.connect(on_sqlite / "journal.db", isolation_level=None) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        started = time.monotonic()
        with pytest.raises(store.Unavailable, match=r"busy with somebody else.s writing: try again in a moment\.$"):
            sheets.of(["larch"])
        with pytest.raises(store.Unavailable, match=r"busy.*Nothing was written"):
            begin("heron")
        assert time.monotonic() - started < 5
        holder.execute("ROLLBACK")
    assert len(sheets.of(["larch"])) == 1


def test_a_journal_that_has_gone_is_not_begun_anew_behind_its_writers_back(on_sqlite):
    begin()
    kept = (on_sqlite / "journal.db").rename(on_sqlite / "elsewhere.db")
    for ask in (lambda: sheets.of(["larch"]), begin):
        with pytest.raises(store.Unavailable, match="has gone from the workspace"):
            ask()
    assert not (on_sqlite / "journal.db").exists()
    kept.rename(on_sqlite / "journal.db")
    assert len(sheets.of(["larch"])) == 1


def test_a_damaged_file_is_said_to_be_damaged(on_sqlite):
    (on_sqlite / "journal.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(store.Unavailable, match="damaged"):
        sheets.of(["larch"])


def test_a_journal_that_was_cut_to_nothing_is_not_taken_for_a_new_one(on_sqlite):
    begin()
    (on_sqlite / "journal.db").write_bytes(b"")
    connection._met.clear()  # as after the app was started again
    for ask in (lambda: sheets.of(["larch"]), begin, migrate.state, migrate.upgrade):
        with pytest.raises(store.Unavailable, match=r"empty, so what stood in it is lost.*put a copy"):
            ask()
    assert (on_sqlite / "journal.db").read_bytes() == b""
    (on_sqlite / "journal.db").unlink()
    connection._met.clear()
    assert begin().unit == "larch"


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_a_journal_that_was_cut_short_is_a_sentence_wherever_it_is_asked(on_sqlite, share):
    made_by_the_first_version(on_sqlite)
    journal = on_sqlite / "journal.db"
    os.truncate(journal, int(journal.stat().st_size * share))
    for ask in (lambda: sheets.of(["larch"]), begin, migrate.upgrade):
        with pytest.raises(store.Unavailable):
            ask()


def test_no_room_for_the_copy_that_an_upgrade_leaves_stops_neither_the_app_nor_harms_the_journal(
    on_sqlite, monkeypatch
):
    made_by_the_first_version(on_sqlite)
    before = (on_sqlite / "journal.db").read_bytes()
    monkeypatch.setattr(streamlit_private.PagesManager, "uses_pages_directory", None)
    monkeypatch.setattr(streamlit_private, "send_at_once", lambda: None)
    started = []
    monkeypatch.setattr(streamlit_private.cli, "main", started.append)

    def upgrading() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
        with pytest.raises(store.Unavailable, match="Nothing was written"):
            migrate.upgrade()
        serve.main([])
        assert started

    assert in_a_fork(upgrading) == 0
    assert (on_sqlite / "journal.db").read_bytes() == before
    assert sorted(path.name for path in on_sqlite.iterdir()) == ["journal.db"]


def in_a_fork(does) -> int:
    """The exit code of a child that does this: 0, or 1 where it raised, or the signal that killed it."""
    if child := os.fork():
        status = os.waitpid(child, 0)[1]
        return os.waitstatus_to_exitcode(status)
    try:
        does()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def dying_at(moment: int, does) -> None:
    """Does it, and dies before the fsync, rename, link, removal or statement of SQL of that number."""
    passed = itertools.count()

    def pass_by(*_) -> None:
        if next(passed) == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(name: str):
        real = getattr(os, name)
        return lambda *arguments, **named: (pass_by(), real(*arguments, **named))[1]

    for name in ("fsync", "rename", "replace", "link", "unlink"):
        setattr(os, name, watched(name))
    sa.event.listen(sa.Engine, "before_cursor_execute", pass_by)
    sa.event.listen(sa.Engine, "commit", pass_by)
    does()


@pytest.mark.parametrize("upgrades", [True, False], ids=["an upgrade", "the first writing"])
def test_a_journal_killed_at_any_moment_is_what_it_was_or_what_it_was_to_be(on_sqlite, upgrades):
    journal = on_sqlite / "journal.db"
    if upgrades:
        made_by_the_first_version(on_sqlite)
    before = journal.read_bytes() if upgrades else b""
    for moment in itertools.count():
        connection._met.clear()
        for path in on_sqlite.iterdir():
            path.unlink()
        if upgrades:
            journal.write_bytes(before)
        code = in_a_fork(lambda: dying_at(moment, migrate.upgrade if upgrades else begin))  # noqa: B023
        assert code in (0, -signal.SIGKILL)
        connection._met.clear()
        if upgrades:
            with raw() as con:
                assert connection.schema_of(con) in ("0001", models.SCHEMA)
            migrate.upgrade()
            assert [sheet.now.things[0].words for sheet in sheets.of(["larch"])] == ["keep team time"]
        else:
            assert len(sheets.of(["larch"])) in (0, 1)
            notes.looks_wrong(SEEN, "too_high", "", "leader")
            assert len(notes.of(["larch"])) == 1
        assert [path.name for path in on_sqlite.glob(".*")] == []
        if code == 0:
            break
    assert moment > 8


def test_a_place_that_cannot_be_written_to_is_said_in_a_sentence(on_sqlite):
    (on_sqlite / "journal.db").mkdir()
    with pytest.raises(store.Unavailable, match="Nothing was written"):
        begin()


def test_a_server_that_is_down_is_said_to_be_down_without_its_password(on_sqlite, caplog):
    port = postgres._free_port()
    url = f"postgresql://kinship:hunter2@127.0.0.1:{port}/kinship"
    (on_sqlite / "settings.yaml").write_text(f"journal: {url}\n", encoding="utf-8")
    with caplog.at_level(logging.DEBUG):
        for ask in (lambda: sheets.of(["larch"]), begin, migrate.state, migrate.upgrade):
            with pytest.raises(store.Unavailable, match=r"^The journal does not answer\.( Nothing was written\.)?$"):
                ask()
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize("said", ["mysql://db/x", "not a url", "[1, 2]", "sqlite:///elsewhere.db"])
def test_a_setting_that_names_no_postgresql_is_said_in_a_sentence(on_sqlite, said):
    (on_sqlite / "settings.yaml").write_text(f"journal: {said}\n", encoding="utf-8")
    with pytest.raises(store.Unavailable, match="not the URL of a PostgreSQL database"):
        sheets.of(["larch"])


def test_settings_that_cannot_be_read_are_said_in_a_sentence(on_sqlite):
    (on_sqlite / "settings.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(store.Unavailable, match=r"settings\.yaml.*cannot be read"):
        begin()


def test_a_driver_that_is_not_installed_is_named(on_sqlite, monkeypatch):
    def missing(place):
        raise ModuleNotFoundError("No module named 'psycopg'")

    monkeypatch.setattr(connection, "_engine", missing)
    with pytest.raises(store.Unavailable, match=r"pip install -r requirements-postgresql\.txt"):
        begin()


def test_nothing_in_the_journals_code_changes_or_deletes_a_row():
    for path in Path(store.__file__).parent.glob("*.py"):
        assert not re.search(r"\b(sa\.(update|delete)|\.delete\(|session\.merge)\b", path.read_text(encoding="utf-8"))


def test_a_server_that_is_there_and_does_not_start_is_nothing_to_skip_a_test_for():
    with pytest.raises(postgres.DidNotStart, match=r"PostgreSQL's ls did not run: .*No such file"):
        postgres._run(None, "ls", "/nowhere/to/be/seen")
