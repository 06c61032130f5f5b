"""Releases as a reader opens them, for the attacker."""

from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from etl.disclosure import memory
from etl.disclosure.figures import POOL
from etl.paths import Workspace

TABLES = (
    ("mart.value", "indicator, unit, month, value, numerator, denominator, shown"),
    ("meta.unit", "unit, level, parent, from_month, to_month"),
    ("meta.pool", "indicators, unit, pool, from_month, to_month"),
)


HEADER = 'indicator, family, disclosure, refresh, "window", scale, unit, better, levels'


@dataclass(frozen=True)
class Release:
    """What a reader holds: the tables of one release that the attack needs, and the headers of its indicators."""

    name: str
    value: pa.Table
    unit: pa.Table
    pool: pa.Table
    headers: dict[str, object]
    followed: dict[str, str] = field(default_factory=dict)  # a unit that was merged away → the one its history follows


@dataclass(frozen=True)
class Header:
    """What a release says of an indicator, as far as an attacker cares."""

    indicator: str
    family: str
    disclosure: str
    refresh: str
    window: int
    scale: float
    unit: str
    better: str
    levels: list[str]
    told_in: str = "rates"
    part_of: list[str] = field(default_factory=list)


def read(path: Path, followed: dict[str, str] | None = None) -> Release:
    with duckdb.connect(str(path), read_only=True) as con:
        tables = [con.sql(f"SELECT {columns} FROM {table}").to_arrow_table() for table, columns in TABLES]
        headers = con.sql(
            f"SELECT {HEADER}{', told_in, part_of' if _says_how(con) else ''} FROM meta.indicator"
        ).to_arrow_table()
    named = {record["indicator"]: Header(**record) for record in headers.to_pylist()}
    return Release(path.stem, *tables, named, followed or {})


def _says_how(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether a release says how its figures are told; earlier ones told all of them as rates."""
    named = "SELECT 1 FROM duckdb_columns() WHERE table_name = 'indicator' AND column_name = 'told_in'"
    return bool(con.execute(named).fetchall())


def of_workspace(workspace: Workspace) -> tuple[list[Release], pa.Table]:
    """Every release that stands, oldest first; and what colleagues know, which is what the engine remembers of people."""
    with duckdb.connect() as con:
        known = con.sql(
            """
            SELECT
                release, indicator, unit, month, people, denominator, public_numerator, public_denominator,
                coalesce(median(per_person) OVER (PARTITION BY indicator), 1) AS per_person
            FROM read_parquet($files)
            WHERE NOT starts_with(unit, $pool)
        """,
            params={"files": str(workspace.protection / "*.parquet"), "pool": POOL},
        ).to_arrow_table()
    paths = sorted(workspace.releases.glob("*.duckdb"), key=lambda path: (path.stem[:10], len(path.stem), path.stem))
    return [read(path, memory.followed(workspace, path.stem)) for path in paths], known
