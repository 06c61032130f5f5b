"""Facts that each month gives by itself are kept, and what is kept is never other than what would be worked out."""

import datetime as dt
import os
import shutil
import tarfile
import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl import build, retention
from etl.config.contracts import Column, Contract
from etl.paths import SQL, Workspace
from etl.release import facts_cache
from etl.release.core import BadModel, core_queries
from etl.release.sources import lay_out_sources, months_of
from etl.store.current_files import Part, parts
from etl.store.hierarchy import Organisation
from etl.store.receipts import Receipt, read_receipts
from tests.conftest import Engine

WORKED = f"SELECT person, month, sum(hours) AS hours FROM source.days GROUP BY person, month\n{facts_cache.BY_MONTH}"
MARCH, APRIL, MAY = "2026-03-01", "2026-04-01", "2026-05-01"
BY_MONTH = {name: sql for name, sql in core_queries(SQL / "core").items() if facts_cache.source_by_month(name, sql)}


def worked(workspace: Workspace, months: dict[str, dict[str, float]], made_of: dict, sql: str = WORKED) -> set[tuple]:
    """What `core.worked` is, where the source has these hours of each month and person."""
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA source; CREATE SCHEMA core")
        con.execute("CREATE TABLE source.days (person VARCHAR, month DATE, hours DOUBLE)")
        rows = [(person, month, hours) for month, people in months.items() for person, hours in people.items()]
        if rows:
            con.executemany("INSERT INTO source.days VALUES (?, ?, ?)", rows)
        facts_cache.Facts(workspace, {"days": made_of}).lay_out(con, "worked", sql)
        return {(person, str(month), hours) for person, month, hours in con.execute("FROM core.worked").fetchall()}


def kept(workspace: Workspace) -> set[str]:
    """The months whose rows are kept."""
    path = facts_cache.folder(workspace) / "worked.parquet"
    if not path.exists():
        return set()
    return {str(month) for (month,) in duckdb.execute(f"SELECT DISTINCT month FROM '{path}'").fetchall()}


def test_only_months_that_are_made_of_something_else_are_worked_out(engine):
    made_of = {MARCH: [MARCH, "a"], APRIL: [APRIL, "b"]}
    first = worked(engine.workspace, {MARCH: {"x": 1}, APRIL: {"x": 2}}, made_of)
    assert first == {("x", MARCH, 1.0), ("x", APRIL, 2.0)}
    # Were the kept rows not read, the other hours would show.
    other = {MARCH: {"x": 10}, APRIL: {"x": 20, "y": 30}}
    assert worked(engine.workspace, other, made_of) == first
    april = worked(engine.workspace, other, made_of | {APRIL: [APRIL, "c"]})
    assert april == {("x", MARCH, 1.0), ("x", APRIL, 20.0), ("y", APRIL, 30.0)}
    again = worked(engine.workspace, other, made_of | {APRIL: [APRIL, "c"]}, WORKED.replace("sum(hours)", "max(hours)"))
    assert again == {("x", MARCH, 10.0), ("x", APRIL, 20.0), ("y", APRIL, 30.0)}, "another query, another fact"


def test_a_file_that_is_damaged_is_made_anew(engine):
    months, made_of = {MARCH: {"x": 1}}, {MARCH: [MARCH]}
    first = worked(engine.workspace, months, made_of)
    path = facts_cache.folder(engine.workspace) / "worked.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert worked(engine.workspace, months, made_of) == first
    assert kept(engine.workspace) == {MARCH}


def test_what_is_no_longer_made_is_thrown_away_with_its_rows(engine):
    months = {MARCH: {"x": 1}, APRIL: {"x": 2}}
    worked(engine.workspace, months, {MARCH: [MARCH], APRIL: [APRIL]})
    assert kept(engine.workspace) == {MARCH, APRIL}
    assert worked(engine.workspace, {APRIL: {"x": 2}}, {APRIL: [APRIL]}) == {("x", APRIL, 2.0)}
    assert kept(engine.workspace) == {APRIL}
    facts_cache.throw_away(engine.workspace, but={"worked": WORKED})
    assert kept(engine.workspace) == {APRIL}
    facts_cache.throw_away(engine.workspace, but={"worked": WORKED.removesuffix(facts_cache.BY_MONTH)})
    assert not list(facts_cache.folder(engine.workspace).iterdir())


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from([MARCH, APRIL, MAY]), st.dictionaries(st.sampled_from("xyz"), st.integers(0, 3)), max_size=3
        ),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_arrives_it_is_what_would_be_worked_out(arrivals):
    with tempfile.TemporaryDirectory() as name:
        workspace = Workspace(Path(name))
        workspace.make()
        for months in arrivals:
            made_of = {month: [month, sorted(people.items())] for month, people in months.items()}
            found = worked(workspace, months, made_of)
            assert found == {
                (who, month, float(some)) for month, people in months.items() for who, some in people.items()
            }
            assert kept(workspace) == {month for _, month, _ in found}


def test_it_is_private(engine):
    worked(engine.workspace, {MARCH: {"x": 1}}, {MARCH: [MARCH]})
    assert facts_cache.folder(engine.workspace).stat().st_mode & 0o077 == 0


def test_a_query_that_reads_more_than_a_source_is_no_months_own():
    with pytest.raises(BadModel, match=r"sql/core/worked.sql says .* and reads core.other, source.days"):
        facts_cache.source_by_month(
            "worked", WORKED.replace("source.days", "source.days JOIN core.other USING (person)")
        )
    with pytest.raises(BadModel, match=r"sql/core/worked.sql .* do not say of which month"):
        facts_cache.source_by_month("worked", WORKED.replace("person, month, sum", "person, sum"))
    assert facts_cache.source_by_month("worked", "SELECT 1 AS one FROM source.days") is None


# ---- what a month is made of ---------------------------------------------------------------------------------------------

DAYS = Contract(
    "days", "Days", "x", ("days*",), "adds", ("id",),
    (Column("id", ("Id",)), Column("day", ("Day",), "date")), month_of="day",
)  # fmt: skip


def made_of(folder: Path, *files: dict[str, str]) -> tuple[dict, list]:
    """What the months of files (key → month) are made of, and the rows that stand."""
    workspace, counted = Workspace(folder), []
    with duckdb.connect() as con:
        for number, rows in enumerate(files):
            months = sorted(set(rows.values()))
            receipt = Receipt(
                "days", "", f"{number}{rows}", "", f"{number}", 0, "2026-12-31", "accepted", "", months=months
            )
            path = receipt.path(workspace, "parquet")
            path.parent.mkdir(parents=True, exist_ok=True)
            con.execute("CREATE OR REPLACE TABLE rows (id VARCHAR, day DATE, month DATE)")
            con.executemany("INSERT INTO rows VALUES (?, ?, ?)", [(key, day, day) for key, day in rows.items()])
            if not path.exists():
                con.execute(f"COPY rows TO '{path}' (FORMAT parquet)")
            counted.append(Part(receipt, None))
        found = lay_out_sources(con, workspace, {"days": DAYS}, {"days": counted}, dt.date(2026, 4, 30), Organisation())
        return found["days"], con.execute("SELECT id, month::VARCHAR FROM source.days ORDER BY ALL").fetchall()


def test_a_month_is_made_of_its_own_files_until_keys_meet(tmp_path):
    march, april = {"a": MARCH, "b": MARCH}, {"c": APRIL, "d": APRIL}
    before, _ = made_of(tmp_path, march, april)
    after, rows = made_of(tmp_path, march, april | {"e": APRIL})
    assert before[MARCH] == after[MARCH] and before[APRIL] != after[APRIL]
    assert rows == [("a", MARCH), ("b", MARCH), ("c", APRIL), ("d", APRIL), ("e", APRIL)]
    outdone, rows = made_of(tmp_path, march, april | {"b": APRIL})  # a later file moves b to another month
    assert outdone[MARCH] != before[MARCH]
    assert rows == [("a", MARCH), ("b", APRIL), ("c", APRIL), ("d", APRIL)]


def test_a_month_is_made_of_something_else_once_rows_were_taken_out_of_its_file(tmp_path):
    receipts = [
        Receipt("days", "", month, "", "", 0, "2026-12-31", "accepted", "", months=[month]) for month in (MARCH, APRIL)
    ]
    workspace, counted = Workspace(tmp_path), [Part(receipt, None) for receipt in receipts]
    for receipt in receipts:
        path = receipt.path(workspace, "parquet")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"rows")
    before = months_of(workspace, counted, dt.date.max)
    receipts[0].path(workspace, "parquet").write_bytes(b"row")  # as a purge leaves it, under the same name
    after = months_of(workspace, counted, dt.date.max)
    assert before[MARCH] != after[MARCH] and before[APRIL] == after[APRIL]


def test_no_month_after_the_day_is_made_of_anything(tmp_path):
    assert set(made_of(tmp_path, {"a": MARCH, "b": MAY})[0]) == {MARCH}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from("abcdefg"), st.sampled_from([MARCH, APRIL]), min_size=1), min_size=1, max_size=4
    )
)
def test_keys_that_meet_are_found_wherever_they_lie(files):
    """Where files' own statistics say that no two hold the same key, rows are not compared: it must be so."""
    with tempfile.TemporaryDirectory() as name:
        _, rows = made_of(Path(name), *files)
    standing = {key: month for rows in files for key, month in rows.items()}
    assert rows == sorted(standing.items())


# ---- the organisation ------------------------------------------------------------------------------------------------


def test_some_facts_are_kept():
    assert {"duty_month", "duty_person_month", "duty_person_week"} <= BY_MONTH.keys()


@pytest.fixture(scope="module")
def rota(organisation):
    """The organisation's sources, laid out, and what their months are made of."""
    con = duckdb.connect()
    contracts = build.load_contracts(organisation.workspace)
    counted = {source: parts(each, read_receipts(organisation.workspace, source)) for source, each in contracts.items()}
    made = lay_out_sources(con, organisation.workspace, contracts, counted, dt.date.max, Organisation())
    yield con, made
    con.close()


@pytest.mark.parametrize("name", BY_MONTH)
def test_each_month_gives_the_fact_by_itself(rota, name, tmp_path):
    """Every second month at first, then all: what is put together is what is worked out at once, and in the same types."""
    (con, made), workspace = rota, Workspace(tmp_path)
    workspace.make()
    source = facts_cache.source_by_month(name, BY_MONTH[name])
    months = made[source]
    for some in (dict(list(months.items())[::2]), months):
        con.execute(f"DROP TABLE IF EXISTS core.{name}")
        facts_cache.Facts(workspace, {source: some}).lay_out(con, name, BY_MONTH[name])
    at_once = f"({BY_MONTH[name]})"
    columns = con.execute(f"SELECT column_name, column_type FROM (DESCRIBE core.{name})").fetchall()
    assert columns == con.execute(f"SELECT column_name, column_type FROM (DESCRIBE FROM {at_once})").fetchall()
    assert "HUGEINT" not in {kind for _, kind in columns}, "Parquet knows no such whole numbers"
    # Hours at night are shares of minutes, of which a sum may differ in its last digit.
    told = ", ".join(f"round({column}, 6) AS {column}" if kind == "DOUBLE" else column for column, kind in columns)
    for one, other in ((f"core.{name}", at_once), (at_once, f"core.{name}")):
        assert con.execute(f"SELECT {told} FROM {one} EXCEPT ALL SELECT {told} FROM {other}").fetchall() == []


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Engine:
    """A small organisation with three years of people's rows, built."""
    home = tmp_path_factory.mktemp("small") / "workspace"
    engine = Engine(home, Workspace(home))
    demo = engine.run("demo", "--people", "200", "--months", "33")
    assert demo.code == 0, demo.said
    assert engine.run("build").code == 0
    return engine


def copied(engine: Engine, home: Path) -> Engine:
    shutil.copytree(engine.home, home)
    return Engine(home, Workspace(home))


def send_again(engine: Engine) -> None:
    """A month of the rota comes again, a row shorter."""
    path = sorted(engine.workspace.inbox.glob("rota_*.csv"))[-3]
    stamp = path.stat().st_mtime_ns + 1_000_000_000
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    os.utime(path, ns=(stamp, stamp))


def figures(engine: Engine) -> list[list[tuple]]:
    return [engine.ask(f"FROM {table} ORDER BY ALL") for table in ("mart.value", "mart.signal", "meta.source")]


def test_a_month_sent_again_gives_the_same_release_as_without_anything_kept(small, tmp_path):
    one, other = copied(small, tmp_path / "one"), copied(small, tmp_path / "other")
    shutil.rmtree(facts_cache.folder(other.workspace))
    for engine in (one, other):
        send_again(engine)
        assert "Published" in engine.run("build").said
    assert figures(one) == figures(other) != figures(small)


def test_a_purge_throws_away_what_was_made_of_the_rows(small, tmp_path):
    one, other = copied(small, tmp_path / "one"), copied(small, tmp_path / "other")
    for engine in (one, other):
        engine.workspace.settings.write_text("retention:\n  person_months: 6\n")
        assert facts_cache.folder(engine.workspace).is_dir()
        dry = engine.run("purge", "--dry-run").said
        assert "rows about people" in dry and any(facts_cache.folder(engine.workspace).iterdir())
        assert "rows about people" in engine.run("purge").said
        assert not any(facts_cache.folder(engine.workspace).iterdir())
        send_again(engine)
    assert one.run("build").code == 0
    shutil.copytree(facts_cache.folder(one.workspace), facts_cache.folder(other.workspace), dirs_exist_ok=True)
    assert other.run("build").code == 0
    assert figures(one) == figures(other)
    held_from = retention.month_before(dt.date.today(), 0)
    path = facts_cache.folder(one.workspace) / "duty_person_month.parquet"
    [(first,)] = duckdb.execute(f"SELECT min(month) FROM '{path}'").fetchall()
    assert dt.date(2020, 1, 1) < first < held_from and (held_from - first).days < 750


def test_kept_facts_are_in_no_backup(small, tmp_path):
    archive = tmp_path / "backup.tar"
    assert small.run("backup", str(archive)).code == 0
    with tarfile.open(archive) as tar:
        assert not [name for name in tar.getnames() if ".facts" in name]
