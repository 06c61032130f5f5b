"""Local times become UTC by Python's own rules of the time zone, whatever the machine's; today is the workspace's."""

import datetime as dt
import os
import time
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.config import settings as settings_file
from etl.config.settings import BadSettings
from etl.intake import utc
from etl.paths import Workspace
from etl.store.receipts import read_receipts

ZONES = ["Europe/London", "Europe/Lisbon", "Australia/Lord_Howe", "UTC", "America/New_York", "Pacific/Apia"]
WARDS = """
title: Wards
owner: x
file: wards*
published: true
each_file: replaces_all
key: [unit]
columns:
  unit: {headers: [Unit]}
  opened: {headers: [Opened], type: timestamp, format: "%d/%m/%Y %H:%M", optional: true}
"""


def in_utc(zone: str, moments: list[dt.datetime]) -> list[dt.datetime]:
    with duckdb.connect() as con:
        con.execute("CREATE TABLE clock (offsets BIGINT[], ends BIGINT[])")
        con.execute("INSERT INTO clock VALUES (?, ?)", utc.turns(zone))
        con.execute("CREATE TABLE given AS SELECT unnest($1::TIMESTAMP[]) AS moment", [moments])
        told = con.execute(f"SELECT {utc.utc_sql('moment', 'offsets', 'ends')} FROM given, clock").fetchall()
        return [utc for (utc,) in told]


def as_python_has_it(zone: str, moment: dt.datetime) -> dt.datetime:
    return moment.replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC).replace(tzinfo=None)


# A cell has no fold: of a time that stands twice the first is meant (below).
MOMENTS = st.datetimes(dt.datetime(1900, 1, 2), dt.datetime(2199, 12, 30)).map(lambda moment: moment.replace(fold=0))


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=20, deadline=None)
@given(moments=st.lists(MOMENTS, min_size=1, max_size=40))
def test_a_local_time_is_the_utc_that_python_has(zone, moments):
    assert in_utc(zone, moments) == [as_python_has_it(zone, moment) for moment in moments]


@pytest.mark.parametrize("zone", ZONES)
def test_around_every_turn_of_the_clock_it_is_so_too(zone):
    offsets, ends = utc.turns(zone)
    turns = [end for week, end in enumerate(ends[:-1]) if offsets[week] != offsets[week + 1]]
    assert turns or zone == "UTC"
    seconds = (-7200, -3600, -1800, -1, 0, 1, 1799, 1800, 3599, 3600, 7200)
    moments = [utc.EPOCH + dt.timedelta(microseconds=end, seconds=second) for end in turns for second in seconds]
    moments = [moment for moment in moments if dt.datetime(1900, 1, 2) < moment < dt.datetime(2199, 12, 30)]
    if moments:
        assert in_utc(zone, moments) == [as_python_has_it(zone, moment) for moment in moments]


def test_of_a_time_that_stands_twice_the_first_is_meant():
    twice, never = dt.datetime(2025, 10, 26, 1, 30), dt.datetime(2025, 3, 30, 1, 30)
    assert in_utc("Europe/London", [twice, never]) == [
        dt.datetime(2025, 10, 26, 0, 30),
        dt.datetime(2025, 3, 30, 1, 30),
    ]


# ---- in a workspace ------------------------------------------------------------------------------------------------


@pytest.fixture
def machine_in(monkeypatch):
    """Puts the machine into a time zone."""

    def put(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield put
    monkeypatch.undo()
    time.tzset()


def opened(engine) -> list[tuple]:
    [receipt] = read_receipts(engine.workspace, "wards")
    path = receipt.path(engine.workspace, "parquet")
    return duckdb.execute("SELECT opened, opened_utc FROM read_parquet(?) ORDER BY ALL", [str(path)]).fetchall()


@pytest.mark.parametrize("machine", ["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_the_machines_own_time_zone_makes_no_difference(engine, source, machine_in, machine):
    machine_in(machine)
    source("wards", WARDS)
    path = engine.drop("wards.csv", "Unit,Opened\nElm,01/07/2025 09:00\nOak,01/12/2025 09:00\nAsh,\n")
    late = dt.datetime(2025, 6, 30, 23, 30, tzinfo=dt.UTC).timestamp()  # past midnight in London
    os.utime(path, (late, late))
    engine.run("build")
    july, december = dt.datetime(2025, 7, 1, 9), dt.datetime(2025, 12, 1, 9)
    assert opened(engine) == [(july, july - dt.timedelta(hours=1)), (december, december), (None, None)]
    assert read_receipts(engine.workspace, "wards")[0].extracted_on == "2025-07-01"


def test_another_time_zone_reads_the_files_with_moments_anew(engine, source):
    source("wards", WARDS)
    engine.drop("wards.csv", "Unit,Opened\nElm,01/07/2025 09:00\n")
    engine.run("build")
    engine.workspace.settings.write_text("timezone: Europe/Lisbon\n")
    assert "wards.csv: All 1 rows accepted" in engine.run("build").said
    engine.workspace.settings.write_text("timezone: America/New_York\n")
    engine.run("build")
    assert opened(engine) == [(dt.datetime(2025, 7, 1, 9), dt.datetime(2025, 7, 1, 13))]


# ---- settings ------------------------------------------------------------------------------------------------------


def test_a_workspace_needs_no_settings(tmp_path):
    assert settings_file.read(Workspace(tmp_path)).timezone == "Europe/London"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            "timezone: Europe/Londn",
            "timezone is 'Europe/Londn', which is no time zone; write one such as Europe/London",
        ),
        ("timezone: ../../etc/passwd", "which is no time zone"),
        ("timezone: 3", "timezone is 3, which is no time zone"),
        ("timezone: [", "is not readable YAML"),
        ("- timezone", "is not a record of settings"),
        ("time_zone: UTC", "says time_zone, which means nothing here; it may say timezone"),
    ],
)
def test_what_is_wrong_in_the_settings_is_said_in_a_sentence(engine, said, sentence):
    engine.workspace.settings.write_text(said)
    with pytest.raises(BadSettings) as refused:
        settings_file.read(engine.workspace)
    assert sentence in str(refused.value) and str(refused.value).endswith(".")
    built = engine.run("build")
    assert built.code == 1 and sentence in built.said


def test_today_is_the_workspaces(monkeypatch):
    moment = dt.datetime(2025, 6, 30, 23, 30, tzinfo=dt.UTC)
    days = {
        zone: settings_file.Settings(zone).day_of(moment).day for zone in ("Europe/London", "UTC", "America/New_York")
    }
    assert days == {"Europe/London": 1, "UTC": 30, "America/New_York": 30}
