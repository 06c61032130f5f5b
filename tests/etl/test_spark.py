"""What DuckDB counts, a Spark server counts too: on Sail, which is started here as a real server, alone and as a cluster."""

import contextlib
import datetime as dt
import math
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from etl import build, indicators, settings, spark
from etl.contracts import Contract
from etl.engine import connect
from etl.paths import SQL, Workspace
from etl.settings import BadSettings
from etl.steps.account import AGREEMENT
from etl.steps.annotate import FACTS
from etl.steps.keep import Receipt, receipts
from etl.steps.model import Part, core_queries, lay_out_sources, parts, read_organisation, run_core
from etl.survey import step as surveys
from tests.conftest import PROJECT, Engine

pytest.importorskip("pysail", reason="needs pysail, a Spark Connect server (requirements-test.txt)")
pytest.importorskip("grpc", reason="needs pyspark-client (requirements-spark.txt)")

TOLERANCE = 1e-9
INDICATORS = indicators.load(SQL / "indicators")


@contextlib.contextmanager
def sail(log: Path, mode: str = "local") -> Iterator[tuple[str, subprocess.Popen]]:
    """A server's address, and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "pysail", "spark", "server", "--port", str(port)]
    with log.open("w") as written:
        server = subprocess.Popen(command, env=os.environ | {"SAIL_MODE": mode}, stdout=written, stderr=written)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
        yield f"sc://127.0.0.1:{port}", server
    finally:
        server.kill()
        server.wait()


@pytest.fixture(scope="module", autouse=True)
def no_doctest():
    """The library takes a process without a main script, as pytest's workers are, for a doctest of its own, and ends it."""
    main = sys.modules["__main__"]
    with pytest.MonkeyPatch.context() as patch:
        if not hasattr(main, "__file__"):
            patch.setattr(main, "__file__", __file__, raising=False)
        yield


def choose(workspace: Workspace, address: str, more: str = "") -> None:
    workspace.settings.write_text(f"engine: spark\nspark: {address}\n{more}", encoding="utf-8")


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Engine:
    """The smallest organisation that the demonstration makes, built with DuckDB."""
    home = tmp_path_factory.mktemp("small")
    engine = Engine(home, Workspace(home))
    assert engine.run("demo", "--people", "200", "--months", "13").code == 0
    assert engine.run("build").code in (0, 3)
    return engine


@pytest.fixture
def again(small, tmp_path) -> Engine:
    """A copy of it, to change."""
    home = tmp_path / "again"
    shutil.copytree(small.home, home)
    return Engine(home, Workspace(home))


# ---- equal answers -------------------------------------------------------------------------------------------------


def invented(contract: Contract, number: int = 60) -> list[dict]:
    """Rows of a source that the demonstration has none of."""
    drawn = random.Random(contract.source)
    asked = {question.column for question in contract.questionnaire.questions} if contract.questionnaire else set()
    given = {column.name: column.allowed for column in contract.columns if column.allowed}

    def cell(name: str, kind: str, row: int):
        if name == "staff_group":
            return "All staff groups"
        if kind == "DATE":
            return dt.date(2025, 1 + row % 12, 1)
        if kind in ("DOUBLE", "BIGINT"):
            return drawn.choice([None, *range(1, 200)])
        return drawn.choice(list(given.get(name, ["45%", "7%", None] if name in asked else ["Ash", "Box", "Elm"])))

    return [{name: cell(name, kind, row) for name, kind in contract.kept.items()} for row in range(number)]


def accepted(workspace: Workspace, contract: Contract) -> list[Part]:
    """Such rows where an accepted file would be; nothing vouches for them, so no build takes them up."""
    receipt = Receipt(contract.source, "invented.csv", "", "", "2026-01-01", 0, "2026-01-01", "accepted", "")
    path = receipt.path(workspace, "parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    listed = ", ".join(f"{name}::{kind} AS {name}" for name, kind in contract.kept.items())
    with duckdb.connect() as con:
        con.register("rows", pa.Table.from_pylist(invented(contract)))
        con.execute(f"COPY (SELECT {listed} FROM rows) TO '{path}' (FORMAT parquet)")
    return [Part(replace(receipt, months=[f"2025-{month:02d}-01" for month in range(1, 13)]), None)]


@dataclass
class Both:
    """Every fact and indicator as DuckDB has it, and a server to ask for the same."""

    con: duckdb.DuckDBPyConnection
    server: spark.Spark
    queries: dict[str, str]

    def differences(self, name: str, sql: str) -> list[str]:
        """What the server says otherwise than the table duck.<name>. The number of an answer-sheet means nothing but that
        it is another than the next, so it is left out."""
        described = self.con.execute(f'SELECT * FROM duck."{name}" LIMIT 0').description
        kinds = {column: str(kind) for column, kind, *_ in described if column != "sheet"}
        listed = ", ".join(kinds)
        mine = self.con.execute(f'SELECT {listed} FROM duck."{name}"').fetchall()
        theirs = self.con.execute(f"SELECT {listed} FROM {self.server.answer(sql, name)}").fetchall()
        if len(mine) != len(theirs):
            return [f"{len(mine)} rows and {len(theirs)}"]
        measured = {number for number, kind in enumerate(kinds.values()) if kind == "DOUBLE"}

        def place(row: tuple) -> list[tuple]:  # what is measured comes last, for it may differ by a hair
            told = [
                (cell is None, "" if cell is None else round(cell, 6) if n in measured else cell)
                for n, cell in enumerate(row)
            ]
            return [told[n] for n in range(len(row)) if n not in measured] + [told[n] for n in measured]

        return [
            f"{column}: {ours[n]!r} and {others[n]!r}"
            for ours, others in zip(sorted(mine, key=place), sorted(theirs, key=place), strict=True)
            for n, column in enumerate(kinds)
            if not same(ours[n], others[n], n in measured)
        ]


def same(mine, theirs, measured: bool) -> bool:
    if measured and mine is not None and theirs is not None:
        return math.isclose(mine, theirs, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return mine == theirs and type(mine) is type(theirs)


def words_first(row: tuple) -> list[str]:
    """What a row is about, by which it is found again."""
    return [repr(cell) for cell in row if not isinstance(cell, float)]


@pytest.fixture(scope="module")
def both(small, tmp_path_factory) -> Iterator[Both]:
    workspace, as_of = small.workspace, dt.date.today()
    known = build.load_contracts(workspace)
    counted = {name: parts(contract, receipts(workspace, name)) for name, contract in known.items()}
    con = connect(workspace)
    organisation = read_organisation(con, workspace, known, counted, as_of)
    counted |= {name: accepted(workspace, known[name]) for name in known if not counted[name]}
    queries = core_queries(SQL / "core") | surveys.facts(known, as_of, counted)
    lay_out_sources(con, workspace, known, counted, as_of, organisation)
    run_core(con, queries, set(known))
    con.execute("CREATE SCHEMA duck")
    for name, each in (INDICATORS | surveys.behind()).items():
        con.execute(f'CREATE TABLE duck."{name}" AS {each.sql}')
    for name in queries:
        con.execute(f"CREATE TABLE duck.{name} AS FROM core.{name}; DROP TABLE core.{name}")
    with (
        sail(tmp_path_factory.mktemp("sail") / "log") as (address, _),
        spark.connected(con, workspace, address) as server,
    ):
        server.run_core(workspace, known, counted, as_of, organisation, queries)
        yield Both(con, server, queries)
    con.close()


def test_every_fact_is_equal_cell_by_cell(both):
    found = {name: both.differences(name, f"SELECT * FROM core.{name}")[:3] for name in both.queries}
    assert not {name: each for name, each in found.items() if each}


def test_every_indicator_is_equal_cell_by_cell(both):
    found = {name: both.differences(name, each.sql)[:3] for name, each in (INDICATORS | surveys.behind()).items()}
    assert not {name: each for name, each in found.items() if each}


def test_no_fact_and_no_indicator_is_compared_without_rows(both):
    names = [*both.queries, *INDICATORS, *surveys.behind()]
    empty = {name for name in names if not both.con.execute(f'SELECT count(*) FROM duck."{name}"').fetchone()[0]}
    assert not empty


def test_a_planted_difference_is_found(both):
    columns = "team, month, people_before, people_now, fte_before, fte_now + 0.000001 AS fte_now"
    found = both.differences("headcount_month", f"SELECT {columns} FROM core.headcount_month")
    assert found and all(each.startswith("fte_now") for each in found)


def test_a_release_built_on_a_cluster_is_the_one_that_duckdb_builds(small, again, tmp_path):
    for folder in (again.workspace.releases, again.workspace.protection):
        shutil.rmtree(folder)
    with sail(tmp_path / "log", mode="local-cluster") as (address, _):
        choose(again.workspace, address)
        built = again.run("build")
        assert built.code in (0, 3), built.said
    assert "spark 4" in again.ask("SELECT engine FROM meta.release")[0][0]
    for table in ("value", "signal", "strain", "score"):
        one, other = (sorted(each.ask(f"FROM mart.{table}"), key=words_first) for each in (small, again))
        assert one and len(one) == len(other), table
        for mine, theirs in zip(one, other, strict=True):
            assert all(map(same, mine, theirs, [isinstance(cell, float) for cell in mine])), (table, mine, theirs)
    assert not list(again.workspace.work.iterdir())


def test_whatever_later_steps_read_of_the_facts_comes_back():
    run_on_either = {"model.py", "queries.py", "spark.py"}
    read = {
        fact
        for path in (PROJECT / "etl").rglob("*.py")
        if path.name not in run_on_either
        for fact in re.findall(r"\bcore\.([a-z_]*[a-z])\b", path.read_text(encoding="utf-8"))
    }
    assert read | {AGREEMENT} | set(FACTS) == set(spark.BACK)


# ---- bad input -----------------------------------------------------------------------------------------------------


def fails(engine: Engine, sentence: str) -> None:
    """A build that has something new to publish says that sentence and no other; the release before it stays."""
    releases, work = engine.workspace.releases, engine.workspace.work
    current, before = engine.workspace.current.read_text(), sorted(releases.glob("*.duckdb"))
    built = engine.run("build")
    assert built.code == 1
    assert re.search(sentence, built.said), built.said
    assert len(built.said.strip().splitlines()) == 1, built.said
    assert (engine.workspace.current.read_text(), sorted(releases.glob("*.duckdb"))) == (current, before)
    assert not list(work.iterdir())


NEW = "disclosure: {k_people: 12}\n"


def test_an_address_where_nothing_answers(again):
    choose(again.workspace, "sc://127.0.0.1:1/;token=hidden", NEW)
    fails(again, r"^The Spark server at 127\.0\.0\.1:1 does not answer\. Nothing was published\.$")


def test_a_missing_library(again, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql.connect.session", None)
    choose(again.workspace, "sc://127.0.0.1:1", NEW)
    fails(again, r"not installed .*pip install -r requirements-spark\.txt")


def test_a_server_that_goes_in_the_middle(again, tmp_path, monkeypatch):
    understood, asked = spark.Spark._understood, []

    def until_it_is_gone(self, sql, name):
        asked.append(name)
        if len(asked) == 3:
            server.kill()
            server.wait()
        return understood(self, sql, name)

    monkeypatch.setattr(spark.Spark, "_understood", until_it_is_gone)
    with sail(tmp_path / "log") as (address, server):
        choose(again.workspace, address, NEW)
        fails(
            again,
            r"^The Spark server at 127\.0\.0\.1:\d+ could not finish core\.\w+, and says: .*\. Nothing was published\.$",
        )
    assert len(asked) == 3


def test_what_stands_in_a_row_is_not_told(both):
    with pytest.raises(spark.NoSpark) as error:
        both.server.answer("SELECT CAST(team AS DOUBLE) AS team FROM source.staff", "an indicator")
    assert "could not finish an indicator. Nothing" in str(error.value)


def test_a_server_that_does_not_know_a_function(again, tmp_path, monkeypatch):
    odd = {"odd": "SELECT not_yet_known(team) AS team FROM source.staff"}
    monkeypatch.setattr(build, "core_queries", lambda _: odd | core_queries(SQL / "core"))
    with sail(tmp_path / "log") as (address, _):
        choose(again.workspace, address, NEW)
        fails(again, r"could not finish core\.odd, and says: .*(?i:not_yet_known).*\. Nothing was published\.$")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("engine: sparc\n", "engine is 'sparc'; write duckdb or spark."),
        ("engine: spark\n", "engine is spark, and nothing says where; write below it spark: sc://host:15002."),
        *(
            (f"engine: spark\nspark: {address}\n", "spark is no address of a Spark Connect server; write one such as")
            for address in (
                "host:15002",
                "spark://host:7077",
                "sc://",
                "sc://host:port",
                "15002",
                "[sc://host]",
                "sc://h:1/x",
            )
        ),
    ],
)
def test_settings_that_mean_nothing(tmp_path, said, sentence):
    (tmp_path / "settings.yaml").write_text(said, encoding="utf-8")
    with pytest.raises(BadSettings, match=re.escape(sentence)):
        settings.read(Workspace(tmp_path))


@pytest.mark.parametrize("address", ["sc://host", "sc://10.0.0.7:15002", "sc://host:15002/;use_ssl=true;token=hidden"])
def test_an_address_is_told_without_its_token(tmp_path, address):
    (tmp_path / "settings.yaml").write_text(f"engine: spark\nspark: {address}\n", encoding="utf-8")
    assert settings.read(Workspace(tmp_path)).spark == address
    assert spark.place_of(address) in ("host", "10.0.0.7:15002", "host:15002")
