"""What the rules must remember: every figure that was ever told or withheld, in releases rolled back as well.

One Parquet file a release in store/protection/, with the cells that it was the first to decide, or decided anew, and in its
metadata the units whose history another follows. It is written before the release can be seen, under a name that does not
count yet; it counts as soon as the release stands. So a build that fails, or is cut off, has decided nothing, and no
release is forgotten.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from etl.database import connect_to_release
from etl.paths import Workspace, appearing
from etl.store import checksums

SCHEMA = pa.schema(
    {
        "release": pa.string(),
        "kind": pa.string(),
        "family": pa.string(),
        "indicator": pa.string(),
        "unit": pa.string(),
        "pool": pa.string(),  # the pool that the unit was in; NULL: none
        "parent": pa.string(),  # the unit that it stood right under; "": none. NULL: written before this was remembered
        "month": pa.date32(),
        "denominator": pa.float64(),  # without what is already public
        "people": pa.float64(),
        "public_numerator": pa.float64(),
        "public_denominator": pa.float64(),
        "per_person": pa.float64(),  # what one person in the numerator stands for; NULL: nobody was counted
        "value": pa.float64(),  # as told; NULL: withheld
        "told_in": pa.string(),  # the release that counted the value; NULL: withheld, or `release`
        "why": pa.string(),
        "frozen": pa.bool_(),
    }
)
PROMISED = ".promised"  # ends the name of what counts only once its release stands
FOLLOWED, HOLDS = b"followed", b"holds"
# The name of a release sorts by its day, then by the length of its letters, then by them.
NEWEST = """
    WINDOW newest_first AS (
        PARTITION BY indicator, unit, month ORDER BY release[:10] DESC, len(release) DESC, release DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
    QUALIFY row_number() OVER newest_first = 1
"""


class LostMemory(Exception):
    """A release stands of which nothing is remembered; the sentence says which, and what to do."""


def recall(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Fills the table `remembered`: of every cell what the newest release to decide it said, and `since`, the first to do
    so. Files written before a column was remembered have NULL there. Raises LostMemory where one is damaged."""
    con.register("nothing_remembered", SCHEMA.empty_table())
    paths = sorted(folder.glob("*.parquet"))
    files = [str(path) for path in paths]
    try:
        _remember(con, files)
    except duckdb.Error:
        for path in paths:
            if not checksums.is_readable(path):
                raise _damaged(path) from None
        raise
    con.unregister("nothing_remembered")


def _remember(con: duckdb.DuckDBPyConnection, files: list[str]) -> None:
    con.execute(
        "CREATE OR REPLACE TEMP TABLE remembered AS "
        + (
            f"""
            SELECT *, {"release" if len(files) == 1 else "last_value(release) OVER newest_first"} AS since
            FROM (FROM nothing_remembered UNION ALL BY NAME FROM read_parquet($1, union_by_name = true))
            {"" if len(files) == 1 else NEWEST}
            """
            if files
            else "SELECT *, release AS since FROM nothing_remembered"
        ),
        [files] if files else [],
    )


def _damaged(path: Path) -> LostMemory:
    return LostMemory(
        f"store/protection/{path.name} is damaged, and says what release {path.stem} told of people: put it back from a "
        "backup. Nothing was published."
    )


def in_order(names: Iterable[str]) -> list[str]:
    """Releases by their names, the oldest first."""
    return sorted(names, key=lambda name: (name[:10], len(name), name))


def promise(
    cells: pa.Table, followed: dict[str, str], release: str, workspace: Workspace, holds: dict | None = None
) -> None:
    """Writes what a release decided; called before the release can be seen. `followed`: a unit that was merged away → the
    one that its history follows; `holds`: its units and the rows it was made of (etl/release/losses.py). Raises DiskFull."""
    path = workspace.protection / f"{release}.parquet{PROMISED}"
    workspace.protection.mkdir(parents=True, exist_ok=True)
    with appearing(path, workspace.work) as unfinished:
        about = {FOLLOWED: json.dumps(followed), HOLDS: json.dumps(holds or {})}
        pq.write_table(cells.replace_schema_metadata(about), unfinished, compression="zstd")


def keep_promises(workspace: Workspace) -> None:
    """What was written of a release that stands is remembered from now on; of one that never came about, forgotten."""
    for path in sorted(workspace.protection.glob(f"*{PROMISED}")):
        kept = path.with_name(path.name.removesuffix(PROMISED))
        if kept.stem in {release.stem for release in workspace.ever_published()}:
            path.replace(kept)
        else:
            path.unlink()


def releases(workspace: Workspace) -> list[str]:
    """The releases that are remembered, whether or not their files still stand."""
    return [path.stem for path in workspace.protection.glob("*.parquet")]


def followed(workspace: Workspace, release: str) -> dict[str, str]:
    """The units that were merged away by that release, and those that their history follows."""
    return json.loads(_metadata(workspace, release).get(FOLLOWED, b"{}"))


def holds(workspace: Workspace, release: str) -> dict:
    """The units of a release and the rows it was made of; nothing where it is not remembered, or is older than that."""
    return json.loads(_metadata(workspace, release).get(HOLDS, b"{}"))


def _metadata(workspace: Workspace, release: str) -> dict[bytes, bytes]:
    path = workspace.protection / f"{release}.parquet"
    try:
        return (pq.read_schema(path).metadata if path.exists() else None) or {}
    except (pa.ArrowException, OSError):
        raise _damaged(path) from None


def expect_whole(workspace: Workspace) -> None:
    """Raises LostMemory where a release told of people and nothing of it is remembered: what it said could be undone by
    the next."""
    remembered = set(releases(workspace))
    for path in workspace.ever_published():
        name = path.stem
        if name not in remembered and _tells_of_people(path):
            raise LostMemory(
                f"Release {name} tells of people, and store/protection has no {name}.parquet: put the folder back from a "
                "copy, or take that release out of releases/ if nobody has seen it. Nothing was published."
            )


def _tells_of_people(path: Path) -> bool:
    try:
        with connect_to_release(path) as con:
            tables = con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'disclosure'").fetchall()
            return bool(tables[0][0] and con.execute("SELECT count(*) FROM meta.disclosure").fetchall()[0][0])
    except duckdb.Error:
        return True  # a damaged file: what it told nobody can say any more
