"""Runs `sql/core` and `sql/indicators` on Apache Spark or Sail, over Spark Connect, where one machine is not enough.

The server reads the same accepted Parquet: under the same path, or where `spark_store:` says that it finds the store. A fact
of `core` is kept as Parquet in the store's `.work` there while a build lasts, for Spark would work out a view anew at every
use. What comes back, as Arrow, is what later steps read: every indicator's rows, and the few facts of `BACK`.
"""

import datetime as dt
import os
import shutil
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import duckdb
import sqlglot
from sqlglot import exp

from etl.config.contracts import Contract
from etl.paths import Workspace
from etl.release import purged_counts
from etl.release.core import in_order
from etl.release.sources import read_alike, told_as
from etl.store.current_files import Part
from etl.store.hierarchy import Organisation

if TYPE_CHECKING:
    from pyspark.sql.connect.dataframe import DataFrame
    from pyspark.sql.connect.readwriter import DataFrameReader
    from pyspark.sql.types import StructType

BACK = ("agreement", "event", "survey_asked", "survey_period", "survey_result", "survey_sheet", "target")
NAMED_OTHERWISE = {"VARCHAR": "STRING", "TIMESTAMP": "TIMESTAMP_NTZ"}
KEYS = 500_000  # rows of outdone keys sent at once; a message may have 128 MB
TRIES = 3  # of a call to a server that does not answer; the client's own 15 take ten minutes


class NoSpark(Exception):
    """The server cannot be reached, is gone, or cannot run a query; the sentence says where and which."""


class Spark:
    """A session on a server. All that it does may raise NoSpark."""

    def __init__(self, session, con: duckdb.DuckDBPyConnection, place: str, store: str):
        """`place` is what a person calls the server by, and `store` where it finds the workspace's store."""
        self._session, self._con, self._place, self._store = session, con, place, store
        self._written: dict[str, StructType] = {}  # what it keeps of this build: where, and in which columns
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
                told = f"SELECT {listed} FROM standing.{name}{purged_counts.held(workspace, contract)}"
                self._session.sql(translated(told)).createOrReplaceTempView(f"source_{name}")
        for name in in_order(queries, set(contracts)):
            fact, columns = self._understood(queries[name], f"core.{name}")
            with self._plainly(f"core.{name}"):
                self._kept(name, columns, [fact]).createOrReplaceTempView(f"core_{name}")
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

    def empty(self) -> None:
        """Takes away the rows of what is kept of this build, whatever else lies there."""
        for path, columns in self._written.items():
            self._session.createDataFrame([], columns).write.mode("overwrite").parquet(path)

    def _kept(self, name: str, columns: "StructType", frames: Iterable["DataFrame"]) -> "DataFrame":
        """The rows of the frames, kept as Parquet where the server finds the store, in place of any that a build cut off has
        left there."""
        path = f"{self._store}/.work/spark/{name}"
        self._written[path] = columns
        for number, frame in enumerate(frames):
            frame.write.mode("append" if number else "overwrite").parquet(path)
        # Its columns are said, for Sail writes no file of a fact without rows.
        return self._session.read.schema(columns).parquet(path)

    def _understood(self, sql: str, name: str) -> tuple:
        """The query as the server understands it, and its columns, before any row is read."""
        with self._plainly(name, tell=True):
            rows = self._session.sql(translated(sql))
            return rows, rows.schema

    def _lay_out_source(self, workspace: Workspace, contract: Contract, counted: list[Part], as_of: dt.date) -> None:
        """A view `standing_<source>`: rows that later files have outdone are left out, as DuckDB has found them."""
        columns = {column: NAMED_OTHERWISE.get(kind, kind) for column, kind in contract.kept.items()}
        read = self._session.read.schema(", ".join(f"{column} {kind}" for column, kind in columns.items()))
        outdone = f"SELECT 1 FROM duckdb_tables() WHERE schema_name = 'outdone' AND table_name = '{contract.source}'"
        numbered = self._con.execute(outdone).fetchone() is not None
        arrived = []
        for number, where, paths in read_alike(workspace, contract, counted, as_of, numbered):
            there = {f"{self._store}/{path.relative_to(workspace.store).as_posix()}": path for path in paths}
            self._expect_whole(read, there)
            told = [*([f"{number} AS arrival"] if numbered else []), *columns]
            arrived.append(read.parquet(*there).where(where).selectExpr(*told))
        nothing = ", ".join(f"CAST(NULL AS {kind}) AS {column}" for column, kind in columns.items())
        rows = (
            reduce(lambda one, other: one.unionAll(other), arrived)
            if arrived
            else self._session.sql(f"SELECT {nothing} WHERE FALSE")
        )
        if numbered:
            self._send_outdone(contract, columns).createOrReplaceTempView("gone")
            rows.createOrReplaceTempView("arrived")
            same = " AND ".join(f"gone.{column} <=> arrived.{column}" for column in ("arrival", *contract.key))
            rows = self._session.sql(f"SELECT * FROM arrived LEFT ANTI JOIN gone ON {same}")
        rows.createOrReplaceTempView(f"standing_{contract.source}")

    def _expect_whole(self, read: "DataFrameReader", there: dict[str, Path]) -> None:
        """Raises NoSpark where the server finds other rows than stand here: Sail takes a file that is not there for an empty
        one. `there` says under which address it looks for which file."""
        rows = {
            Path(name): number
            for name, number in self._con.execute(
                "SELECT file_name, num_rows FROM parquet_file_metadata(?)", [list(map(str, there.values()))]
            ).fetchall()
        }
        if self._found(read, *there) == sum(rows.values()):
            return
        for address, path in there.items():
            found = self._found(read, address)
            if found != rows[path]:
                raise NoSpark(
                    f"The Spark server at {self._place} finds {found or 'none'} of the {rows[path]} rows of {address}: let it "
                    "read there what stands in the workspace's store (run the copying again). Nothing was published."
                )

    def _found(self, read: "DataFrameReader", *addresses: str) -> int:
        """How many rows the server finds in these files; none where it cannot find one. None of them is read, so what the
        server says is told."""
        from pyspark.errors import AnalysisException

        with plainly(self._place, f"could not read {addresses[0]}", tell=True), suppress(AnalysisException):
            return read.parquet(*addresses).count()
        return 0

    def _send_outdone(self, contract: Contract, columns: dict[str, str]) -> "DataFrame":
        """Arrivals and keys of the rows that later files have outdone, as DuckDB has found them."""
        kinds = ", ".join(["arrival BIGINT", *(f"{column} {columns[column]}" for column in contract.key)])
        told = ", ".join(["arrival::BIGINT AS arrival", *contract.key])
        keys = self._con.sql(f"SELECT {told} FROM outdone.{contract.source}").to_arrow_table()
        some = (keys.slice(first, KEYS) for first in range(0, len(keys), KEYS))
        return self._kept(
            f"outdone.{contract.source}", kinds, (self._session.createDataFrame(each, kinds) for each in some)
        )

    def _plainly(self, what: str, tell: bool = False) -> AbstractContextManager[None]:
        return plainly(self._place, f"could not finish {what}", tell)


@contextmanager
def connected(con: duckdb.DuckDBPyConnection, workspace: Workspace, address: str, store: str = "") -> Iterator[Spark]:
    """A session on the server at `address` (sc://host:port), closed and tidied up on leaving. It finds the workspace's store
    under its own path or, where that is said, at `store` (s3a://bucket/kinship). Raises NoSpark."""
    place = place_of(address)
    if (
        "etl.intake.expectations.judge" in sys.modules
    ):  # perhaps still on its way in another thread, and hiding the library meanwhile
        import_module("etl.intake.expectations.judge")
    warnings.filterwarnings(
        "ignore", module="pyspark"
    )  # of pandas, with which we do not use it; what fails is told below
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # else the library writes lines of its own beside ours
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
    session = spark = None
    secure = "use_ssl=true" in address or "token=" in address
    try:
        with plainly(place, f"does not answer{' over TLS, for which use_ssl or a token in its address asks' * secure}"):
            session = SparkSession(connection=address)
            session.client.set_retry_policies([DefaultPolicy(max_retries=TRIES)])
            spark = Spark(session, con, place, store.rstrip("/") or str(workspace.store))
        yield spark
    finally:
        with suppress(Exception):  # a server that is gone needs no farewell
            if spark and store:
                spark.empty()
        with suppress(Exception):
            if session:
                session.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def plainly(place: str, what: str, tell: bool = False) -> Iterator[None]:
    """Turns whatever the client raises into NoSpark. What the server says is told only if asked for: once rows are read, it may
    hold what stood in one."""
    from grpc import RpcError, StatusCode
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, RpcError, ConnectionError) as error:
        answer = error if isinstance(error, RpcError) else error.__context__
        if isinstance(answer, RpcError) and answer.code() in (StatusCode.UNAUTHENTICATED, StatusCode.PERMISSION_DENIED):
            raise NoSpark(
                f"The Spark server at {place} does not let this build in: write the token that it knows into settings.yaml, as "
                "spark: sc://host:port/;token=…. Nothing was published."
            ) from error
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
