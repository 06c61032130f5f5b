"""What the analysts' pages say, run without a browser."""

import io
import json
import shutil
import subprocess
import zipfile

import duckdb
import pytest
from typer.testing import CliRunner

from etl.__main__ import app as etl
from pages.parts.quality import coverage
from pages.parts.release import engine_process, warehouse
from pages.parts.shell import pages
from pages.parts.sources import wizard
from tests.app import small_release
from tests.app.conftest import unfolded, words_on
from tests.conftest import table

QUALITY, SOURCES = pages.of("quality").path, pages.of("sources").path
DEFINITIONS, RELEASES = pages.of("definitions").path, pages.of("releases").path
EARLIER = "2026-06-01a"


def tables_on(test) -> dict[str, list[dict]]:
    return {
        frame.proto.alt or str(number): frame.value.to_dict("records") for number, frame in enumerate(test.dataframe)
    }


def with_columns(test, *columns: str) -> list[dict]:
    """The first table that has these columns."""
    return next(rows for rows in tables_on(test).values() if rows and set(columns) <= set(rows[0]))


# ---- quality ---------------------------------------------------------------------------------------------------------


def test_coverage_tells_every_gap_in_a_sign_and_in_words(app):
    rows = {
        row["Unit"]: row for row in with_columns(app(QUALITY, source="rota", under="NHC", show="every"), "In words")
    }
    assert rows["Larch Ward"]["Sept 25"] == "✕" and "No rows in Sept 2025" in rows["Larch Ward"]["In words"]
    assert rows["Fern Ward"]["Nov 25"] == "◉" and "Few rows in Nov 2025" in rows["Fern Ward"]["In words"]
    assert rows["Meadow crisis team"]["Aug 25"] == "–" and rows["Meadow crisis team"]["Sept 25"] == "●"
    assert {row["June 26"] for row in rows.values()} == {"○"}
    assert rows["Heron Ward"]["In words"] == "Complete where settled"


def test_coverage_adds_up_the_units_below(app):
    rows = {row["Unit"]: row for row in with_columns(app(QUALITY, source="rota", under="NHC"), "In words")}
    assert set(rows) == {"Adult care", "Children’s care"}
    assert rows["Adult care"]["Sept 25"] == "1/2" and rows["Adult care"]["Oct 25"] == "●"
    assert "not all units in Sept 2025" in rows["Adult care"]["In words"]


def test_coverage_keeps_its_choices_in_the_address(app):
    test = app(QUALITY)
    test.selectbox(key="choice_under").set_value("CC").run()
    assert test.query_params["under"] in ("CC", ["CC"])
    assert {row["Unit"] for row in with_columns(test, "In words")} == {"Heron Ward", "Meadow crisis team"}


@pytest.mark.parametrize("wrong", ["nobody", "../etc", "' OR 1=1"])
def test_an_address_that_asks_for_what_is_not_there_gets_the_usual(app, wrong):
    said = words_on(app(QUALITY, source=wrong, under=wrong, show=wrong))
    assert "could not be drawn" not in said and "Coverage by team and month" in said


def test_few_people_in_contradiction_are_not_told(app):
    test = app(QUALITY)
    said = words_on(test)
    assert "About 35 people" in said and "Fewer than 11 people" in said
    rows = with_columns(unfolded(test, "agreement"), "Month", "Worked and are recorded sick")
    assert {row["Worked and are recorded sick"] for row in rows} == {"fewer than 11"}
    assert {row["Worked and are not in post"] for row in rows} == {"35 of 655"}


def test_rows_set_aside_are_listed_by_reason(app):
    rows = with_columns(app(QUALITY), "Heading", "Reason")
    assert {"Source": "Rota", "Heading": "Unit", "Reason": "is not known", "Rows": "about 200", "Files": 1} in rows


def test_freshness_says_what_comes_next(app):
    rows = {row["Source"]: row["What comes next"] for row in with_columns(app(QUALITY), "What comes next")}
    assert rows["Rota"] == "May 2026 settles with a file from 10 June 2026 on"
    assert "Not collected: Staff survey" in words_on(app(QUALITY))


def test_a_release_of_an_older_build_still_opens(app_at, tmp_path):
    path = small_release.build(tmp_path)
    with duckdb.connect(str(path)) as con:
        for name in ("coverage", "agreement", "unit_name", "fact"):
            con.execute(f"DROP TABLE meta.{name}")
    for page in (QUALITY, DEFINITIONS):
        assert "could not be drawn" not in words_on(app_at(tmp_path)(page))


# ---- definitions -----------------------------------------------------------------------------------------------------


def test_a_definition_says_whose_it_is_and_is_drawn_from_source_to_page(app):
    test = app(DEFINITIONS, indicator="sickness_rate")
    said = words_on(test)
    assert "Workforce analytics" in said and "30 June 2027" in said and "26 numbers, each with an owner" in said
    assert "From Rota, through 2 facts (duty_month, rota_month), to **Sickness absence**" in said
    assert not test.get("graphviz_chart")
    drawn = unfolded(test, "drawn").get("graphviz_chart")[0].proto.spec
    assert '"s_rota" -> "f_duty_month"' in drawn and '"f_rota_month" -> "it"' in drawn and "elsewhere" not in drawn
    assert not test.code
    assert "SELECT 1 FROM core.rota_month" in [code.value for code in unfolded(test, "query").code]
    assert len(with_columns(test, "Number", "Next review")) == 26


def test_a_number_drawn_from_nothing_says_so(app_at, tmp_path):
    path = small_release.build(tmp_path)
    with duckdb.connect(str(path)) as con:
        con.execute("UPDATE meta.indicator SET sources = [], sql = 'SELECT 2'")
    assert "It is drawn from nothing" in words_on(app_at(tmp_path)(DEFINITIONS))


# ---- releases --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """A workspace of two releases, for looking at."""
    folder = tmp_path_factory.mktemp("both")
    earlier = small_release.build(folder, EARLIER)
    with duckdb.connect(str(earlier)) as con:
        con.execute(
            "UPDATE mart.value SET value = value - 1 WHERE indicator = 'sickness_rate' AND unit = 'larch' AND value IS NOT NULL"
        )
        con.execute("DELETE FROM mart.value WHERE indicator = 'fill_rate' AND month = '2026-06-01'")
        con.execute("UPDATE meta.indicator SET sql = 'SELECT 0' WHERE indicator = 'lead_time'")
        con.execute("UPDATE meta.source SET files = 1, rows_accepted = 5 WHERE source = 'rota'")
    small_release.build(folder)
    return folder


@pytest.fixture
def two_releases(both, tmp_path):
    """The same in a copy, for changing."""
    shutil.copytree(both, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_two_releases_are_compared(app_at, both):
    test = app_at(both)(RELEASES)
    said = words_on(test)
    assert f"2 releases; {small_release.RELEASE} is what everybody sees" in said
    assert "28 settled figures were revised" in said and "1 definition changed" in said
    rows = {row["Number"]: row for row in with_columns(test, "Settled, revised")}
    assert rows["Sickness absence"]["Settled, revised"] == 28 and rows["Sickness absence"]["Not settled, moved"] == 2
    assert rows["Shifts filled"]["New"] > 0 and "Leaver rate" not in rows
    revised = with_columns(test, "Was", "Is")
    assert {row["Unit"] for row in revised} == {"Larch Ward"} and all(
        round(row["Is"] - row["Was"], 2) == 1 for row in revised
    )
    arrived = with_columns(test, "Rows accepted", "Files")
    assert arrived[0]["Files"] == "1 → 2"


@pytest.mark.parametrize("question", ["changes", "redefined", "arrived_between", "revised"])
def test_a_comparison_answers_those_in_scope_and_nobody_else(both, monkeypatch, question):
    monkeypatch.setenv("KINSHIP_HOME", str(both))
    later, earlier = warehouse.releases()
    asked = {"indicator": "sickness_rate"} if question == "revised" else {}
    assert warehouse.Pair(earlier, later, ("NHC",)).ask(question, **asked)
    assert warehouse.Pair(earlier, later, ()).ask(question, **asked) == []
    assert warehouse.Pair(earlier, later, ("nobody",)).ask(question, **asked) == []


def test_a_leader_of_one_division_learns_of_no_revision_in_another(both, monkeypatch):
    monkeypatch.setenv("KINSHIP_HOME", str(both))
    later, earlier = warehouse.releases()
    assert warehouse.Pair(earlier, later, ("AC",)).ask("revised", indicator="sickness_rate")
    assert warehouse.Pair(earlier, later, ("CC",)).ask("revised", indicator="sickness_rate") == []


def test_a_release_that_cannot_be_read_is_one_line_of_the_list(app_at, two_releases):
    (two_releases / "releases" / "2026-05-01a.duckdb").write_bytes(b"no database")
    test = app_at(two_releases)(RELEASES)
    assert "could not be drawn" not in words_on(test)
    assert "cannot be read" in {row["Built"] for row in with_columns(test, "Built")}


def test_going_back_only_says_which_release_is_current(app_at, two_releases):
    before = {path.name: path.read_bytes() for path in (two_releases / "releases").glob("*.duckdb")}
    test = app_at(two_releases)(RELEASES)
    test.button(key="roll_back").click().run(timeout=60)
    assert (two_releases / "releases" / "CURRENT").read_text(encoding="utf-8").strip() == EARLIER
    assert before == {path.name: path.read_bytes() for path in (two_releases / "releases").glob("*.duckdb")}
    assert "Somebody went back to it" in words_on(test)


def test_a_release_that_was_withdrawn_is_named_and_not_opened(app_at, two_releases):
    (two_releases / "releases" / "withdrawn.json").write_text(json.dumps({EARLIER: "2026-11-30"}))
    test = app_at(two_releases)(RELEASES)
    said = words_on(test)
    assert "1 release;" in said and "nothing to compare yet" in said and "no other release to go to" in said
    listed = {row["Release"]: row for row in with_columns(test, "Now", "Made by")}
    assert listed[EARLIER]["Now"] == "withdrawn 30 Nov 2026" and listed[EARLIER]["Built"] == "–"


def test_the_current_release_is_not_shown_once_it_is_withdrawn(app_at, two_releases):
    current = two_releases / "releases" / "CURRENT"
    (two_releases / "releases" / "withdrawn.json").write_text(json.dumps({current.read_text().strip(): "2026-11-30"}))
    assert "has been withdrawn" in words_on(app_at(two_releases)(QUALITY))
    current.unlink()
    said = words_on(app_at(two_releases)(QUALITY))
    assert "Every release has been withdrawn" in said and "Larch" not in said
    (two_releases / "releases" / "withdrawn.json").write_text("{")
    current.write_text(EARLIER)
    assert "withdrawn.json cannot be read" in words_on(app_at(two_releases)(QUALITY))


def test_quality_names_the_release_that_tells_too_much_and_what_to_do(app_at, two_releases):
    findings = two_releases / "releases" / "findings.json"
    findings.write_text(json.dumps({EARLIER: ["R8 time <b>"], "2026-01-01a": ["R6 audit"], "2026-01-01b": []}))
    (two_releases / "releases" / "withdrawn.json").write_text(json.dumps({"2026-01-01a": "2026-11-30"}))
    said = words_on(app_at(two_releases)(QUALITY))
    assert (
        f"Release {EARLIER} tells more than it should" in said
        and "R8 time" in said
        and "python -m etl withdraw" in said
    )
    assert "R6 audit" not in said and "2026-01-01b" not in said
    findings.write_text("[")
    assert "could not be drawn" not in words_on(app_at(two_releases)(QUALITY))


def test_few_rows_are_told_as_few(app_at, tmp_path):
    path = small_release.build(tmp_path)
    with duckdb.connect(str(path)) as con:
        con.execute(
            "UPDATE meta.source SET rows_read = NULL, rows_accepted = NULL, rows_quarantined = NULL WHERE source = 'rota'"
        )
        con.execute(
            "UPDATE meta.file SET rows_read = NULL, rows_accepted = NULL, rows_quarantined = NULL WHERE source = 'rota'"
        )
        con.execute("UPDATE meta.unknown_name SET rows = NULL WHERE name LIKE 'LARCH%'")
        con.execute("UPDATE meta.unknown_name SET rows = 7 WHERE name LIKE 'ZZ%'")  # as an older release has it
        con.execute("UPDATE meta.expectation SET unexpected = NULL WHERE status = 'failed' AND source = 'rota'")
        con.execute(
            "UPDATE meta.file SET set_aside = list_transform(set_aside, lambda r: {'heading': r.heading, 'reason': r.reason, 'rows': NULL})"
        )
    test = app_at(tmp_path)(QUALITY)
    assert "could not be drawn" not in words_on(test)
    [rota] = [row for row in with_columns(test, "Rows read", "Accepted") if row["Source"] == "Rota"]
    assert [rota[name] for name in ("Rows read", "Accepted", "Set aside")] == ["few"] * 3
    assert rota["Why set aside or left out"].startswith("few: ")
    assert {row["Rows"] for row in with_columns(test, "In", "Name", "Rows")} == {"few"}
    assert {row["Rows"] for row in with_columns(test, "Heading", "Reason")} == {"few"}
    assert "Every Unit is one we know: few rows." in words_on(test)
    for page in (RELEASES, pages.of("review").path, pages.of("indicator").path):
        assert "could not be drawn" not in words_on(app_at(tmp_path)(page))


def test_one_release_alone_has_nothing_to_be_compared_with(app):
    assert "There is nothing to compare yet" in words_on(app(RELEASES))


# ---- add a source ----------------------------------------------------------------------------------------------------

HEADINGS = ["Worker ref", "Full name", "Where", "Shift began", "Hours", "Kind of day"]
ROWS = [
    [f"W-{n % 23:06}", f"Ada Invented{'abcdefghijklmnopqrstuvw'[n % 23]}", f"Ward {n % 4}", f"{n % 28 + 1:02}/03/2026 07:30",
     f"{n % 9 + 3}.5", "Day" if n % 3 else "Night"]
    for n in range(120)
]  # fmt: skip


@pytest.fixture
def within_this_process(monkeypatch):
    """The engine answers here: a child would import it anew for every question, as it does in the journeys."""

    def run(verb: list[str], folder: str | None = None) -> subprocess.CompletedProcess:
        done = CliRunner().invoke(etl, verb, env={"KINSHIP_HOME": str(warehouse.home())})
        return subprocess.CompletedProcess(verb, done.exit_code, done.stdout, done.stderr)

    monkeypatch.setattr(engine_process, "_run", run)


@pytest.mark.usefixtures("within_this_process")
def test_an_analyst_adds_a_source_whose_headings_nobody_has_seen(app_at, tmp_path, monkeypatch):
    work, home = tmp_path / "work", tmp_path / "home"
    work.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(work))
    test = app_at(home)(SOURCES)
    test.file_uploader(key="source_sample").set_value(("a.csv", b"<html></html>", "text/csv"))
    said = words_on(test.run(timeout=120))
    assert "This cannot be taken as it is" in said and "web page" in said and "Traceback" not in said
    sample = ("weekly shifts 2026-03.csv", table(HEADINGS, ROWS).encode(), "text/csv")
    test.file_uploader(key="source_sample").set_value(sample)
    test.run(timeout=120)
    assert not test.exception
    rows = {row["Heading"]: row for row in with_columns(test, "What becomes of it")}
    assert rows["Worker ref"]["What becomes of it"] == "Person, kept as a hash"
    assert rows["Full name"]["What becomes of it"] == "Leave out"
    assert rows["Shift began"]["Read as"] == "date and time" and rows["Hours"]["Read as"] == "number"
    assert not [row for row in ROWS if row[0] in str(rows) or row[1] in str(rows)]

    test.text_input(key="source_owner").set_value("Nobody yet").run()
    test.radio(key="source_each").set_value("adds").run()
    test.button(key="source_next").click().run(timeout=180)
    assert "All 120 rows accepted" in words_on(test)
    kept = with_columns(test, "worker_ref")
    assert kept[0]["worker_ref"].startswith("person ") and kept[0]["hours"] == 3.5
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []  # nothing of a sample stays on the disk

    test.button(key="source_back").click().run(timeout=60)  # what was changed is there on coming back
    assert test.text_input(key="source_owner").value == "Nobody yet" and test.radio(key="source_each").value == "adds"
    test.button(key="source_next").click().run(timeout=180)
    test.button(key="source_next").click().run(timeout=60)
    contract = next(code.value for code in test.code if "headers:" in code.value)
    assert "owner: Nobody yet" in contract and "person: true" in contract and "Full name" not in contract
    here = dict(test.session_state[wizard.HELD])
    test.button(key="source_save").click().run(timeout=120)
    assert "is a source now" in words_on(test)
    assert sorted(path.name for path in (home / "expectations" / "weekly_shifts").iterdir()) == [
        "contract.yaml", "sample.csv", "suite.yaml",
    ]  # fmt: skip
    assert "bytes" not in test.session_state[wizard.HELD]

    test.session_state[wizard.HELD] = here | {"step": 1}
    test.run()
    test.button(key="source_again").click().run()
    assert "No sample yet" in words_on(test) and "bytes" not in test.session_state[wizard.HELD]


@pytest.mark.parametrize(
    ("given_name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("-rf.csv", "rf.csv"),
        ("a\x00b\n.csv", "a_b_.csv"),
        ("", "sample"),
        ("...", "sample"),
        ("rota[1]*.csv", "rota_1__.csv"),
    ],
)
def test_no_name_of_a_file_leads_anywhere(given_name, safe):
    assert engine_process.safe_name(given_name) == safe


def test_the_folder_downloads_as_a_zip_whose_names_stay_within_it():
    with zipfile.ZipFile(io.BytesIO(wizard.zipped("beds", {"contract.yaml": "a", "sample.csv": "b"}))) as archive:
        assert archive.namelist() == ["beds/contract.yaml", "beds/sample.csv"]


def test_the_key_of_the_grid_explains_every_sign_that_is_used():
    assert all(sign in coverage.KEY for sign in "●◉○✕–")
