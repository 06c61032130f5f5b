"""What the rules must remember: every figure that was ever told or withheld, in releases rolled back as well.

One Parquet file a release in store/protection/, with the cells that it was the first to decide, or decided anew.
"""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from etl.paths import appearing

SCHEMA = pa.schema(
    {
        "release": pa.string(),
        "kind": pa.string(),
        "family": pa.string(),
        "indicator": pa.string(),
        "unit": pa.string(),
        "pool": pa.string(),  # the pool that the unit was in; NULL: none
        "month": pa.date32(),
        "denominator": pa.float64(),
        "people": pa.float64(),
        "per_person": pa.float64(),  # what one person in the numerator stands for; NULL: nobody was counted
        "value": pa.float64(),  # as told; NULL: withheld
        "why": pa.string(),
        "frozen": pa.bool_(),
    }
)


def recall(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Fills the table `remembered`: of every cell what the newest release to decide it said."""
    con.register("nothing_remembered", SCHEMA.empty_table())
    files = sorted(map(str, folder.glob("*.parquet")))
    # The name of a release sorts by its day, then by the length of its letters, then by them.
    con.execute(
        "CREATE OR REPLACE TEMP TABLE remembered AS "
        + (
            f"""
            SELECT *
            FROM read_parquet({files!r})
            QUALIFY row_number() OVER (
                PARTITION BY indicator, unit, month ORDER BY release[:10] DESC, len(release) DESC, release DESC
            ) = 1
            """
            if files
            else "FROM nothing_remembered"
        )
    )
    con.unregister("nothing_remembered")


def remember(cells: pa.Table, release: str, folder: Path, work: Path) -> None:
    """Writes what a release decided; called before the release can be seen. Raises DiskFull."""
    folder.mkdir(parents=True, exist_ok=True)
    with appearing(folder / f"{release}.parquet", work) as unfinished:
        pq.write_table(cells, unfinished, compression="zstd")
