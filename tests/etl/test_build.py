"""From inbox to release: what is counted, what is replaced, what is settled, and how to go back."""

import datetime as dt
import os
import tempfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.config.contracts import Column, Contract
from etl.paths import Workspace
from etl.release.sources import lay_out_sources
from etl.store.current_files import parts, settled_together
from etl.store.hierarchy import Organisation
from etl.store.receipts import Receipt
from tests.conftest import sickness, sickness_row, staffing, staffing_row

MAY, JUNE = dt.date(2026, 5, 31), dt.date(2026, 6, 30)
MONTHS = [dt.date(2026, month, 1) for month in (1, 2, 3)]


def test_a_build_publishes_what_arrived(engine):
    engine.drop("sickness_return.csv", sickness(sickness_row("ABC", 50, 1000), sickness_row("DEF", 10, 500)))
    built = engine.run("build")
    assert built.code == 0 and "Published release" in built.said
    assert engine.value("sickness_rate", "ABC", "2023-01-01") == (5.0, "yes")
    assert engine.value("sickness_rate", "Q1", "2023-01-01") == (4.0, "yes")
    assert engine.value("sickness_rate", "England", "2023-01-01") == (4.0, "yes")


def test_rates_are_never_averaged(engine):
    engine.drop("sickness_return.csv", sickness(sickness_row("ABC", 10, 100), sickness_row("DEF", 0, 900)))
    engine.run("build")
    assert engine.value("sickness_rate", "England", "2023-01-01") == (1.0, "yes")


def test_an_organisation_is_its_total_row_and_not_the_sum_of_its_parts(engine):
    parts = [sickness_row("ABC", 7, 70, group="Nurses"), sickness_row("ABC", 9, 90, group="Doctors")]
    engine.drop("sickness_return.csv", sickness(sickness_row("ABC", 50, 1000), *parts))
    engine.run("build")
    assert engine.value("sickness_rate", "ABC", "2023-01-01") == (5.0, "yes")
    assert engine.file("sickness_return.csv")["rows_accepted"] == 3


def test_a_blank_is_no_data_and_not_zero(engine):
    engine.drop("sickness_return.csv", sickness(sickness_row("ABC", "", ""), sickness_row("DEF", 10, 500)))
    engine.run("build")
    assert engine.value("sickness_rate", "ABC", "2023-01-01") == (None, "no_data")
    assert engine.value("sickness_rate", "England", "2023-01-01") == (2.0, "yes")


def test_half_a_figure_is_no_data_and_adds_nothing_above(engine):
    engine.drop("sickness_return.csv", sickness(sickness_row("ABC", "", 9000), sickness_row("DEF", 10, 500)))
    engine.run("build")
    assert engine.value("sickness_rate", "England", "2023-01-01") == (2.0, "yes")


def test_nothing_planned_and_nothing_worked_is_no_data(engine):
    engine.drop("staffing_return.csv", staffing(staffing_row("Admin", hours=[0] * 8, patients=0), staffing_row()))
    engine.run("build")
    assert engine.value("fill_rate", "Admin", "2023-01-01") == (None, "no_data")
    assert engine.value("fill_rate", "Larch Ward", "2023-01-01") == (93.7, "yes")


def test_patient_days_count_only_units_with_patients(engine):
    engine.drop("staffing_return.csv", staffing(staffing_row(patients=100), staffing_row("Clinic", patients=0)))
    engine.run("build")
    assert engine.value("chppd", "Larch Ward", "2023-01-01") == (2.53, "yes")
    assert engine.value("chppd", "RPA", "2023-01-01") == (2.53, "yes")
    assert engine.value("chppd", "Clinic", "2023-01-01") == (None, "not_collected")


def test_a_month_between_two_others_without_a_row_is_no_data(engine):
    engine.drop("staffing_return.csv", staffing(staffing_row(month="01/01/2023"), staffing_row(month="01/03/2023")))
    engine.run("build")
    assert engine.value("fill_rate", "Larch Ward", "2023-02-01") == (None, "no_data")


def test_figures_rise_no_higher_than_the_top_of_their_source(engine):
    engine.drop("sickness_return.csv", sickness(sickness_row("RPA", 50, 1000)))
    engine.drop("staffing_return.csv", staffing(staffing_row()))
    engine.run("build")
    assert engine.value("fill_rate", "RPA", "2023-01-01") == (93.7, "yes")
    assert engine.value("fill_rate", "Q1", "2023-01-01") == (None, "not_collected")
    assert engine.ask("SELECT parent FROM meta.unit WHERE unit = 'RPA'") == [("Q1",)]


def test_equal_repeats_count_once_and_conflicting_ones_not_at_all(engine):
    equal = [staffing_row("Elm", division="Adult"), staffing_row("Elm", division="Surgery")]
    differ = [staffing_row("Oak", patients=300), staffing_row("Oak", patients=301)]
    engine.drop("staffing_return.csv", staffing(*equal, *differ, staffing_row()))
    engine.run("build")
    file = engine.file("staffing_return.csv")
    assert (file["rows_read"], file["rows_accepted"], file["rows_quarantined"], file["rows_left_out"]) == (5, 2, 2, 1)
    assert engine.value("fill_rate", "Elm", "2023-01-01") == (93.7, "yes")
    assert engine.value("fill_rate", "Oak", "2023-01-01") == (None, "no row")
    assert engine.ask("SELECT parent FROM meta.unit WHERE unit = 'Elm'") == [("Adult",)]


def test_the_same_file_twice_changes_nothing(engine):
    text = sickness(sickness_row())
    engine.drop("sickness_return.csv", text)
    engine.run("build")
    first = engine.workspace.current.read_text()
    engine.drop("sickness_return_again.csv", text)
    again = engine.run("build")
    assert again.code == 0 and "Nothing has changed" in again.said
    assert engine.workspace.current.read_text() == first
    assert len(list(engine.workspace.releases.glob("*.duckdb"))) == 1


def test_a_corrected_file_replaces_its_months_and_clears_its_quarantine(engine):
    engine.drop("sickness_return.csv", sickness(sickness_row("ABC", 50, 1000), sickness_row("DEF", "n/a", 500)))
    engine.run("build")
    assert engine.ask("SELECT rows_quarantined FROM meta.source WHERE source = 'sickness_return'") == [(1,)]
    engine.drop("sickness_return.csv", sickness(sickness_row("ABC", 60, 1000), sickness_row("DEF", 10, 500)))
    engine.run("build")
    assert engine.value("sickness_rate", "ABC", "2023-01-01") == (6.0, "yes")
    assert engine.value("sickness_rate", "DEF", "2023-01-01") == (2.0, "yes")
    assert engine.ask(
        "SELECT files, rows_read, rows_quarantined FROM meta.source WHERE source = 'sickness_return'"
    ) == [(1, 2, 0)]
    assert engine.ask("SELECT replaced FROM meta.file ORDER BY arrived") == [(True,), (False,)]


def test_a_file_replaces_only_the_months_it_covers(engine):
    january, february = sickness_row("ABC", 50, 1000), sickness_row("ABC", 40, 1000, date="28/02/2023")
    engine.drop("sickness_return_1.csv", sickness(january, february))
    engine.drop("sickness_return_2.csv", sickness(sickness_row("ABC", 70, 1000, date="28/02/2023")))
    engine.run("build")
    assert engine.value("sickness_rate", "ABC", "2023-01-01") == (5.0, "yes")
    assert engine.value("sickness_rate", "ABC", "2023-02-01") == (7.0, "yes")
    assert engine.ask("SELECT files FROM meta.source WHERE source = 'sickness_return'") == [(2,)]


def test_a_file_whose_months_were_all_set_aside_does_not_take_the_place_of_a_good_one(engine):
    engine.drop("sickness_return_1.csv", sickness(sickness_row("ABC", 50, 1000)))
    engine.drop("sickness_return_2.csv", sickness(sickness_row("ABC", -1, 1000)))
    engine.run("build")
    assert engine.value("sickness_rate", "ABC", "2023-01-01") == (5.0, "yes")


def test_an_older_version_that_is_sent_again_is_the_latest_word(engine):
    first, second = sickness(sickness_row("ABC", 50, 1000)), sickness(sickness_row("ABC", 60, 1000))
    for text, rate in ((first, 5.0), (second, 6.0), (first, 5.0)):
        engine.drop("sickness_return.csv", text)
        engine.run("build")
        assert engine.value("sickness_rate", "ABC", "2023-01-01") == (rate, "yes")


def test_a_file_that_leaves_the_inbox_stays_in_the_store(engine):
    path = engine.drop("sickness_return.csv", sickness(sickness_row()))
    engine.run("build")
    path.unlink()
    assert "Nothing has changed" in engine.run("build").said
    engine.drop("staffing_return.csv", staffing(staffing_row()))
    engine.run("build")
    assert engine.value("sickness_rate", "ABC", "2023-01-01") == (5.0, "yes")


def test_a_refusal_is_forgotten_with_its_file(engine):
    engine.drop("sickness_return.csv", sickness(sickness_row()))
    bad = engine.drop("sickness_return_bad.csv", "")
    assert engine.run("build").code == 3
    bad.unlink()
    assert engine.run("build").code == 0
    assert engine.ask("SELECT count(*) FROM meta.file WHERE outcome = 'refused'") == [(0,)]


def test_a_changed_contract_takes_its_files_in_again(engine, source):
    contract = "title: Beds\nowner: x\nfile: beds*\npublished: true\neach_file: replaces_all\nkey: [unit]\n"
    contract += "columns:\n  unit: {headers: [Unit]}\n"
    source("beds", contract)
    engine.drop("beds.csv", "Unit,Beds\nElm,4\n")
    engine.drop("sickness_return.csv", sickness(sickness_row()))
    engine.run("build")
    source("beds", contract + "  beds: {headers: [Number of beds], type: number}\n")
    built = engine.run("build")
    assert built.code == 1 and "Number of beds" in built.said
    assert "would be without all accepted rows of Beds" in built.said
    assert engine.run("build", "--even-so").code == 3
    source("beds", contract + "  beds: {headers: [Beds], type: number}\n")
    assert engine.run("build").code == 0
    assert engine.file("beds.csv")["outcome"] == "accepted"


def test_months_settle_when_the_source_is_complete(engine):
    rows = [sickness_row("ABC", 50, 1000, date=date) for date in ("31/01/2023", "28/02/2023", "31/03/2023")]
    engine.drop("sickness_return.csv", sickness(*rows))
    engine.run("build", "--as-of", "2023-05-02")  # 63 days after February's end, 32 after March's
    settled = engine.ask(
        "SELECT month::VARCHAR, settled FROM mart.value WHERE indicator = 'sickness_rate' AND unit = 'ABC' ORDER BY month"
    )
    assert settled == [("2023-01-01", True), ("2023-02-01", True), ("2023-03-01", False)]
    assert engine.ask("SELECT settled_to::VARCHAR, as_of::VARCHAR FROM meta.release") == [("2023-02-28", "2023-05-02")]
    assert engine.ask("SELECT count(*) FROM mart.signal WHERE month = '2023-03-01'") == [(0,)]


def test_a_past_view_sees_no_later_month(engine):
    engine.drop("sickness_return.csv", sickness(*(sickness_row(date=date) for date in ("31/01/2023", "31/12/2023"))))
    engine.run("build", "--as-of", "2023-06-30")
    assert engine.ask("SELECT max(month)::VARCHAR FROM mart.value") == [("2023-01-01",)]


def test_an_extract_made_before_a_month_was_complete_does_not_settle_it(engine):
    path = engine.drop("sickness_return.csv", sickness(sickness_row(date="31/10/2023")))
    engine.run("build")  # the engine's clock writes files in November 2023
    assert engine.ask("SELECT settled_to FROM meta.release") == [(None,)]
    later = path.stat().st_mtime + 90 * 86400
    os.utime(path, (later, later))  # the same bytes, exported again three months later
    engine.run("build")
    assert engine.ask("SELECT settled_to::VARCHAR FROM meta.release") == [("2023-10-31",)]


def test_rollback_points_back_and_the_next_build_leaves_it_so(engine):
    engine.drop("sickness_return.csv", sickness(sickness_row("ABC", 50, 1000)))
    engine.run("build")
    first = engine.workspace.current.read_text()
    engine.drop("sickness_return.csv", sickness(sickness_row("ABC", 60, 1000)))
    engine.run("build")
    assert engine.run("rollback").code == 0
    assert engine.workspace.current.read_text() == first
    assert engine.value("sickness_rate", "ABC", "2023-01-01") == (5.0, "yes")
    nightly = engine.run("build")
    assert nightly.code == 0 and "rolled back" in nightly.said
    assert engine.workspace.current.read_text() == first
    history = engine.run("history").said
    assert first.strip() in history
    assert engine.run("rollback", "1999-01-01a").code == 1


def test_a_failed_check_publishes_nothing_and_says_why(engine, monkeypatch):
    from etl.disclosure import step

    engine.drop("sickness_return.csv", sickness(sickness_row("ABC", 50, 1000)))
    engine.run("build")
    first = engine.workspace.current.read_text()
    engine.drop("sickness_return.csv", sickness(sickness_row("ABC", 60, 1000)))
    sound = step._say_what_is_missing

    def leak(con):
        sound(con)
        con.execute("UPDATE value SET shown = 'protected'")  # hidden, and yet its number is left standing

    monkeypatch.setattr(step, "_say_what_is_missing", leak)
    built = engine.run("build")
    assert built.code == 1 and "hidden_is_null" in built.said
    assert engine.workspace.current.read_text() == first
    assert len(list(engine.workspace.releases.glob("*.duckdb"))) == 1
    assert '"failed"' in (engine.workspace.releases / "last_build.json").read_text()


def test_what_is_not_published_goes_through_the_disclosure_rules(engine, monkeypatch):
    from etl.config import indicators

    read = indicators.read_all

    def private(path):
        [indicator, *others] = read(path)
        if path.stem == "sickness_rate":
            ours = (
                "SELECT team, month, numerator, denominator, CASE team WHEN 'ABC' THEN 8 ELSE 20 END AS people, "
                f"false AS published FROM ({indicator.sql})"
            )
            object.__setattr__(indicator, "sql", ours)
        return [indicator, *others]

    monkeypatch.setattr(indicators, "read_all", private)
    rows = [sickness_row("ABC", 50, 1000), sickness_row("DEF", 60, 1000), sickness_row("GHI", 70, 1000)]
    engine.drop("sickness_return.csv", sickness(*rows))
    built = engine.run("build")
    assert built.code == 0, built.said
    assert engine.value("sickness_rate", "ABC", "2023-01-01") == (None, "protected")
    assert engine.value("sickness_rate", "GHI", "2023-01-01") == (7.0, "yes")
    assert engine.value("sickness_rate", "smaller:Q1", "2023-01-01") == (5.5, "yes")


def test_an_empty_workspace_says_what_to_do(engine):
    built = engine.run("build")
    assert built.code == 0 and "Nothing has been accepted yet" in built.said
    assert not engine.workspace.current.exists()
    assert "Nothing" in engine.run("history").said and "Nothing" in engine.run("receipts").said


def test_a_demonstration_says_so_and_keeps_away_from_real_extracts(organisation, engine):
    assert organisation.engine.ask("SELECT synthetic FROM meta.release") == [(True,)]
    engine.drop("sickness_return.csv", sickness(sickness_row()))
    refused = engine.run("demo")
    assert refused.code == 1 and "already holds extracts" in refused.said


def test_check_reads_everything_and_touches_no_data(engine, source):
    assert engine.run("check").code == 0
    source(
        "beds",
        "title: Beds\nowner: x\nfile: beds*\neach_file: adds\nkey: [unit]\ncolumns:\n  unit: {refers_to: nothing}\n",
    )
    bad = engine.run("check")
    assert bad.code == 1 and "refers to nothing" in bad.said


@pytest.mark.parametrize(
    ("ends", "together"),
    [([], None), ([MAY], MAY), ([MAY, JUNE], MAY), ([JUNE, None], None)],
)
def test_a_figure_of_several_sources_is_settled_no_further_than_the_least(ends, together):
    assert settled_together(ends) == together


# ---- several files of a source ---------------------------------------------------------------------------------------

a_file = st.dictionaries(
    st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from([None, 1, 2])),  # the key; half of it may be missing
    st.tuples(st.integers(0, 9), st.sampled_from(MONTHS)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(a_file, min_size=1, max_size=4), st.sampled_from(["adds", "replaces_its_months", "replaces_all"]))
def test_of_rows_that_share_a_key_the_latest_arrival_counts(files, each_file):
    columns = (
        Column("id", ("Id",)),
        Column("part", ("Part",), "whole_number"),
        Column("beds", ("Beds",), "whole_number"),
    )
    contract = Contract(
        "beds", "Beds", "x", ("beds*",), each_file, ("id", "part"), (*columns, Column("day", ("Day",), "date")),
        month_of="day",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        workspace, receipts = Workspace(Path(folder)), []
        for number, rows in enumerate(files):
            held = sorted({month.isoformat() for _, month in rows.values()})
            receipt = Receipt(
                "beds", f"{number}", f"{number}", "", f"{number}", 0, "2026-12-31", "accepted", "", months=held
            )
            path = receipt.path(workspace, "parquet")
            path.parent.mkdir(parents=True, exist_ok=True)
            cells = [
                {"id": key, "part": part, "beds": beds, "day": month, "month": month}
                for (key, part), (beds, month) in rows.items()
            ]
            types = [("id", pa.string()), ("part", pa.int64()), ("beds", pa.int64())]
            days = [("day", pa.date32()), ("month", pa.date32())]
            pq.write_table(pa.Table.from_pylist(cells, pa.schema(types + days)), path)
            receipts.append(receipt)
        counted = parts(contract, receipts)
        lay_out_sources(con, workspace, {"beds": contract}, {"beds": counted}, dt.date(2026, 2, 28), Organisation())
        found = con.execute("SELECT id, part, beds, month FROM source.beds").fetchall()

    expected: dict[tuple, tuple] = {}
    for part in counted:
        rows = files[int(part.receipt.file)]
        months = set(part.months or part.receipt.months)
        expected |= {
            key: (beds, month)
            for key, (beds, month) in rows.items()
            if month.isoformat() in months and month <= dt.date(2026, 2, 28)
        }
    assert sorted(found, key=str) == sorted(((*key, *cell) for key, cell in expected.items()), key=str)


def test_a_build_writes_the_pack_where_it_is_asked_to(engine):
    engine.drop("sickness_return.csv", sickness(*(sickness_row(date=f"28/{month:02}/2023") for month in range(1, 13))))
    engine.workspace.settings.write_text("packs: please\n")
    assert "packs is 'please'; write true or false" in engine.run("build").said
    engine.workspace.settings.write_text("packs: true\n")
    build = engine.run("build")
    assert sorted(path.suffix for path in (engine.home / "packs").iterdir()) == [".pdf", ".xlsx"], build.said
    assert build.code == 0 and "Wrote" in build.said
