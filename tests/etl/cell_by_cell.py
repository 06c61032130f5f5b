"""Compares two tables cell by cell, in SQL: for tests/etl/test_spark.py, and for millions of rows in tests/benchmarks/spark.py."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Compared:
    """`largest` is the largest difference of two measures, as a share of the greater, or of 1 where both are below."""

    rows: int
    columns: int
    largest: float
    differences: list[str]


def compared(con: duckdb.DuckDBPyConnection, mine: str, theirs: str, leave_out: Iterable[str] = ()) -> Compared:
    """Row by row in an order that both tables have: counts and words exactly, measures to TOLERANCE; nothing equals only
    nothing, and NaN only NaN."""
    kinds, others = _kinds(con, mine, leave_out), _kinds(con, theirs, leave_out)
    rows, other_rows = (con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0] for table in (mine, theirs))
    if kinds != {name: others.get(name) for name in kinds}:
        return Compared(rows, len(kinds), math.inf, [f"columns {kinds} and {others}"])
    if rows != other_rows:
        return Compared(rows, len(kinds), math.inf, [f"{rows} rows and {other_rows}"])
    measured = [name for name, kind in kinds.items() if kind == "DOUBLE"]
    # What is measured comes last in the order and rounded, for it may differ by a hair.
    order = ", ".join([name for name in kinds if name not in measured] + [f"round({name}, 6)" for name in measured])
    placed = f"SELECT {', '.join(kinds)}, row_number() OVER (ORDER BY {order}) AS place FROM"
    asked = ", ".join(part for name in kinds for part in _asked(name, name in measured))
    (found,) = con.execute(
        f"SELECT {asked} FROM ({placed} {mine}) AS mine JOIN ({placed} {theirs}) AS theirs USING (place)"
    ).fetchall()
    cells = zip(kinds, found[::3], found[1::3], strict=True)
    told = [f"{name}: {example}, and so in {many} rows" for name, many, example in cells if many]
    return Compared(rows, len(kinds), max((most or 0.0 for most in found[2::3]), default=0.0), told)


def _asked(name: str, measured: bool) -> tuple[str, str, str]:
    """In how many rows a column differs, one example, and by how much at the most."""
    mine, theirs = f"mine.{name}", f"theirs.{name}"
    apart = f"abs({mine} - {theirs}) / greatest(abs({mine}), abs({theirs}), 1)" if measured else "NULL::DOUBLE"
    differs = f"{mine} IS DISTINCT FROM {theirs} AND NOT coalesce({apart} <= {TOLERANCE}, false)"
    return (
        f"count(*) FILTER ({differs})",
        f"any_value(concat(coalesce({mine}::VARCHAR, 'nothing'), ' and ', coalesce({theirs}::VARCHAR, 'nothing'))) FILTER ({differs})",
        f"max({apart}) FILTER ({mine} IS DISTINCT FROM {theirs})",
    )


def _kinds(con: duckdb.DuckDBPyConnection, table: str, leave_out: Iterable[str]) -> dict[str, str]:
    """The columns; a whole number is one whatever its width."""
    described = con.execute(f"SELECT * FROM {table} LIMIT 0").description
    return {
        name: "whole number" if str(kind).endswith("INT") or str(kind) == "INTEGER" else str(kind)
        for name, kind, *_ in described
        if name not in leave_out
    }
