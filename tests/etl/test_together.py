"""Files of one source that arrive at once are asked about together; what becomes of each is as if it had come alone."""

import duckdb
import pytest

from etl.intake.expectations.judge import _asked, _is_row_by_row
from tests.conftest import sickness, sickness_row, table

JANUARY = sickness(sickness_row(date="31/01/2023"), sickness_row("DEF", date="31/01/2023", lost=-5))
FEBRUARY = sickness(sickness_row(date="28/02/2023"), sickness_row("DEF", date="28/02/2023"))
MARCH = sickness(
    sickness_row("ABC", date="31/03/2023", lost="many"),
    sickness_row("DEF", date="31/03/2023"),
    sickness_row("DEF", date="31/03/2023"),
    sickness_row("GHI", date="31/03/2023", lost=2000),
)
NOTES = """
title: Notes
owner: x
file: notes*
each_file: adds
key: [id]
columns:
  id: {headers: [Id]}
  said: {headers: [Said]}
"""
GIVEN_AWAY = sickness(sickness_row(date="30/04/2023", group="ward.sister@example.org"))


def dropped(engine, together: bool, *, also: bool = False) -> dict:
    """What became of each file, and its rows set aside."""
    files = {"1": JANUARY, "2": FEBRUARY, "3": MARCH} | ({"4": GIVEN_AWAY} if also else {})
    for number, content in files.items():
        engine.drop(f"sickness_return_{number}.csv", content)
        if not together:
            engine.run("build")
    engine.run("build")
    receipts = engine.run("receipts", "--rows")
    assert receipts.code == 0, receipts.said
    told = {number: engine.file(f"sickness_return_{number}.csv") for number in files}
    return told | {"rows": sorted(line for line in receipts.said.splitlines() if ", line " in line)}


@pytest.mark.parametrize("also", [False, True], ids=["all sound", "one refused"])
def test_together_or_one_by_one_is_the_same(engine, tmp_path_factory, also):
    from etl.paths import Workspace
    from tests.conftest import Engine

    other = Workspace(tmp_path_factory.mktemp("other"))
    other.make()
    together = dropped(engine, together=True, also=also)
    assert together == dropped(Engine(other.home, other), together=False, also=also)
    assert together["1"]["rows_quarantined"] == 1 and together["2"]["rows_quarantined"] == 0
    assert (together["3"]["rows_quarantined"], together["3"]["rows_left_out"]) == (2, 1)
    assert any("line 2" in line and "“many”" in line for line in together["rows"])
    if also:
        assert together["4"]["outcome"] == "refused" and "@" not in together["4"]["sentence"]


def test_each_file_has_the_answers_to_its_own_expectations(engine):
    dropped(engine, together=True)
    failed = engine.ask("SELECT file, unexpected FROM meta.expectation WHERE status = 'failed' ORDER BY ALL")
    assert failed == [("sickness_return_1.csv", 1), ("sickness_return_3.csv", 1), ("sickness_return_3.csv", 1)]


def test_the_many_numbers_of_one_file_do_not_hide_the_people_of_another(engine, source):
    """One number of ten digits in eleven looks like an NHS number by chance: that is judged of each file by itself."""
    source("notes", NOTES)
    engine.drop("notes_1.csv", table(["Id", "Said"], [(n, 4_000_000_000 + 7 * n) for n in range(300)]))
    engine.drop("notes_2.csv", table(["Id", "Said"], [(300, 9434765919), (301, 4010232137)]))
    engine.run("build")
    assert engine.file("notes_1.csv")["outcome"] == "accepted"
    assert engine.file("notes_2.csv")["outcome"] == "refused"
    assert "9434765919" not in engine.file("notes_2.csv")["sentence"]


@pytest.mark.parametrize(
    ("query", "alone"),
    [
        ("SELECT row FROM {batch} WHERE a > b OR day(c) <> 1", False),
        ("SELECT row FROM {batch} WHERE month = (SELECT max(month) FROM {batch})", True),
        (
            "SELECT row FROM (SELECT row, lead(a) OVER (PARTITION BY b ORDER BY a) AS next FROM {batch}) WHERE next < 1",
            True,
        ),
        ("SELECT min(row) AS row FROM {batch} GROUP BY a", True),
    ],
)
def test_a_question_about_more_than_one_row_is_asked_of_each_file_alone(query, alone):
    given = {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}}
    assert _is_row_by_row(given) is not alone
    with duckdb.connect() as con:  # and each is a query that could be asked
        con.execute(
            "CREATE TABLE staged AS SELECT 1 AS row, 1 AS a, 2 AS b, DATE '2023-01-02' AS c, DATE '2023-01-01' AS month"
        )
        con.execute(query.format(batch="staged"))


# ---- what is asked at all ------------------------------------------------------------------------------------------


class Overheard:
    """A connection of DuckDB, and what it was asked."""

    def __init__(self, con: duckdb.DuckDBPyConnection):
        self.con, self.asked = con, []

    def execute(self, query: str, *parameters):
        self.asked.append(query)
        return self.con.execute(query, *parameters)

    def extract_statements(self, query: str):
        return self.con.extract_statements(query)


def test_no_row_is_looked_at_twice_for_one_answer(capfd):
    query = "SELECT row FROM {batch} WHERE a > 1"
    whole = {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}}
    between = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "a", "max_value": 1}}
    with duckdb.connect() as con:
        con.execute("CREATE TABLE staged AS SELECT range AS row, range AS a FROM range(4)")
        overheard = Overheard(con)
        given = [each | {"severity": "warning", "meta": {}} for each in (whole, between)]
        outcomes = [outcome.result for _, outcome in _asked(overheard, "beds", given)]
    assert sorted(each.get("observed_value", each.get("unexpected_count")) for each in outcomes) == [2, 2]
    scans = [
        asked for asked in overheard.asked if "staged" in asked and "duckdb_" not in asked and "LIMIT" not in asked
    ]
    assert [sum(word in asked for asked in scans) for word in ("a > 1", "sum(")] == [1, 1]
    assert not any(capfd.readouterr())


def test_what_nothing_was_found_for_is_told_as_passed(engine):
    dropped(engine, together=True)
    told = engine.ask(
        "SELECT DISTINCT status, unexpected FROM meta.expectation WHERE about LIKE 'No % holds an NHS number%'"
    )
    assert told == [("passed", 0)]
