"""What is remembered of people from release to release, what settings may change of it, and what a release may hold at all."""

import datetime as dt

import duckdb
import pytest

from etl.config.settings import BadSettings, DisclosureRules, read
from etl.disclosure import memory
from etl.disclosure.survey import Wave, told_to
from etl.paths import SQL
from etl.release import publish

CONTRACT = """
title: Days
owner: x
file: days*
each_file: replaces_its_months
complete_after_days: 10
key: [unit, month_start]
month_of: month_start
brings_teams: [{level: team, column: unit}, {level: organisation, unit: ORG}]
columns:
  unit: {headers: [Unit]}
  month_start: {headers: [Month], type: date, format: "%Y-%m-%d"}
  lost: {headers: [Lost], type: number}
  people: {headers: [People], type: whole_number}
"""
PEOPLE = {"Ash": 8, "Birch": 9, "Cedar": 30, "Elm": 40}


@pytest.fixture
def days(engine, source, monkeypatch):
    """Drops days lost by team and month, which one indicator of the test's own counts."""
    from etl.config import indicators

    source("days", CONTRACT)
    load = indicators.load
    sql = "SELECT unit AS team, month, lost AS numerator, 30 * people AS denominator, people, false AS published FROM source.days"

    def with_days(folder):
        if folder.name != "indicators":
            return load(folder)
        [rate] = [each for name, each in load(folder).items() if name == "sickness_rate"]
        return {"days": indicators.Indicator(**vars(rate) | {"indicator": "days", "sql": sql})}

    monkeypatch.setattr(indicators, "load", with_days)

    def drop(*months: int, people=PEOPLE, lost=60):
        rows = [f"{unit},2025-{m:02}-01,{lost + m},{number}" for unit, number in people.items() for m in months]
        engine.drop("days.csv", "\n".join(["Unit,Month,Lost,People", *rows]) + "\n")

    return drop


def remembered(engine) -> dict[str, int]:
    return {
        path.stem: duckdb.read_parquet(str(path)).count("*").fetchall()[0][0]
        for path in sorted(engine.workspace.protection.glob("*.parquet"))
    }


def test_small_teams_are_shown_together_and_it_is_remembered(engine, days):
    days(1, 2)
    assert engine.run("build").code == 0
    assert engine.value("days", "Ash", "2025-02-01") == (None, "protected")
    assert engine.value("days", "smaller:ORG", "2025-02-01") == (24.3, "yes")
    assert engine.value("days", "Elm", "2025-02-01")[1] == "yes"
    assert engine.ask("SELECT title FROM meta.unit WHERE unit = 'smaller:ORG'") == [("Smaller teams in ORG",)]
    assert engine.ask("SELECT level, figures, shown, pooled, hidden FROM meta.disclosure ORDER BY level") == [
        ("organisation", 2, 2, 0, 0),
        ("team", 8, 4, 4, 0),
    ]
    assert list(remembered(engine).values()) == [12]
    assert engine.run("check", "--attack").code == 0


def test_a_month_that_is_frozen_stays_and_a_new_one_is_added(engine, days):
    days(1, 2)
    engine.run("build")
    before = engine.value("days", "Elm", "2025-01-01")
    days(1, 2, 3, lost=70)
    assert engine.run("build").code == 0
    assert engine.value("days", "Elm", "2025-01-01") == before, "long frozen"
    assert engine.value("days", "Elm", "2025-03-01") == (6.1, "yes")


@pytest.mark.parametrize("cut_off", ["before the release stands", "after the release stands"])
def test_what_a_build_decided_counts_if_and_only_if_its_release_stands(engine, days, monkeypatch, cut_off):
    days(1, 2)
    with monkeypatch.context() as patch:

        def stop(*_):
            raise publish.FailedCheck("stopped")

        if cut_off == "before the release stands":
            patch.setattr(publish, "check", stop)
        else:
            patch.setattr(memory, "keep_promises", lambda workspace: None)
            patch.setattr(publish, "point_at", stop)
        assert engine.run("build").code == 1
    assert remembered(engine) == {}
    assert len(list(engine.workspace.protection.glob("*.promised"))) == 1
    days(1, 2, lost=70)
    assert engine.run("build").code == 0
    lost = {"before the release stands": 72, "after the release stands": 62}[cut_off]
    assert engine.value("days", "Elm", "2025-02-01")[0] == pytest.approx(100 * lost / 1200, abs=0.05)
    assert len(remembered(engine)) == (1 if cut_off.startswith("before") else 2)
    assert not list(engine.workspace.protection.glob("*.promised"))


def test_a_release_keeps_its_name_when_its_file_is_gone(engine, days):
    days(1)
    engine.run("build")
    [first] = remembered(engine)
    (engine.workspace.releases / f"{first}.duckdb").unlink()
    days(1, 2)
    assert engine.run("build").code == 0
    assert sorted(remembered(engine)) == [first, first[:-1] + "b"]


def test_a_release_of_which_nothing_is_remembered_stops_the_next(engine, days):
    days(1)
    engine.run("build")
    [first] = remembered(engine)
    (engine.workspace.protection / f"{first}.parquet").unlink()
    days(1, 2)
    built = engine.run("build")
    assert built.code == 1 and f"Release {first} tells of people" in built.said
    assert engine.workspace.current.read_text().strip() == first


def test_loosened_rules_make_a_new_release_and_are_said_in_it(engine, days):
    days(1)
    engine.run("build")
    assert engine.run("build").said.startswith("Nothing has changed")
    engine.workspace.settings.write_text("disclosure: {min_num: 3, restate: [2025-01]}\n", encoding="utf-8")
    assert "Published" in engine.run("build").said
    assert engine.ask("FROM meta.setting ORDER BY ALL") == [("min_num", "3", "5"), ("restate", "2025-01", "none")]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("disclosure: 11", "disclosure is not a record of parameters"),
        ("disclosure: {k: 11}", "disclosure says k, which means nothing here; it may say k_people"),
        ("disclosure: {k_people: many}", "disclosure, k_people is 'many'; write a whole number from 1."),
        ("disclosure: {min_num: 0}", "disclosure, min_num is 0; write a whole number from 1."),
        ("disclosure: {min_num: true}", "disclosure, min_num is True"),
        ("disclosure: {leaver_points: 70}", "disclosure, leaver_points is 70; write a number from 1 to 50."),
        ("disclosure: {restate: soon}", "disclosure, restate is 'soon'; write a list of months"),
    ],
)
def test_settings_that_mean_nothing_are_refused_in_a_sentence(engine, said, sentence):
    engine.workspace.settings.write_text(said, encoding="utf-8")
    with pytest.raises(BadSettings, match=sentence.replace("[", r"\[")):
        read(engine.workspace)


def test_settings_are_read(engine):
    engine.workspace.settings.write_text("disclosure: {k_people: 15, restate: [2025-03, 2025-01-01]}", encoding="utf-8")
    rules = read(engine.workspace).disclosure
    assert rules == DisclosureRules(k_people=15, restate=(dt.date(2025, 1, 1), dt.date(2025, 3, 1)))


def test_a_wave_is_told_once_it_has_closed_and_holds_back_later_ones_while_it_is_open():
    march, may = Wave(dt.date(2025, 3, 1), dt.date(2025, 4, 10)), Wave(dt.date(2025, 5, 1), dt.date(2025, 5, 20))
    assert told_to([march, may], dt.date(2025, 4, 10)) is None
    assert told_to([may, march], dt.date(2025, 4, 11)) == dt.date(2025, 3, 31)
    assert told_to([march, may], dt.date(2025, 5, 21)) == dt.date(2025, 5, 31)
    late = Wave(dt.date(2025, 3, 1), dt.date(2025, 6, 30))
    assert told_to([late, may], dt.date(2025, 6, 1)) is None


# Every column of a release, and what it may hold. Rows about people have no place here: whoever adds a column says so here.
ALLOWED = {
    "mart.answer": "survey wave unit construct answer share",
    "mart.frame": "unit wave frame pressure kindness chance from_month to_month because",
    "mart.lead": "outcome lag correlation low high",
    "mart.lead_reading": "outcome reading lag team_count points",
    "mart.prime": "unit indicator month method centre lower upper",
    "mart.signal": (
        "unit indicator month mean lower upper segment fixed_after target rule moved verdict since months one_side assurance "
        "limits"
    ),
    "mart.score": "unit indicator wave few benchmark stands before moved moved_low moved_high called",
    "mart.shared": "indicator month moved",
    "mart.strain": "unit month verdict since because",
    "mart.survey_result": "survey unit month question value answered",
    "mart.value": "unit indicator month numerator denominator value low high people_band shown settled",
    "mart.wave": "unit wave survey opened closed response caution",
    "meta.agreement": "month kind what why people looked_at",
    "meta.coverage": "source unit month state",
    "meta.disclosure": "family kind level figures shown pooled hidden",
    "meta.event": "unit month kind what",
    "meta.expectation": "source file expectation about severity status unexpected why",
    "meta.file": (
        "source file arrived outcome sentence rows_read rows_accepted rows_quarantined rows_left_out from_month to_month "
        "replaced set_aside"
    ),
    "meta.indicator": (
        "indicator title family definition why_it_matters caveats unit scale better window levels refresh disclosure evidence "
        "owner next_review status front place beside settled_to sources sql harder hindrance could_help help lever lever_is "
        "counts part_of told_in"
    ),
    "meta.fact": "fact reads sql",
    "meta.unit_name": "system name unit",
    "meta.pool": "family kind indicators unit pool from_month to_month",
    "meta.question": "survey question place wording indicator reversed",
    "meta.release": "release built_at as_of engine version format profile settled_to synthetic inputs",
    "meta.setting": "setting value default_value",
    "meta.source": (
        "source title owner settled_to files rows_read rows_accepted rows_quarantined rows_left_out complete_after_days "
        "published"
    ),
    "meta.survey": "survey kind title validated note",
    "meta.unit": "unit title level parent from_month to_month",
    "meta.unknown_name": "source name rows",
}


def test_a_release_has_these_columns_and_no_other():
    with duckdb.connect() as con:
        con.execute((SQL / "release.sql").read_text(encoding="utf-8"))
        found = con.execute("""
            SELECT schema_name || '.' || table_name, string_agg(column_name, ' ' ORDER BY column_index)
            FROM duckdb_columns()
            WHERE schema_name IN ('mart', 'meta')
            GROUP BY 1
        """).fetchall()
    assert dict(found) == ALLOWED
