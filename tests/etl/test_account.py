"""What analysts are told of coverage and of contradictions, and that it tells of nobody."""

import datetime as dt

import duckdb
import pytest

from etl.config import contracts
from etl.paths import EXPECTATIONS, SQL, Workspace
from etl.release import coverage

KNOWN = contracts.load([EXPECTATIONS])
MONTHS = [dt.date(2025 + n // 12, n % 12 + 1, 1) for n in range(15)]


@pytest.fixture
def con():
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA source; CREATE SCHEMA core")
        yield con


def people(con, off: int, sick: int) -> None:
    """Forty people at work in one month, of whom so many are not in post and so many recorded sick on a day they worked."""
    con.execute(f"""
        CREATE TABLE core.worked_duty AS
            SELECT person, DATE '2026-01-01' AS month, DATE '2026-01-15' AS day FROM range(40) AS t(person);
        CREATE TABLE source.staff AS SELECT person, DATE '2026-01-01' AS month FROM range({off}, 39) AS t(person);
        CREATE TABLE source.leavers AS SELECT 39 AS person, DATE '2026-01-01' AS month;
        CREATE TABLE core.absence_calendar AS SELECT DATE '2026-01-01' AS month;
        CREATE TABLE core.absence_spell AS
            SELECT person, DATE '2026-01-14' AS start_date, DATE '2026-01-15' AS last_known_day FROM range({sick}) AS t(person)
            UNION ALL SELECT 20, DATE '2026-01-15', DATE '2026-01-20'  -- the first day off may have been begun at work
            UNION ALL SELECT 21, DATE '2026-01-02', DATE '2026-01-14'  -- back on the day after the last
    """)
    con.execute("CREATE TABLE core.agreement AS " + (SQL / "core" / "agreement.sql").read_text(encoding="utf-8"))


def test_people_in_contradiction_are_counted_once_and_only_where_they_are(con):
    people(con, off=13, sick=12)
    found = con.execute("SELECT kind, people, looked_at FROM core.agreement ORDER BY kind").fetchall()
    assert found == [("not_in_post", 13, 40), ("sick_at_work", 12, 40)]


@pytest.mark.parametrize(
    ("off", "told"), [(0, None), (1, None), (10, None), (11, 10), (12, 10), (13, 15), (17, 15), (18, 20)]
)
def test_few_are_not_told_and_others_are_rounded(con, off, told):
    people(con, off=off, sick=0)
    coverage._agreement(con, told=True)
    found = dict(con.execute("SELECT kind, people FROM agreement").fetchall())
    assert found == {"not_in_post": told, "sick_at_work": None}
    assert con.execute("SELECT DISTINCT looked_at FROM agreement").fetchall() == [(40,)]


def test_without_such_a_fact_nothing_is_told(con):
    coverage._agreement(con, told=False)
    assert con.execute("SELECT * FROM agreement").fetchall() == []


def test_coverage_says_that_rows_are_there_and_never_how_many(con):
    con.execute("CREATE TABLE unit_spell (unit VARCHAR)")
    con.execute("INSERT INTO unit_spell VALUES ('T01'), ('T02'), ('T03')")
    for name, contract in KNOWN.items():
        listed = ", ".join(f"{column} {kind}" for column, kind in contract.kept.items())
        con.execute(f"CREATE TABLE source.{name} ({listed})")

    def rows(source: str, unit: str, month: dt.date, many: int) -> None:
        con.execute(f"INSERT INTO source.{source} (team, month) SELECT ?, ? FROM range(?)", [unit, month, many])

    for number, month in enumerate(MONTHS):
        rows("rota", "T01", month, 10 if number == 13 else 40)  # far fewer than usual
        rows("rota", "T02", month, 1 if number == 13 else 5)  # too few at any time to tell
        rows("sickness", "T01", month, 3)  # its files add what happened: a month without a row says nothing
        rows("rota", "nobody", month, 9)
    coverage._coverage(con, KNOWN)
    found = con.execute(
        "SELECT source, unit, count(*), list(month) FILTER (state = 'few') FROM coverage GROUP BY ALL ORDER BY ALL"
    )
    assert found.fetchall() == [("rota", "T01", 15, [MONTHS[13]]), ("rota", "T02", 15, None)]
    assert [name for name, *_ in con.execute("DESCRIBE coverage").fetchall()] == ["source", "unit", "month", "state"]


def test_what_units_are_called_is_given_back(con, tmp_path):
    workspace = Workspace(tmp_path)
    workspace.make()
    coverage._unit_names(con, workspace, KNOWN)
    assert con.execute("SELECT count(*) FROM unit_name").fetchone() == (0,)


def test_a_release_holds_the_names_that_were_sent(engine):
    engine.drop("teams.csv", "Unit,Title,Level,Parent,From,To\nNMC,Northmere,Trust,,,\nT01,Larch Ward,ward,NMC,,\n")
    engine.drop("crosswalk.csv", "System,Name,Unit\nHealthRoster,N - Larch Ward,T01\nall,LARCH,Larch Ward\n")
    assert engine.run("build").code == 0
    assert engine.ask("SELECT system, name, unit FROM meta.unit_name ORDER BY system") == [
        ("HealthRoster", "N - Larch Ward", "T01"),
        ("all", "LARCH", "T01"),
    ]
    assert ("agreement",) in engine.ask("SELECT fact FROM meta.fact")
