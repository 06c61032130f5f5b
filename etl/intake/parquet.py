"""Looks at a Parquet file before it is read: its columns, and whether what they hold can be read as cells at all."""

import re
from pathlib import Path

from etl.config.contracts import Contract
from etl.database import connect_to_files
from etl.intake.headings import matched
from etl.intake.land import Arrival, UnreadableExtract
from etl.quoting import quoted_name, quoted_text

ZONED = "TIMESTAMP WITH TIME ZONE"  # a moment in UTC, which a contract tells by the local clock
COUNTS = re.compile(r"U?(BIG|HUGE)INT$|DECIMAL")  # types of whole numbers that may be larger than a number is exact
MAX_COUNT = 1 << 53
NO_CELL = {  # a type of DuckDB's, as it begins: what to say of it
    "INTERVAL": "durations",
    "TIME": "times of day",
    "STRUCT": "records",
    "MAP": "records",
    "UNION": "records",
    "BLOB": "bytes",
    "BIT": "bits",
}


def columns_of(path: Path) -> tuple[list[str], list[str], bool]:
    """The headings of a Parquet file, their types, and whether it has any row. Raises duckdb.Error."""
    with connect_to_files(path, Path(literally(path))) as con:
        rows = f"read_parquet({quoted_text(literally(path))})"
        columns = con.execute(f"SELECT column_name, column_type FROM (DESCRIBE FROM {rows})").fetchall()
        # No cell is fetched: what stands in it may be something that Python has no word for.
        any_rows = bool(con.execute(f"SELECT 1 FROM {rows} LIMIT 1").fetchall())
        return [name for name, _ in columns], [kind for _, kind in columns], any_rows


def expect_cells(arrival: Arrival, headings: tuple[str, ...], types: tuple[str, ...], contract: Contract) -> None:
    """Raises UnreadableExtract where a wanted column holds what is no number, word or moment, though it would pass for one."""
    durations = _durations(arrival)
    for column, places in matched(headings, contract).items():
        for place in places:
            what = "durations" if headings[place] in durations else _no_cell(types[place])
            if what:
                raise UnreadableExtract(
                    f"{arrival.name}: {headings[place]} holds {what}, and {column} is read as "
                    f"{contract.column(column).type.replace('_', ' ')}; export it as plain "
                    f"{'numbers, in hours or days as the contract says' if what == 'durations' else 'cells'}."
                )
            is_count = COUNTS.match(types[place]) and contract.column(column).type == "number"
            if is_count and _holds_huge(arrival, headings[place]):
                raise UnreadableExtract(
                    f"{arrival.name}: {headings[place]} holds counts beyond {MAX_COUNT:,}, which no figure can hold exactly; "
                    "another column may stand under that heading. Export it again."
                )


def _holds_huge(arrival: Arrival, heading: str) -> bool:
    with connect_to_files(arrival.path, Path(literally(arrival.path))) as con:
        # Compared as it is kept: a count beyond what DuckDB's own whole numbers hold would not survive a cast.
        beyond = f"{quoted_name(heading)} NOT BETWEEN -{MAX_COUNT} AND {MAX_COUNT}"
        rows = con.execute(f"SELECT 1 FROM read_parquet($1) WHERE {beyond} LIMIT 1", [literally(arrival.path)])
        return rows.fetchone() is not None


def _no_cell(kind: str) -> str | None:
    if kind.endswith("]"):
        return "lists"
    return next((what for begins, what in NO_CELL.items() if re.match(rf"{begins}\b(?!STAMP)", kind)), None)


def _durations(arrival: Arrival) -> set[str]:
    """The headings of columns that pandas or Arrow wrote as durations: Parquet itself knows only their numbers."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(arrival.path)
    except (pa.ArrowException, OSError):
        return set()
    return {field.name for field in schema if pa.types.is_duration(field.type)}


def damaged(arrival: Arrival) -> str:
    return f"{arrival.name} is a Parquet file that was cut short or damaged; export it again."


def literally(path: Path) -> str:
    """The path as DuckDB must be told it, so that `beds[1].csv` does not mean `beds1.csv` too."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))
