"""Who stands under whom, what became of whom, and how far figures rise: from the hierarchy's rows to the release."""

import datetime as dt
import shutil

import duckdb
import pytest

from etl import build
from etl.config import indicators
from etl.config.contracts import Contract, Hierarchy
from etl.paths import SQL
from etl.store.hierarchy import BadHierarchy, as_known, levels_in_order, month_of, number_of, read
from tests.conftest import table

HEADINGS = ["Unit", "Title", "Level", "Parent", "From", "To", "Successor"]
NMC = ["NMC", "Northmere", "organisation", "", "", "", ""]
SUR = ["SUR", "Surgery", "division", "NMC", "", "", ""]
ADU = ["ADU", "Adult care", "division", "NMC", "", "", ""]
ELM = ["ELM", "Elm Ward", "team", "SUR", "", "", ""]
OAK = ["OAK", "Oak Ward", "team", "ADU", "", "", ""]
TREE = [NMC, SUR, ADU, ELM, OAK]

BEDS = """
title: Beds
owner: x
file: beds_2*
each_file: replaces_its_months
key: [unit, month_start]
month_of: month_start
columns:
  unit: {headers: [Unit], refers_to: teams}
  month_start: {headers: [Month], type: date, format: "%d/%m/%Y"}
  open: {headers: [Open], type: number}
  beds: {headers: [Beds], type: number}
  people: {headers: [People], type: whole_number}
"""
RETURN = """
title: Beds return
owner: x
file: beds_return*
published: true
each_file: replaces_its_months
key: [unit, month_start]
month_of: month_start
complete_after_days: 60
brings_teams:
  - {level: organisation, column: unit}
  - {level: region, column: region}
columns:
  unit: {headers: [Unit]}
  region: {headers: [Region]}
  month_start: {headers: [Month], type: date, format: "%d/%m/%Y"}
  open: {headers: [Open], type: number, optional: true}
  beds: {headers: [Beds], type: number}
"""
CORE = """
SELECT unit AS team, month, open, beds, CAST(NULL AS BIGINT) AS people, TRUE AS published FROM source.beds_return
UNION ALL
SELECT unit, month, sum(open), sum(beds), sum(people), FALSE FROM source.beds GROUP BY unit, month
"""
QUERY = "\nSELECT team, month, open AS numerator, beds AS denominator, people, published FROM core.beds_month"


def month(number: int) -> str:
    return f"01/{number:02}/2025"


@pytest.fixture
def beds(engine, source, tmp_path, monkeypatch):
    """An organisation's own records of beds, a national return of the same, and one indicator of both."""
    source("beds", BEDS)
    source("beds_return", RETURN)
    sql = tmp_path / "sql"
    for folder in ("core", "indicators"):
        (sql / folder).mkdir(parents=True)
    for path in (SQL / "core").glob("*.sql"):  # what the engine itself reads, beside indicators
        if path.stem in ("event", "target") or path.stem.startswith("survey_"):
            shutil.copy(path, sql / "core")
    (sql / "core" / "beds_month.sql").write_text(CORE, encoding="utf-8")
    header = (SQL / "indicators" / "fill_rate.sql").read_text(encoding="utf-8").partition("---*/")[0] + "---*/"
    (sql / "indicators" / "beds_open.sql").write_text(header + QUERY, encoding="utf-8")
    monkeypatch.setattr(build, "SQL", sql)
    engine.workspace.synthetic.touch()
    engine._clock = 1_767_225_600  # the files are written in January 2026, when all their months are complete
    return engine


def send(engine, units, rows, returned=()):
    """Drops the files, builds, and expects a release. Rows of beds are (unit, month, open, beds)."""
    engine.drop("teams.csv", table(HEADINGS, units))
    if rows:
        engine.drop("beds_2025.csv", table(["Unit", "Month", "Open", "Beds", "People"], [[*row, 20] for row in rows]))
    if returned:
        engine.drop("beds_return.csv", table(["Unit", "Region", "Month", "Open", "Beds"], returned))
    built = engine.run("build")
    assert built.code == 0, built.said
    return built


def spells(engine, unit):
    return engine.ask(
        "SELECT parent, strftime(from_month, '%m'), strftime(to_month, '%m') FROM meta.unit WHERE unit = ? ORDER BY from_month",
        unit,
    )


def value(engine, unit, number):
    return engine.value("beds_open", unit, f"2025-{number:02}-01")


def each_month(unit, open_, beds=100, months=range(1, 7)):
    return [[unit, month(number), open_, beds] for number in months]


# ---- spells --------------------------------------------------------------------------------------------------------


def test_the_hierarchy_says_who_stands_under_whom(beds):
    send(beds, TREE, [*each_month("ELM", 80), *each_month("OAK", 60)])
    assert beds.ask("SELECT unit, title, level, parent, to_month FROM meta.unit ORDER BY unit") == [
        ("ADU", "Adult care", "division", "NMC", None),
        ("ELM", "Elm Ward", "team", "SUR", None),
        ("NMC", "Northmere", "organisation", None, None),
        ("OAK", "Oak Ward", "team", "ADU", None),
        ("SUR", "Surgery", "division", "NMC", None),
    ]
    assert [value(beds, unit, 3) for unit in ("ELM", "SUR", "NMC")] == [(80.0, "yes"), (80.0, "yes"), (70.0, "yes")]


def test_a_unit_without_data_is_there_and_not_collected(beds):
    send(beds, [*TREE, ["ASH", "Ash Ward", "team", "SUR", "", "", ""]], each_month("ELM", 80))
    assert spells(beds, "ASH") == [("SUR", "01", None)]
    found = beds.ask("SELECT strftime(month, '%m'), shown, settled FROM mart.value WHERE unit = 'ASH'")
    assert found == [("06", "not_collected", False)]


def test_a_hierarchy_alone_is_enough_for_a_release(beds):
    send(beds, TREE, [])
    assert beds.ask("SELECT count(DISTINCT unit), min(shown), max(shown) FROM mart.value") == [
        (5, "not_collected", "not_collected")
    ]


def test_a_closed_unit_ends_and_has_no_gaps_after_its_end(beds):
    ash = ["ASH", "Ash Ward", "team", "SUR", "15/02/2025", "28/04/2025", ""]
    send(beds, [*TREE, ash], [*each_month("ELM", 80), ["ASH", month(2), 10, 100], ["ASH", month(4), 10, 100]])
    assert spells(beds, "ASH") == [("SUR", "02", "04")]
    found = beds.ask("SELECT strftime(month, '%m'), shown FROM mart.value WHERE unit = 'ASH' ORDER BY month")
    assert found == [("02", "yes"), ("03", "no_data"), ("04", "yes")]
    assert [value(beds, "SUR", number)[0] for number in (1, 2, 3, 5)] == [80.0, 45.0, 80.0, 80.0]


def test_a_unit_that_closed_after_the_newest_month_of_the_data_has_ended(beds):
    ash = ["ASH", "Ash Ward", "team", "SUR", "", "31/08/2025", ""]
    send(beds, [*TREE, ash], each_month("ELM", 80))
    assert spells(beds, "ASH") == [("SUR", "01", "08")]


def test_a_unit_that_closed_before_all_data_is_there_with_its_own_last_month(beds):
    ash = ["ASH", "Ash Ward", "team", "SUR", "01/02/2024", "30/09/2024", ""]
    send(beds, [*TREE, ash], each_month("ELM", 80))
    assert spells(beds, "ASH") == [("SUR", "09", "09")]
    assert beds.ask("SELECT month::VARCHAR, shown FROM mart.value WHERE unit = 'ASH'") == [
        ("2024-09-01", "not_collected")
    ]


def test_a_unit_that_closed_and_opened_again_has_two_spells(beds):
    twice = [["ASH", "Ash", "team", "SUR", "", "28/02/2025", ""], ["ASH", "Ash", "team", "SUR", "01/05/2025", "", ""]]
    send(beds, [*TREE, *twice], each_month("ELM", 80) + each_month("ASH", 10, months=(1, 2, 5, 6)))
    assert spells(beds, "ASH") == [("SUR", "01", "02"), ("SUR", "05", None)]
    found = beds.ask("SELECT strftime(month, '%m') FROM mart.value WHERE unit = 'ASH' ORDER BY month")
    assert found == [("01",), ("02",), ("05",), ("06",)]


def test_a_unit_that_moved_counts_where_it_stood_and_the_move_is_an_event_on_it_alone(beds):
    moved = [["ASH", "Ash", "team", "SUR", "", "31/03/2025", ""], ["ASH", "Ash", "team", "ADU", "01/04/2025", "", ""]]
    send(beds, [*TREE, *moved], each_month("ASH", 10) + each_month("ELM", 80))
    assert spells(beds, "ASH") == [("SUR", "01", "03"), ("ADU", "04", None)]
    assert [value(beds, unit, number)[0] for unit in ("SUR", "ADU") for number in (3, 4)] == [45.0, 80.0, None, 10.0]
    assert beds.ask("SELECT unit, month::VARCHAR, kind, what FROM meta.event") == [
        ("ASH", "2025-04-01", "move", "Moved from Surgery to Adult care")
    ]


def test_a_figure_from_outside_its_units_life_still_counts_above(beds):
    ash = ["ASH", "Ash Ward", "team", "SUR", "01/03/2025", "30/04/2025", ""]
    send(beds, [*TREE, ash], each_month("ASH", 10) + each_month("ELM", 80))
    assert [value(beds, "SUR", number)[0] for number in range(1, 7)] == [45.0] * 6


def test_a_unit_is_there_as_soon_as_another_stands_under_it(beds):
    late = [NMC, ["SUR", "Surgery", "division", "NMC", "01/04/2025", "", ""], ADU, ELM, OAK]
    send(beds, late, each_month("ELM", 80))
    assert spells(beds, "SUR") == [("NMC", "01", None)]
    assert value(beds, "NMC", 1) == (80.0, "yes")


def test_what_begins_later_is_not_there_yet_and_what_ends_later_is_still_so(beds):
    planned = [
        [*ELM[:5], "31/03/2025", ""],
        ["ELM", "Elm Ward", "team", "ADU", "01/04/2025", "", ""],
        ["NEW", "New Ward", "team", "ADU", "01/04/2025", "", ""],
        ["OAK", "Oak Ward", "team", "ADU", "", "30/04/2025", "NEW"],
    ]
    beds.drop("teams.csv", table(HEADINGS, [NMC, SUR, ADU, *planned]))
    rows = [[*row, 20] for row in each_month("ELM", 80) + each_month("OAK", 60) + each_month("NEW", 50)]
    beds.drop("beds_2025.csv", table(["Unit", "Month", "Open", "Beds", "People"], rows))
    assert beds.run("build", "--as-of", "2025-03-20").code == 0
    assert spells(beds, "ELM") == [("SUR", "01", None)]
    assert spells(beds, "OAK") == [("ADU", "01", None)]
    assert spells(beds, "NEW") == []
    assert beds.ask("SELECT count(*) FROM meta.event") == [(0,)]
    assert "Published" in beds.run("build", "--as-of", "2025-06-20").said
    assert spells(beds, "ELM") == [("SUR", "01", "03"), ("ADU", "04", None)]
    assert spells(beds, "OAK") == []


def test_a_planned_end_that_has_come_is_published_though_no_file_has_changed(beds):
    ash = ["ASH", "Ash Ward", "team", "SUR", "", "30/09/2025", "OAK"]
    beds.drop("teams.csv", table(HEADINGS, [*TREE, ash]))
    beds.drop("beds_2025.csv", table(["Unit", "Month", "Open", "Beds", "People"], [["ASH", month(1), 1, 2, 20]]))
    assert "Published" in beds.run("build", "--as-of", "2025-09-01").said
    assert spells(beds, "ASH") == [("SUR", "01", None)]
    assert "Nothing has changed" in beds.run("build", "--as-of", "2025-09-30").said
    assert "Published" in beds.run("build", "--as-of", "2025-10-01").said
    assert spells(beds, "ASH") == []


# ---- the hierarchy and what sources bring --------------------------------------------------------------------------


def test_the_hierarchy_decides_titles_and_the_sources_bring_what_stands_above(beds):
    send(beds, TREE, each_month("ELM", 80), [["NMC", "R1", month(1), 1, 10], ["ABC", "R1", month(1), 2, 10]])
    assert beds.ask("SELECT title, parent FROM meta.unit WHERE unit = 'NMC'") == [("Northmere", "R1")]
    assert beds.ask("SELECT DISTINCT title, level FROM meta.unit WHERE unit IN ('R1', 'ABC') ORDER BY 1") == [
        ("ABC", "organisation"),
        ("R1", "region"),
    ]


def test_a_published_row_wins_over_the_sum_of_its_parts_and_rises_where_no_sum_does(beds):
    returned = [["NMC", "R1", month(1), 30, 100], ["ABC", "R1", month(1), 10, 100], ["ABC", "R1", month(2), 10, 100]]
    send(beds, TREE, [*each_month("ELM", 80), *each_month("OAK", 60)], returned)
    assert value(beds, "NMC", 1) == (30.0, "yes")
    assert value(beds, "R1", 1) == (20.0, "yes")
    # In February the organisation has no row of its own: its units' sum stops with it.
    assert value(beds, "NMC", 2) == (70.0, "yes")
    assert value(beds, "R1", 2) == (10.0, "yes")
    numbers = "SELECT numerator, denominator, people_band FROM mart.value WHERE unit = 'NMC' AND month = ?"
    assert beds.ask(numbers, dt.date(2025, 1, 1)) == [(30.0, 100.0, None)]
    assert beds.ask(numbers, dt.date(2025, 2, 1)) == [(None, None, "31–50")]


def test_gaps_are_looked_for_as_far_as_figures_of_the_same_kind_go(beds):
    returned = [["ABC", "R1", month(number), 10, 100] for number in (1, 3)]
    send(beds, TREE, each_month("ELM", 80), returned)
    found = beds.ask("SELECT strftime(month, '%m'), shown FROM mart.value WHERE unit = 'ABC' ORDER BY month")
    assert found == [("01", "yes"), ("02", "no_data"), ("03", "yes")]


def test_published_figures_and_others_are_settled_each_by_their_own_sources(beds):
    returned = [["NMC", "R1", month(number), 30, 100] for number in (1, 2, 3)]
    beds.drop("teams.csv", table(HEADINGS, TREE))
    rows = [[*row, 20] for row in each_month("ELM", 80)]
    beds.drop("beds_2025.csv", table(["Unit", "Month", "Open", "Beds", "People"], rows))
    beds.drop("beds_return.csv", table(["Unit", "Region", "Month", "Open", "Beds"], returned))
    assert beds.run("build", "--as-of", "2025-05-10").code == 0
    newest = "SELECT max(month)::VARCHAR FROM mart.value WHERE unit = ? AND settled"
    assert beds.ask(newest, "ELM") == [("2025-04-01",)]
    assert beds.ask(newest, "R1") == [("2025-02-01",)]
    assert beds.ask("SELECT settled_to::VARCHAR FROM meta.indicator") == [("2025-04-30",)]


# ---- successors ----------------------------------------------------------------------------------------------------


def heron(to="31/03/2025", successor="ELM", code="HER", title="Heron Ward", from_="", parent="SUR"):
    return [code, title, "team", parent, from_, to, successor]


def test_a_merged_units_rows_count_for_its_successor_in_all_months(beds):
    rows = each_month("HER", 20, months=(1, 2, 3)) + each_month("ELM", 80)
    send(beds, [*TREE, heron()], rows)
    assert [value(beds, "ELM", number)[0] for number in (1, 3, 4)] == [50.0, 50.0, 80.0]
    assert beds.ask("SELECT count(*) FROM meta.unit WHERE unit = 'HER'") == [(0,)]
    assert beds.ask("SELECT count(*) FROM mart.value WHERE unit = 'HER'") == [(0,)]
    assert beds.ask("SELECT unit, month::VARCHAR, kind, what FROM meta.event") == [
        ("ELM", "2025-04-01", "merger", "Heron Ward became part of Elm Ward")
    ]
    assert beds.ask("SELECT DISTINCT segment FROM mart.signal WHERE unit = 'ELM'") == [(0,)]


def test_a_merger_without_a_date_is_told_after_the_last_row(beds):
    send(beds, [*TREE, heron(to="")], each_month("HER", 20, months=(1, 2)) + each_month("ELM", 80))
    assert beds.ask("SELECT month::VARCHAR FROM meta.event") == [("2025-03-01",)]


def test_a_new_name_is_told_as_one_and_its_history_stood_where_it_stood(beds):
    renamed = [heron(parent="ADU"), ["EGR", "Egret Ward", "team", "SUR", "01/04/2025", "", ""]]
    rows = each_month("HER", 20, months=(1, 2, 3)) + each_month("EGR", 30, months=(4, 5, 6))
    renamed[0][-1] = "EGR"
    send(beds, [*TREE, *renamed], rows)
    assert spells(beds, "EGR") == [("ADU", "01", "03"), ("SUR", "04", None)]
    assert [value(beds, "EGR", number)[0] for number in (3, 4)] == [20.0, 30.0]
    assert [value(beds, "ADU", number)[0] for number in (3, 4)] == [20.0, None]
    assert beds.ask("SELECT unit, month::VARCHAR, kind, what FROM meta.event ORDER BY kind") == [
        ("EGR", "2025-04-01", "move", "Moved from Adult care to Surgery"),
        ("EGR", "2025-04-01", "other", "Called Heron Ward until then"),
    ]


def test_two_units_that_became_a_new_one_are_a_merger(beds):
    new = ["EGR", "Egret Ward", "team", "SUR", "01/04/2025", "", ""]
    two = [heron(successor="EGR"), heron(successor="EGR", code="IBI", title="Ibis Ward", parent="ADU")]
    send(beds, [*TREE, *two, new], each_month("HER", 20, months=(1, 2, 3)) + each_month("IBI", 40, months=(1, 2, 3)))
    assert value(beds, "EGR", 1) == (30.0, "yes")
    assert beds.ask("SELECT unit, kind, what FROM meta.event ORDER BY what") == [
        ("EGR", "merger", "Heron Ward became part of Egret Ward"),
        ("EGR", "merger", "Ibis Ward became part of Egret Ward"),
    ]


def test_a_chain_of_successors_is_followed_to_its_end(beds):
    chain = [
        heron(to="28/02/2025", successor="IBI"),
        heron(code="IBI", title="Ibis Ward", from_="01/03/2025", to="30/04/2025", successor="ELM"),
    ]
    rows = each_month("HER", 20, months=(1, 2)) + each_month("IBI", 40, months=(3, 4)) + each_month("ELM", 80)
    send(beds, [*TREE, *chain], rows)
    assert [value(beds, "ELM", number)[0] for number in (1, 3, 5)] == [50.0, 60.0, 80.0]
    assert beds.ask("SELECT unit, month::VARCHAR, what FROM meta.event ORDER BY month") == [
        ("ELM", "2025-03-01", "Called Heron Ward until then"),
        ("ELM", "2025-05-01", "Ibis Ward became part of Elm Ward"),
    ]


def test_what_stood_under_a_merged_unit_stands_under_its_successor(beds):
    units = [NMC, [*SUR[:5], "31/03/2025", "ADU"], ADU, ELM, OAK]
    send(beds, units, each_month("ELM", 80) + each_month("OAK", 60))
    assert spells(beds, "ELM") == [("ADU", "01", None)]
    assert value(beds, "ADU", 1) == (70.0, "yes")


def test_what_people_said_of_a_merged_unit_is_said_of_its_successor(beds):
    events = [
        ["HER", month(2), "other", "The roof was mended", "", ""],
        ["NOBODY", month(2), "other", "A new lift", "", ""],
    ]
    beds.drop("events.csv", table(["Unit", "Month", "Kind", "What happened", "Re-base", "Fix limits after"], events))
    targets = [
        ["beds_open", "HER", month(1), 70],
        ["beds_open", "ELM", month(3), 90],
        ["beds_open", "HER", month(5), 60],
    ]
    beds.drop("targets.csv", table(["Indicator", "Unit", "From", "Target"], targets))
    send(beds, [*TREE, heron()], each_month("HER", 20) + each_month("ELM", 80))
    assert beds.ask("SELECT unit, what FROM meta.event ORDER BY month") == [
        ("ELM", "The roof was mended"),
        ("ELM", "Heron Ward became part of Elm Ward"),
    ]
    assert beds.ask("SELECT name FROM meta.unknown_name") == [("NOBODY",)]
    assert beds.ask("SELECT DISTINCT target FROM mart.signal WHERE unit = 'ELM' ORDER BY ALL") == [(70.0,), (90.0,)]


# ---- what contradicts itself ---------------------------------------------------------------------------------------

CONTRACT = Contract(
    "tree", "Units", "x", (), "replaces_all", ("unit",), (),
    hierarchy=Hierarchy("unit", "title", "level", "parent", "from_month", "to_month", "successor"),
)  # fmt: skip


def known(con, rows, as_of=dt.date(2025, 6, 30)):
    """The organisation as these rows give it."""
    con.execute("""
        CREATE OR REPLACE TABLE given (unit VARCHAR, title VARCHAR, level VARCHAR, parent VARCHAR, from_month DATE,
                                       to_month DATE, successor VARCHAR)
    """)
    for row in rows:
        unit, title, level, parent, begins, ends, successor = (cell or None for cell in row)
        days = [day and dt.datetime.strptime(day, "%d/%m/%Y").date() for day in (begins, ends)]
        con.execute("INSERT INTO given VALUES (?, ?, ?, ?, ?, ?, ?)", [unit, title, level, parent, *days, successor])
    return as_known(CONTRACT, read(con, CONTRACT, "given"), as_of, {})


@pytest.fixture
def con():
    with duckdb.connect() as con:
        yield con


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([["ASH", "Ash", "team", "NOBODY", "", "", ""]], "Ash (ASH) stands under 'NOBODY', and no row has that unit"),
        ([["ASH", "Ash", "team", "ASH", "", "", ""]], "Ash (ASH) stands under itself"),
        (
            [["ASH", "Ash", "team", "FIR", "", "", ""], ["FIR", "Fir", "division", "ASH", "", "", ""]],
            "stand under each other in a circle",
        ),
        ([["ASH", "Ash", "team", "SUR", "", "", "NOBODY"]], "Ash (ASH) became 'NOBODY', and no row has that unit"),
        ([["ASH", "Ash", "team", "SUR", "", "", "ASH"]], "Ash (ASH) is its own successor"),
        (
            [["ASH", "Ash", "team", "SUR", "", "", "FIR"], ["FIR", "Fir", "team", "SUR", "", "", "ASH"]],
            "are each other's successors in a circle",
        ),
        ([["ASH", "Ash", "team", "SUR", "", "", "ADU"]], "Ash (ASH) is a team and became Adult care (ADU), which is a"),
        (
            [["ASH", "Ash", "team", "SUR", "", "", ""], ["ASH", "Ash", "team", "ADU", "01/02/2025", "", ""]],
            "Ash (ASH) has two rows that overlap; one is still so, and another begins in February 2025. The earlier must",
        ),
        (
            [["ASH", "Ash", "team", "SUR", "", "01/02/2025", ""], ["ASH", "Ash", "team", "ADU", "01/02/2025", "", ""]],
            "one goes on to February 2025",
        ),
        (
            [["ASH", "Ash", "team", "SUR", "", "31/01/2025", ""], ["ASH", "Ash", "service", "SUR", "01/02/2025", "", ""]],
            "Ash (ASH) is a team in one row and a service in another",
        ),
        ([["ASH", "Ash", "team", "SUR", "01/03/2025", "28/02/2025", ""]], "before it begins in March 2025"),
        ([["ASH", "Ash", "team", "ELM", "", "", ""]], "Ash (ASH) stands under Elm Ward (ELM), and both are a team"),
        (
            [
                ["ASH", "Ash", "team", "SUR", "", "31/01/2025", "ELM"],
                ["ASH", "Ash", "team", "ADU", "01/02/2025", "31/03/2025", "OAK"],
            ],
            "Ash (ASH) became 'ELM' by one row and 'OAK' by another",
        ),
        (
            [["FIR", "Fir", "division", "NMC", "", "31/01/2025", ""], ["ASH", "Ash", "team", "FIR", "", "", ""]],
            "Ash (ASH) stands under Fir (FIR), which ended in January 2025",
        ),
    ],
)  # fmt: skip
def test_a_hierarchy_that_contradicts_itself_is_refused_in_a_sentence(con, rows, sentence):
    with pytest.raises(BadHierarchy) as refused:
        known(con, [*TREE, *rows])
    assert sentence in str(refused.value) and str(refused.value).startswith("Units: ")


def test_levels_that_contradict_each_other_are_refused_by_the_unit_that_fewest_say(con):
    wrong = [["FIR", "Fir", "service", "ELM", "", "", ""], ["ASH", "Ash", "team", "YEW", "", "", ""],
             ["BAY", "Bay", "team", "YEW", "", "", ""], ["YEW", "Yew", "service", "SUR", "", "", ""]]  # fmt: skip
    with pytest.raises(BadHierarchy, match=r"Units: Fir \(FIR\) is a service and stands under Elm Ward, a team"):
        levels_in_order({"tree": CONTRACT}, known(con, [*TREE, *wrong]))


def test_a_bad_hierarchy_is_refused_and_the_last_one_stays(beds):
    send(beds, TREE, each_month("ELM", 80))
    first = beds.ask("SELECT unit, title, parent FROM meta.unit ORDER BY ALL")
    ended = ["FIR", "Fir", "division", "NMC", "", "31/01/2025", ""]
    beds.drop("teams.csv", table(HEADINGS, [*TREE, ended, ["ASH", "Ash", "team", "FIR", "", "", ""]]))
    built = beds.run("build")
    assert built.code == 3 and "Ash (ASH) stands under Fir (FIR), which ended in January 2025" in built.said
    assert f"(line {len(TREE) + 3}, " in built.said
    assert beds.ask("SELECT unit, title, parent FROM meta.unit ORDER BY ALL") == first


def test_an_organisation_keeps_one_hierarchy(beds, source):
    text = "title: Tree\nowner: x\nfile: tree*\neach_file: replaces_all\nkey: [u]\n"
    text += "hierarchy: {unit: u, title: u, level: u, parent: u, from_month: d, to_month: d, successor: u}\n"
    source("tree", text + "columns:\n  u: {headers: [U]}\n  d: {headers: [D], type: date, optional: true}\n")
    for verb in ("check", "build"):
        beds.drop("teams.csv", table(HEADINGS, TREE))
        done = beds.run(verb)
        assert done.code == 1 and "both say hierarchy" in done.said


def test_a_unit_that_moved_in_mid_month_belongs_to_the_later_place(con):
    moved = [["ASH", "Ash", "team", "SUR", "", "14/03/2025", ""], ["ASH", "Ash", "team", "ADU", "15/03/2025", "", ""]]
    found = [spell for spell in known(con, [*TREE, *moved]).spells if spell.unit == "ASH"]
    assert [(spell.parent, month_of(spell.last)) for spell in found] == [("SUR", dt.date(2025, 2, 1)), ("ADU", None)]


def test_months_are_numbered_and_named_back():
    assert month_of(number_of(dt.date(2024, 12, 31))) == dt.date(2024, 12, 1)


# ---- rows of nobody ------------------------------------------------------------------------------------------------


def test_rows_for_a_unit_that_nobody_knows_are_said_plainly(beds, monkeypatch):
    read = indicators.read_all

    def stray(path):
        [indicator, *others] = read(path)
        object.__setattr__(indicator, "sql", indicator.sql.replace("SELECT team", "SELECT team || '?' AS team"))
        return [indicator, *others]

    monkeypatch.setattr(indicators, "read_all", stray)
    beds.drop("teams.csv", table(HEADINGS, TREE))
    beds.drop("beds_2025.csv", table(["Unit", "Month", "Open", "Beds", "People"], [["ELM", month(1), 1, 2, 20]]))
    built = beds.run("build")
    assert built.code == 1
    assert "beds_open.sql gives rows for units that no source brings (1 rows: ELM?)" in built.said
