"""What the files of a workspace were when they were written, so that damage is noticed: store/sums.json.

    {"beds/3f….parquet": ["sha256, 64 digits", size in bytes, time last written in ns], …}

Names are below the workspace. Only what never changes once it stands is listed: rows kept, what is remembered of protection,
releases. Every verb that holds the workspace notes what is new as it ends. Who rewrites a listed file says so before (`forget`).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import pyarrow
import pyarrow.parquet

from etl.database import connect_to_release
from etl.paths import Workspace, write_json

CHUNK = 1 << 22
SUSPECT = 0  # the time that is noted of a file which was seen to be damaged: at the next look it is read whole


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def read(workspace: Workspace) -> dict[str, tuple[str, int, int]]:
    """What is noted; nothing where the list itself cannot be read, and then everything is noted anew."""
    try:
        record = json.loads(_path(workspace).read_text(encoding="utf-8"))
        return {str(name): (str(digest), int(size), int(written)) for name, (digest, size, written) in record.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def note(workspace: Workspace) -> None:
    """Notes what is new, and drops what is gone. Hold the workspace while it runs. Raises DiskFull."""
    noted = read(workspace)
    standing = {path.relative_to(workspace.home).as_posix(): path for path in _listed(workspace)}
    found = {name: each for name, each in noted.items() if name in standing}
    for name in sorted(set(standing) - set(noted)):
        seen = standing[name].stat()
        found[name] = (sha256(standing[name]), seen.st_size, seen.st_mtime_ns)
    if found != noted:
        write_json(_path(workspace), found, workspace.work)


def forget(workspace: Workspace, paths: Iterable[Path]) -> None:
    """Before these files are written anew: what they are then is noted when that is done."""
    names = {path.relative_to(workspace.home).as_posix() for path in paths}
    noted = read(workspace)
    if names & noted.keys():
        write_json(_path(workspace), {name: each for name, each in noted.items() if name not in names}, workspace.work)


def suspect(workspace: Workspace, names: Iterable[str]) -> None:
    """So that the next build reads these whole, though they were last written when they were noted."""
    noted = read(workspace)
    doubted = {name: (*noted[name][:2], SUSPECT) for name in names if name in noted}
    if doubted:
        write_json(_path(workspace), noted | doubted, workspace.work)


def changed(workspace: Workspace, folder: Path) -> Iterator[Path]:
    """The files of a folder that are not what was noted. Only those are read whose size or time is another."""
    for name, (digest, size, written) in read(workspace).items():
        path = workspace.home / name
        if not path.is_relative_to(folder) or not path.exists():
            continue
        seen = path.stat()
        if seen.st_size != size or (seen.st_mtime_ns != written and sha256(path) != digest):
            yield path


def is_readable(path: Path) -> bool:
    """Whether a file can be read to its end, as far as its kind lets one tell: DuckDB's blocks have sums of their own."""
    try:
        if path.suffix == ".parquet":
            for _ in pyarrow.parquet.ParquetFile(path).iter_batches():
                pass
        elif path.suffix == ".duckdb":
            with connect_to_release(path) as con:
                for schema, table in con.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall():
                    con.table(f'"{schema}"."{table}"').aggregate("sum(hash(COLUMNS(*)))").fetchall()
        elif path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"))
    except (duckdb.Error, pyarrow.ArrowException, OSError, ValueError):
        return False
    return True


def _listed(workspace: Workspace) -> Iterator[Path]:
    for pattern in ("store/*/*.parquet", "store/protection/**/*.parquet", "releases/*.duckdb"):
        for path in workspace.home.glob(pattern):
            below = path.relative_to(workspace.home).parts
            if path.is_file() and not path.is_symlink() and not any(part.startswith(".") for part in below):
                yield path


def _path(workspace: Workspace) -> Path:
    return workspace.store / "sums.json"
