"""Works out the facts of sql/core, each from the sources and facts that it reads."""

from collections.abc import Callable, Iterable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import duckdb

from etl.config.indicators import tables_of


class BadModel(Exception):
    """A query of sql/core does not fit the others; the sentence names it."""


def core_queries(folder: Path) -> dict[str, str]:
    return {
        path.stem: path.read_text(encoding="utf-8").strip().removesuffix(";") for path in sorted(folder.glob("*.sql"))
    }


def work_out(con: duckdb.DuckDBPyConnection, name: str, sql: str) -> None:
    con.execute(f"CREATE TABLE core.{name} AS {sql}")


def in_order(queries: dict[str, str], sources: set[str]) -> list[str]:
    """The queries, each after those it reads. Raises BadModel for a circle or an unknown table."""
    reads = {name: tables_of(sql) for name, sql in queries.items()}
    known = {f"core.{name}" for name in queries} | {f"source.{name}" for name in sources}
    for name, tables in reads.items():
        if strange := sorted(tables - known):
            raise BadModel(f"sql/core/{name}.sql reads {', '.join(strange)}; there is no such source or core query.")
    graph = {
        name: {table.removeprefix("core.") for table in tables if table.startswith("core.")}
        for name, tables in reads.items()
    }
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise BadModel(f"sql/core: these read each other in a circle: {', '.join(error.args[1])}.") from None


def run_core(
    con: duckdb.DuckDBPyConnection,
    queries: dict[str, str],
    sources: set[str],
    lay_out: Callable[[duckdb.DuckDBPyConnection, str, str], None] = work_out,
) -> None:
    """Makes the tables `core.*`; `lay_out` makes one of a name and a query. Raises BadModel."""
    for name in in_order(queries, sources):
        lay_out(con, name, queries[name])


def lineage(reads: Iterable[str], queries: dict[str, str]) -> set[str]:
    """The sources behind a query that reads these tables."""
    sources = set()
    for table in reads:
        schema, _, name = table.partition(".")
        sources |= {name} if schema == "source" else lineage(tables_of(queries[name]), queries)
    return sources
