"""Releases as a reader opens them, for the attacker."""

import datetime as dt
from dataclasses import dataclass, field, fields
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etl.database import connect_to_release
from etl.disclosure import memory
from etl.paths import Workspace
from etl.store import checksums

TABLES = (
    ("meta.unit", "unit, level, parent, from_month, to_month"),
    ("meta.pool", "indicators, unit, pool, from_month, to_month"),
)
KNOWN = (
    *("indicator", "unit", "month", "people", "denominator", "public_numerator", "public_denominator", "per_person"),
)


@dataclass(frozen=True)
class Part:
    """Of a release, or of the memory: everything of some indicators, and some months of all others."""

    indicators: frozenset[str]
    months: frozenset[dt.date]


@dataclass(frozen=True)
class Release:
    """What a reader holds: the tables of one release that the attack needs, and the headers of its indicators."""

    name: str
    value: pa.Table
    unit: pa.Table
    pool: pa.Table
    headers: dict[str, object]
    followed: dict[str, str] = field(default_factory=dict)  # a unit that was merged away → the one its history follows
    published: frozenset[str] = frozenset()  # the sources that were public before they came here


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
    sources: list[str] = field(default_factory=list)
    told_in: str = "rates"
    part_of: list[str] = field(default_factory=list)


def read(
    path: Path, followed: dict[str, str] | None = None, name: str | None = None, part: Part | None = None
) -> Release:
    """What it says of people; `name`, where the file is not called by it yet."""
    with connect_to_release(path) as con:
        tables = [con.sql(f"SELECT {columns} FROM {table}").to_arrow_table() for table, columns in TABLES]
        headers = con.sql("FROM meta.indicator").to_arrow_table()
        published = {source for (source,) in con.execute("SELECT source FROM meta.source WHERE published").fetchall()}
        # What an older release does not say of an indicator is as it was before anything was said of it.
        listed = [each.name for each in fields(Header) if each.name in headers.column_names]
        named = {record["indicator"]: Header(**record) for record in headers.select(listed).to_pylist()}
        of_people = [name for name, each in named.items() if not each.sources or set(each.sources) - published]
        value = _values(con, of_people, part)
    return Release(name or path.stem, value, *tables, named, followed or {}, frozenset(published))


def _values(con: duckdb.DuckDBPyConnection, indicators: list[str], part: Part | None) -> pa.Table:
    """The values, with names as dictionaries: a nation's release has millions of rows."""
    names = {
        column: [name for (name,) in con.execute(f"SELECT DISTINCT {column} FROM mart.value ORDER BY 1").fetchall()]
        for column in ("indicator", "unit")
    }
    for column, each in names.items():
        con.register(
            f"{column}_name", pa.table({column: pa.array(each, pa.string()), "n": np.arange(len(each), dtype=np.int32)})
        )
    rows = con.sql(
        """
        SELECT
            indicator_name.n AS indicator,
            unit_name.n AS unit,
            month,
            value,
            numerator IS NOT NULL OR denominator IS NOT NULL AS public,
            shown = 'yes' AS shown
        FROM mart.value
        JOIN indicator_name USING (indicator)
        JOIN unit_name USING (unit)
        WHERE shown IN ('yes', 'protected')
          AND list_contains($indicators::VARCHAR[], indicator)
          AND ($whole OR list_contains($some::VARCHAR[], indicator) OR list_contains($months::DATE[], month))
        """,
        params={
            "indicators": indicators,
            "whole": part is None,
            "some": sorted(part.indicators) if part else [],
            "months": sorted(part.months) if part else [],
        },
    ).to_arrow_table()
    names |= {"shown": ["protected", "yes"]}
    columns = {}
    for column in rows.column_names:
        array = rows[column].combine_chunks()
        if column in names:
            array = pa.DictionaryArray.from_arrays(array.cast(pa.int32()), pa.array(names[column], pa.string()))
        columns[column] = array
    return pa.table(columns)


def paths_of(workspace: Workspace) -> list[Path]:
    """Every release that was ever published and can still be read, those withdrawn too, oldest first."""
    damaged = damaged_of(workspace)
    return [path for path in workspace.ever_published() if path not in damaged]


def damaged_of(workspace: Workspace) -> set[Path]:
    """Releases of which nobody can read all any more. What was decided in them is remembered in store/protection."""
    changed = set(checksums.changed(workspace, workspace.releases))
    return {
        path
        for path in workspace.ever_published()
        if not (_opens(path) if path not in changed else checksums.is_readable(path))
    }


def _opens(path: Path) -> bool:
    try:
        with connect_to_release(path) as con:
            con.execute("SELECT count(*) FROM duckdb_tables()").fetchall()
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error:
        return False
    return True


def known_of(workspace: Workspace, release: str, part: Part | None = None) -> pa.Table:
    """What colleagues knew at a release and not before: what the engine remembers of people."""
    path = workspace.protection / f"{release}.parquet"
    if not path.exists():
        return pa.table({name: pa.array([], _type(name)) for name in KNOWN})
    wanted = None
    if part is not None:
        indicators, months = pa.array(sorted(part.indicators), pa.string()), pa.array(sorted(part.months), pa.date32())
        wanted = pc.field("indicator").isin(indicators) | pc.field("month").isin(months)
    return pq.read_table(path, columns=list(KNOWN), read_dictionary=["indicator", "unit"], filters=wanted)


def _type(name: str) -> pa.DataType:
    return {"indicator": pa.string(), "unit": pa.string(), "month": pa.date32()}.get(name, pa.float64())


def of_workspace(workspace: Workspace, part: Part | None = None) -> tuple[list[Release], dict[str, pa.Table]]:
    """Every release that can be read, oldest first, and what colleagues knew at each."""
    paths = paths_of(workspace)
    remembered = sorted({path.stem for path in paths} | set(memory.releases(workspace)))
    known = {name: known_of(workspace, name, part) for name in remembered}
    return [read(path, memory.followed(workspace, path.stem), part=part) for path in paths], known
