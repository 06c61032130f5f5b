"""What is old goes, by the rules, and nothing that was told changes by it: to the cell, whenever it is cut off."""

import datetime as dt
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from etl import build as builder
from etl import retention
from etl.config import indicators, settings
from etl.paths import Workspace
from etl.release import publish, purged_counts
from tests.conftest import Engine

DAYS = """
title: Days worked
owner: x
file: days*
each_file: replaces_its_months
complete_after_days: 5
key: [person, day]
month_of: day
brings_teams: [{level: team, column: unit}, {level: organisation, unit: ORG}]
columns:
  unit: {headers: [Unit]}
  person: {headers: [Person], person: true}
  day: {headers: [Day], type: date, format: "%Y-%m-%d"}
  hours: {headers: [Hours], type: number}
"""
OFF = """
title: Days off
owner: x
file: off*
each_file: adds
complete_after_days: 5
key: [person, begun]
month_of: begun
until: ended
columns:
  unit: {headers: [Unit]}
  person: {headers: [Person], person: true}
  begun: {headers: [Begun], type: date, format: "%Y-%m-%d"}
  ended: {headers: [Ended], type: date, format: "%Y-%m-%d", optional: true}
"""
WORKED = """
    SELECT unit AS team, month, sum(hours) AS numerator, CAST(10 * count(DISTINCT person) AS DOUBLE) AS denominator,
        count(DISTINCT person) AS people, false AS published
    FROM source.days
    GROUP BY ALL
"""
YEAR_OFF = """
    WITH there AS (SELECT DISTINCT unit, month FROM source.days),
    days AS (SELECT unit, month, person FROM source.days)
    SELECT
        there.unit AS team,
        there.month,
        CAST(count(DISTINCT off.person) AS DOUBLE) AS numerator,
        CAST(count(DISTINCT days.person) AS DOUBLE) AS denominator,
        count(DISTINCT days.person) AS people,
        count(DISTINCT off.person) AS people_in_numerator,
        false AS published
    FROM there
    JOIN days ON days.unit = there.unit AND days.month BETWEEN there.month - INTERVAL 11 MONTH AND there.month
    LEFT JOIN source.off AS off
        ON off.unit = there.unit
        AND off.begun <= last_day(there.month)
        AND coalesce(off.ended, there.month) >= there.month - INTERVAL 11 MONTH
    GROUP BY ALL
"""
PEOPLE = {"Ash": 7, "Birch": 9, "Cedar": 24, "Elm": 41, "Fir": 30}
TODAY = dt.date.today()


def month(back: int) -> dt.date:
    return retention.month_before(TODAY, back)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Iterator[Engine]:
    """A small organisation of its own sources and indicators, with 40 months of people's rows, built."""
    load = indicators.load

    def own(folder):
        if folder.name != "indicators":
            return load(folder)
        every = load(folder)
        worked, year_off = vars(every["sickness_rate"]), vars(every["stress_share"])
        return {
            "worked": indicators.Indicator(**worked | {"indicator": "worked", "sql": WORKED}),
            "year_off": indicators.Indicator(**year_off | {"indicator": "year_off", "sql": YEAR_OFF, "part_of": ()}),
        }

    home = tmp_path_factory.mktemp("made") / "workspace"
    engine = Engine(home, Workspace(home))
    engine.workspace.make()
    for name, contract in {"days": DAYS, "off": OFF}.items():
        folder = engine.workspace.expectations / name
        folder.mkdir(parents=True)
        (folder / "contract.yaml").write_text(contract)
        (folder / "suite.yaml").write_text("expectations: []\n")
    drop(engine, 40, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(indicators, "load", own)
        assert engine.run("build").code == 0
        yield engine


def copied(engine: Engine, home: Path) -> Engine:
    shutil.copytree(engine.home, home)
    return Engine(home, Workspace(home))


@pytest.fixture
def told(made, tmp_path) -> Engine:
    """That organisation, to do with as one likes."""
    return copied(made, tmp_path / "workspace")


@pytest.fixture(scope="module")
def unpurged(made, tmp_path_factory) -> Engine:
    """That organisation a month later, with everything that it ever had."""
    return a_month_later(copied(made, tmp_path_factory.mktemp("unpurged") / "workspace"))


def a_month_later(engine: Engine) -> Engine:
    """New rows, and a late correction of what is still revised."""
    drop(engine, 2, 0, edited=1)
    assert engine.run("build").code == 0
    return engine


def drop(engine: Engine, first: int, last: int, edited: int = 0) -> None:
    """Files with the months from so many to so many months ago, a year a file as HR systems export them; those of absences
    each hold all there was."""
    for begins in range(first, last - 1, -12):
        months = range(begins, max(begins - 12, last - 1), -1)
        rows = [
            f"{unit},{unit}{n},{month(back) + dt.timedelta(days=n % 25)},{6 + (n * 7 + back * 3 + edited) % 5}"
            for unit, number in PEOPLE.items()
            for back in months
            for n in range(number)
            if unit != "Fir" or back < 30  # a team that came later
        ]
        engine.drop(f"days_{month(months[-1]):%Y-%m}.csv", "\n".join(["Unit,Person,Day,Hours", *rows]) + "\n")
        off = []
        for unit, number in PEOPLE.items():
            for n in range(0, number, 3):
                begun = month(first - n % 30)
                ended = month(first - n % 30 - 2) if n % 30 + 2 < first - months[-1] else ""
                off.append(f"{unit},{unit}{n},{begun},{ended if n % 9 else ''}")
        engine.drop(f"off_{month(months[-1]):%Y-%m}.csv", "\n".join(["Unit,Person,Begun,Ended", *off]) + "\n")
    for path in engine.workspace.inbox.iterdir():
        os.utime(path, None)  # extracts of today: their months are settled


ONLY_OF_ITS_OWN = {"meta.release": "release, built_at, inputs", "meta.file": "arrived"}


def everything(engine: Engine) -> dict[str, list[tuple]]:
    """Every row of every table of the current release, but for its name and the times of its making."""
    release = publish.current(engine.workspace)
    with duckdb.connect(str(engine.workspace.releases / f"{release}.duckdb"), read_only=True) as con:
        tables = con.execute("SELECT schema_name || '.' || table_name FROM duckdb_tables() ORDER BY 1").fetchall()
        found = {}
        for (table,) in tables:
            but = f"EXCLUDE ({ONLY_OF_ITS_OWN[table]})" if table in ONLY_OF_ITS_OWN else ""
            found[table] = con.execute(f"SELECT * {but} FROM {table} ORDER BY ALL").fetchall()
    return found


def same(one: Engine, other: Engine) -> None:
    mine, theirs = everything(one), everything(other)
    assert mine.keys() == theirs.keys()
    assert {table: len(rows) for table, rows in mine.items()} == {table: len(rows) for table, rows in theirs.items()}
    for table, rows in mine.items():
        assert str(rows) == str(theirs[table]), table  # as text: no data is not equal to itself


def rows_of_people(engine: Engine) -> dict[str, tuple]:
    """Of each source the first month that its accepted rows hold, and how many there are."""
    asked = "SELECT min(month), count(*) FROM read_parquet('{}')"
    with duckdb.connect() as con:
        return {
            name: con.execute(asked.format(engine.workspace.store / name / "*.parquet")).fetchone()
            for name in ("days", "off")
        }


def test_what_was_told_is_told_again_once_the_rows_are_gone(told, unpurged, made):
    purged, before = told, rows_of_people(told)
    assert before["days"][0] == month(40)
    said = purged.run("purge")
    assert said.code == 0 and f"rows about people from before {month(24):%B %Y}" in said.said
    after = rows_of_people(purged)
    assert after["days"][0] == month(24) and after["days"][1] < before["days"][1]
    assert after["off"][1] > 0 and after["off"][0] < month(24), "who is still off is kept"
    assert purged.run("build").said.startswith("Nothing has changed")

    same(unpurged, a_month_later(purged))
    shown = purged.ask("SELECT indicator, min(month) FROM mart.value WHERE shown = 'yes' GROUP BY ALL ORDER BY ALL")
    assert shown[0] == ("worked", month(40)) and shown[1][1] < month(24), "what is gone is still told"
    assert purged.run("check", "--attack").code == 0
    assert purged.run("rollback").code == 0
    same(made, purged)


def test_the_second_time_there_is_nothing_to_purge(told):
    assert "Removed" in told.run("purge").said
    stands = snapshot(told)
    assert told.run("purge").said == "There is nothing to purge.\n"
    assert snapshot(told) == stands


def snapshot(engine: Engine) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in engine.home.rglob("[!.]*") if path.is_file()}


def test_a_dry_run_says_the_same_and_throws_nothing_away(told):
    stands = snapshot(told)
    would = told.run("purge", "--dry-run")
    assert would.code == 0 and would.said.startswith("Would remove ")
    assert snapshot(told) == stands
    assert told.run("purge").said == would.said.replace("Would remove", "Removed")


class Killed(BaseException):
    """As though the machine had been switched off."""


@pytest.mark.parametrize("cut_off", ["while it counts", "between two files"])
def test_a_purge_that_was_cut_off_is_mended_by_the_next(told, unpurged, monkeypatch, cut_off):
    purged, write, gone = told, retention._Without.write, []

    def killed(*_):
        if cut_off == "between two files" and not gone:
            gone.append(write(*_))
            return
        raise Killed

    with monkeypatch.context() as patch:
        if cut_off == "while it counts":
            patch.setattr(purged_counts, "_on_the_disk", killed)
        else:
            patch.setattr(retention._Without, "write", killed)
        with pytest.raises(Killed):
            purged.run("purge")
    same(unpurged, a_month_later(purged))
    assert purged.run("purge").code == 0
    assert rows_of_people(purged)["days"][0] == month(24)
    assert purged.run("purge").said == "There is nothing to purge.\n"


def test_a_row_that_was_corrected_does_not_come_back_as_it_was(told):
    """The older file says still off, the newer one that it ended long ago: with the newer alone gone, it would begin anew."""
    row = f"Unit,Person,Begun,Ended\nElm,Elm40,{month(36)},{{}}\n"
    for name, ended in {"off_at_first.csv": "", "off_since.csv": month(34)}.items():
        told.drop(name, row.format(ended))
        os.utime(told.workspace.inbox / name, None)
    assert told.run("build").code == 0

    def versions() -> int:
        with duckdb.connect() as con:
            files = str(told.workspace.store / "off" / "*.parquet")
            asked = f"SELECT count(*) FROM read_parquet('{files}') WHERE begun = ? AND unit = 'Elm' AND coalesce(ended, ?) = ?"
            return con.execute(asked, [month(36), month(34), month(34)]).fetchone()[0]

    before = versions()
    assert told.run("purge").code == 0
    assert (before, versions()) == (2, 0)


def test_what_no_release_has_told_is_not_purged(told):
    note = told.workspace.releases / "last_build.json"
    said = json.loads(note.read_text())
    note.write_text(json.dumps(said | {"outcome": "failed"}))
    refused = told.run("purge")
    assert refused.code == 1 and "build` first" in refused.said
    note.write_text(json.dumps(said | {"finished": "2020-01-01T00:00:00+00:00"}))
    refused = told.run("purge")
    assert refused.code == 1 and "no release has told of yet" in refused.said
    assert rows_of_people(told)["days"][0] == month(40)


def test_originals_go_when_they_stand_in_the_store_and_never_before(told):
    inbox = told.workspace.inbox
    assert "inbox" not in told.run("purge").said, "they are not ninety days old"
    told.workspace.settings.write_text("retention: {inbox_days: 0}\n")
    told.drop("days_broken.csv", "Unit,Person\n")
    told.run("build")
    told.drop("days_new.csv", f"Unit,Person,Day,Hours\nElm,Elm1,{TODAY},7\n")
    told.drop("of_nobody.csv", "a,b\n1,2\n")
    changed = next(path for path in inbox.iterdir() if path.name.startswith("days_20"))
    os.utime(changed, (time.time() + 5, time.time() + 5))  # it came again since
    said = told.run("purge").said
    assert "originals from the inbox, which stand in the store" in said and "1 refused file from the inbox" in said
    assert {path.name for path in inbox.iterdir()} == {"days_new.csv", "of_nobody.csv", changed.name}
    before = told.ask("SELECT count(*) FROM mart.value WHERE shown = 'yes'")
    assert told.run("build").code == 3
    assert told.ask("SELECT count(*) FROM mart.value WHERE shown = 'yes'")[0][0] >= before[0][0]


def test_old_releases_go_and_what_is_current_compared_or_rolled_back_stays(engine):
    names = [f"{year}-{month:02}-{day:02}a" for year in range(2017, 2027) for month in (3, 9) for day in (2, 20)]
    for name in names:
        (engine.workspace.releases / f"{name}.duckdb").touch()
    rules = settings.Retention(releases=3)
    publish.point_at(engine.workspace, "2017-09-02a")
    (engine.workspace.releases / "ROLLED_BACK").write_text("2026-09-20a\n")
    retention._releases(engine.workspace, rules, dt.date(2026, 11, 23)).go()
    left = publish.releases(engine.workspace)
    assert left[:2] == ["2017-03-20a", "2017-09-02a"], "the current one, and the one before it"
    assert left[-3:] == ["2026-03-20a", "2026-09-02a", "2026-09-20a"], "the newest"
    assert left[2:-3] == [name for name in names if name.endswith("-20a") and "2020" <= name < "2026"], "a month's last"


def test_old_audits_and_packs_go_and_whatever_else_lies_there_stays(engine):
    audit, packs = engine.home / "audit", engine.home / "packs"
    audit.mkdir()
    packs.mkdir()
    for name in ("2025-10.jsonl", "2025-11.jsonl", "2026-11.jsonl", "notes.txt"):
        (audit / name).touch()
    for name in ("review, ORG, 2018-01, 2018-02-03a.pdf", "review, ORG, 2026-01, 2026-02-03ab.xlsx", "mine.pdf"):
        (packs / name).touch()
    today, rules = dt.date(2026, 11, 23), settings.Retention()
    for some in (retention._audits, retention._packs):
        some(engine.workspace, rules, today).go()
    assert sorted(path.name for path in audit.iterdir()) == ["2025-11.jsonl", "2026-11.jsonl", "notes.txt"]
    assert sorted(path.name for path in packs.iterdir()) == ["mine.pdf", "review, ORG, 2026-01, 2026-02-03ab.xlsx"]


def test_a_purge_waits_for_a_build_and_says_so(engine):
    said: list[str] = []
    with builder.alone(engine.workspace, said.append):
        waiting = threading.Thread(target=lambda: said.append(engine.run("purge").said))
        waiting.start()
        waiting.join(timeout=0.5)
        assert waiting.is_alive() and said == []
    waiting.join(timeout=10)
    assert said == [
        "Another build of this workspace is running; waiting for it to finish.\nThere is nothing to purge.\n"
    ]


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("retention: 24", "not a record"),
        ("retention: {for_ever: 1}", "may say inbox_days"),
        ("retention: {person_months: 0}", "person_months is 0"),
        ("retention: {releases: many}", "releases is 'many'"),
    ],
)
def test_rules_that_mean_nothing_purge_nothing(engine, written, wrong):
    engine.workspace.settings.write_text(written)
    refused = engine.run("purge")
    assert refused.code == 1 and wrong in refused.said


def test_a_store_whose_contract_is_gone_is_named(told):
    shutil.rmtree(told.workspace.expectations / "off")
    assert "store/off holds rows of a source that has no contract" in told.run("purge", "--dry-run").said
