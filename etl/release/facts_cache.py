"""Keeps the facts of `sql/core` that each month gives by itself, so that a build works out only months whose rows have changed.

store/.facts/<fact>.parquet   the fact's rows, each with a fingerprint of all that it is made of

A query says so in a line of its own, `-- Each month by itself.`: it reads one source, and each of its rows comes from the
source's rows of its own month alone. A kept row is used only where its fingerprint is that of today; the others are worked out,
and what is not used any more is thrown away. The facts are private like the rows that they come from, and go before those do
(etl/retention.py). Nothing is lost with them but time, so they are in no backup.
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from etl.config.indicators import outputs_of, tables_of
from etl.paths import Workspace, appearing, private
from etl.quoting import quoted_text
from etl.release.core import BadModel, work_out
from etl.release.sources import MadeOf

BY_MONTH = "-- Each month by itself."
MAKING = "1"  # raise it when the engine makes facts of the same rows differently, so that they are worked out again


@dataclass(frozen=True)
class Facts:
    """Lays out facts from those that are kept; `made_of` says what the months of each source are made of."""

    workspace: Workspace
    made_of: dict[str, MadeOf]

    def lay_out(self, con: duckdb.DuckDBPyConnection, name: str, sql: str) -> None:
        """Makes the table `core.<name>`. Raises BadModel and DiskFull."""
        if not (source := source_by_month(name, sql)):
            work_out(con, name, sql)
            return
        months = {fingerprint(sql, made_of): month for month, made_of in self.made_of.get(source, {}).items()}
        path = folder(self.workspace) / f"{name}.parquet"
        kept = f"read_parquet({quoted_text(str(path))})"
        there = set()
        with suppress(duckdb.Error):  # there is no such file yet, or it is damaged
            there = {each for (each,) in con.execute(f"SELECT DISTINCT made_of FROM {kept}").fetchall()}
        due = [month for made_of, month in months.items() if made_of not in there]
        self._work_out(con, name, sql, source, due, all_of_them=len(due) == len(months))
        if standing := there & set(months):
            con.execute(
                f"INSERT INTO core.{name} BY NAME SELECT * EXCLUDE (made_of) FROM {kept} WHERE list_contains($1, made_of)",
                [sorted(standing)],
            )
        if there != set(months):
            self._keep(con, name, months)

    def _work_out(
        self, con: duckdb.DuckDBPyConnection, name: str, sql: str, source: str, months: list[str], all_of_them: bool
    ) -> None:
        """Makes the table of these months of the source alone."""
        listed = ", ".join(f"DATE '{month}'" for month in months)
        where = "true" if all_of_them else f"month IN ({listed})" if months else "false"
        con.execute("CREATE SCHEMA IF NOT EXISTS due")
        con.execute(f"CREATE OR REPLACE VIEW due.{source} AS FROM source.{source} WHERE {where}")
        work_out(con, name, sql.replace(f"source.{source}", f"due.{source}"))

    def _keep(self, con: duckdb.DuckDBPyConnection, name: str, months: dict[str, str]) -> None:
        with private():
            folder(self.workspace).mkdir(exist_ok=True)
        path = folder(self.workspace) / f"{name}.parquet"
        made_of = "SELECT unnest($1::VARCHAR[]) AS made_of, unnest($2::DATE[]) AS month"
        with appearing(path, self.workspace.work) as unfinished:
            con.execute(
                f"COPY (SELECT * FROM core.{name} JOIN ({made_of}) USING (month)) "
                f"TO {quoted_text(str(unfinished))} (FORMAT parquet, COMPRESSION lz4_raw)",
                [list(months), list(months.values())],
            )


def source_by_month(name: str, sql: str) -> str | None:
    """The source of a query that says that each month gives it by itself; None where it does not. Raises BadModel."""
    if BY_MONTH not in sql.splitlines():
        return None
    reads = tables_of(sql)
    if len(reads) != 1 or not (source := min(reads)).startswith("source."):
        raise BadModel(
            f"sql/core/{name}.sql says that each month gives it by itself, and reads {', '.join(sorted(reads))}; it may read "
            "one source and nothing else."
        )
    if "month" not in outputs_of(sql):
        raise BadModel(
            f"sql/core/{name}.sql says that each month gives it by itself, and its rows do not say of which month."
        )
    return source.removeprefix("source.")


def fingerprint(sql: str, made_of: list) -> str:
    return hashlib.sha256(json.dumps([MAKING, duckdb.__version__, sql, made_of]).encode()).hexdigest()


def folder(workspace: Workspace) -> Path:
    return workspace.store / ".facts"


def throw_away(workspace: Workspace, but: Mapping[str, str] | None = None) -> None:
    """Throws away every kept fact, but for those whose query (`but`: by name) still says that each month gives it."""
    stay = {name for name, sql in (but or {}).items() if source_by_month(name, sql)}
    for path in folder(workspace).glob("*"):
        if path.stem not in stay:
            path.unlink(missing_ok=True)
