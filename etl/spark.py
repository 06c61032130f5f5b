"""Runs `sql/core` and `sql/indicators` on Apache Spark or Sail, over Spark Connect, where one machine is not enough.

The server reads the same accepted Parquet, where it lies: the workspace must stand under the same path there. A fact of
`core` is kept as Parquet in the store's `.work` while a build lasts, for Spark would work out a view anew at every use.
What comes back, as Arrow, is what later steps read: every indicator's rows, and the few facts of `BACK`.
"""

import datetime as dt
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import reduce
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import sqlglot
from sqlglot import exp

from etl.contracts import Contract
from etl.paths import Workspace
from etl.steps import kept
from etl.steps.cells import sql_text
from etl.steps.hierarchy import Organisation
from etl.steps.model import Part, in_order, read_alike, told_as

BACK = ("agreement", "event", "survey_asked", "survey_period", "survey_result", "survey_sheet", "target")
NAMED_OTHERWISE = {"VARCHAR": "STRING", "TIMESTAMP": "TIMESTAMP_NTZ"}
TRIES = 3  # of a call to a server that does not answer; the client's own 15 take ten minutes


class NoSpark(Exception):
    """The server cannot be reached, is gone, or cannot run a query; the sentence says where and which."""


class Spark:
    """A session on a server. All that it does may raise NoSpark."""

    def __init__(self, session, con: duckdb.DuckDBPyConnection, place: str, folder: Path):
        """`place` is what a person calls the server by, and `folder` is one that both it and `con` can read and write."""
        self._session, self._con, self._place, self._folder = session, con, place, folder
        self.version = session.version

    def run_core(
        self,
        workspace: Workspace,
        contracts: dict[str, Contract],
        counted: dict[str, list[Part]],
        as_of: dt.date,
        organisation: Organisation,
        queries: dict[str, str],
    ) -> None:
        """What `model.lay_out_sources` has laid out in DuckDB is laid out there, and the queries are run; the facts of `BACK`
        come back as tables `core.*`."""
        for name, contract in contracts.items():
            with self._plainly(f"the files of {name}"):
                self._lay_out_source(workspace, contract, counted[name], as_of)
                listed = told_as(contract, contracts, organisation)
                told = f"SELECT {listed} FROM standing.{name}{kept.held(workspace, contract)}"
                self._session.sql(translated(told)).createOrReplaceTempView(f"source_{name}")
        for name in in_order(queries, set(contracts)):
            fact, columns = self._understood(queries[name], f"core.{name}")
            path = str(self._folder / name)
            with self._plainly(f"core.{name}"):
                fact.write.parquet(path)
                # Its columns are said, for Sail writes no file of a fact without rows.
                self._session.read.schema(columns).parquet(path).createOrReplaceTempView(f"core_{name}")
        for name in set(BACK) & set(queries):
            self._con.execute(
                f"CREATE TABLE core.{name} AS FROM {self.answer(f'SELECT * FROM core.{name}', f'core.{name}')}"
            )
        self._con.unregister("answered")

    def answer(self, sql: str, name: str) -> str:
        """Where DuckDB finds the rows of a query, until the next is asked; `name` is what a person calls it by."""
        rows, _ = self._understood(sql, name)
        with self._plainly(name):
            self._con.register("answered", rows.toArrow())
        return "answered"

    def _understood(self, sql: str, name: str) -> tuple:
        """The query as the server understands it, and its columns, before any row is read."""
        with self._plainly(name, tell=True):
            rows = self._session.sql(translated(sql))
            return rows, rows.schema

    def _lay_out_source(self, workspace: Workspace, contract: Contract, counted: list[Part], as_of: dt.date) -> None:
        """A view `standing_<source>`: rows that later files have outdone are left out, as DuckDB has found them."""
        columns = {column: NAMED_OTHERWISE.get(kind, kind) for column, kind in contract.kept.items()}
        schema = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        outdone = f"SELECT 1 FROM duckdb_tables() WHERE schema_name = 'outdone' AND table_name = '{contract.source}'"
        numbered = self._con.execute(outdone).fetchone() is not None
        read = [
            self._session.read.schema(schema)
            .parquet(*map(str, paths))
            .where(where)
            .selectExpr(*([f"{number} AS arrival"] if numbered else []), *columns)
            for number, where, paths in read_alike(workspace, contract, counted, as_of, numbered)
        ]
        nothing = ", ".join(f"CAST(NULL AS {kind}) AS {column}" for column, kind in columns.items())
        rows = (
            reduce(lambda one, other: one.unionAll(other), read)
            if read
            else self._session.sql(f"SELECT {nothing} WHERE FALSE")
        )
        if numbered:
            path = str(self._folder / f"outdone.{contract.source}.parquet")
            self._con.execute(f"COPY outdone.{contract.source} TO '{sql_text(path)}' (FORMAT parquet)")
            self._session.read.parquet(path).createOrReplaceTempView("gone")
            rows.createOrReplaceTempView("arrived")
            same = " AND ".join(f"gone.{column} <=> arrived.{column}" for column in ("arrival", *contract.key))
            rows = self._session.sql(f"SELECT * FROM arrived LEFT ANTI JOIN gone ON {same}")
        rows.createOrReplaceTempView(f"standing_{contract.source}")

    def _plainly(self, what: str, tell: bool = False) -> AbstractContextManager[None]:
        return plainly(self._place, f"could not finish {what}", tell)


@contextmanager
def connected(con: duckdb.DuckDBPyConnection, workspace: Workspace, address: str) -> Iterator[Spark]:
    """A session on the server at `address` (sc://host:port), closed and tidied up on leaving. Raises NoSpark."""
    place = place_of(address)
    if "etl.steps.judge" in sys.modules:  # perhaps still on its way in another thread, and hiding the library meanwhile
        import_module("etl.steps.judge")
    warnings.filterwarnings(
        "ignore", module="pyspark"
    )  # of pandas, with which we do not use it; what fails is told below
    try:
        from pyspark.sql.connect.client.retries import DefaultPolicy
        from pyspark.sql.connect.session import SparkSession
    except ImportError as error:
        raise NoSpark(
            f"settings.yaml says engine: spark, and the library that speaks with it is not installed ({error.msg}): "
            "run `pip install -r requirements-spark.txt`, or write engine: duckdb. Nothing was published."
        ) from None
    folder = workspace.work / "spark"
    folder.mkdir(mode=0o700)
    session = None
    try:
        with plainly(place, "does not answer"):
            session = SparkSession(connection=address)
            session.client.set_retry_policies([DefaultPolicy(max_retries=TRIES)])
            spark = Spark(session, con, place, folder)
        yield spark
    finally:
        if session is not None:
            with suppress(Exception):  # a server that is gone needs no farewell
                session.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def plainly(place: str, what: str, tell: bool = False) -> Iterator[None]:
    """Turns whatever the client raises into NoSpark. What the server says is told only if asked for: once rows are read, it may
    hold what stood in one."""
    from grpc import RpcError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, RpcError, ConnectionError) as error:
        said = (str(error).strip().splitlines() or [""])[0][:200].rstrip(".") if tell else ""
        raise NoSpark(
            f"The Spark server at {place} {what}{said and ', and says: '}{said}. Nothing was published."
        ) from error


def place_of(address: str) -> str:
    """Host and port, without the token that may follow them."""
    return urlsplit(address.partition(";")[0]).netloc.rpartition("@")[2]


def translated(sql: str) -> str:
    """The same query for Spark. A session's views have no schema: `core.move` is its `core_move`, called `move`."""
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    for table in tree.find_all(exp.Table):
        if table.db:
            alias = table.alias_or_name
            table.set("this", exp.to_identifier(f"{table.db}_{table.name}"))
            table.set("db", None)
            table.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
    return tree.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
