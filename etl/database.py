"""DuckDB as Kinship uses it: it fetches nothing, reaches only the files of its work, and reads several side by side.

The engine opens every connection here. Whatever comes to run on one (a suite's query, or a text that somebody has smuggled
into one) can read and write nothing else, can load no code, and cannot take the wall down. `allowed_directories` alone would be
none: while external access is on, every file can be read.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import duckdb

from etl.paths import Workspace

Item, Made = TypeVar("Item"), TypeVar("Made")


FETCHES_NOTHING = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}


def connect(workspace: Workspace, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """For a build, a purge or a trial: it reaches the workspace's inbox and store, wherever they lie, and of the workspace
    nothing else; not its key, nor who may see what, nor a release that stands."""
    return _opened([workspace.inbox, workspace.store], [], workspace.work / "spill", threads)


def connect_to_folders(folders: Iterable[Path], spill: Path) -> duckdb.DuckDBPyConnection:
    """It reaches these folders; what does not fit into memory it lays into `spill`."""
    return _opened([*folders], [], spill)


def connect_to_files(*files: Path) -> duckdb.DuckDBPyConnection:
    """It reaches these files; without any, none. What it works out must fit into memory."""
    return _opened([], files, None)


def connect_to_release(path: Path) -> duckdb.DuckDBPyConnection:
    """It reads one release, and reaches no other file."""
    con = duckdb.connect(str(path), read_only=True, config=FETCHES_NOTHING)
    _wall_in(con, [], [])
    return con


def _opened(
    folders: Iterable[Path], files: Iterable[Path], spill: Path | None, threads: int | None = None
) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config=FETCHES_NOTHING)
    con.execute("SET temp_directory = ?", [str(spill) if spill else ""])
    con.execute("SET enable_progress_bar = false")
    if threads:
        con.execute("SET threads = ?", [threads])
    _wall_in(con, folders, files)
    return con


def _wall_in(con: duckdb.DuckDBPyConnection, folders: Iterable[Path], files: Iterable[Path]) -> None:
    """All three, in this order: what is allowed cannot be said once the rest is forbidden."""
    if con.execute("SELECT current_setting('lock_configuration')").fetchall()[0][0]:
        return  # this process has the same file open already, behind this wall
    con.execute("SET allowed_directories = ?", [[str(folder.resolve()) for folder in folders]])
    con.execute("SET allowed_paths = ?", [[str(file.resolve()) for file in files]])
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")


@contextmanager
def side_by_side(
    con: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    does: Callable[[duckdb.DuckDBPyConnection, Item], Made],
    items: Sequence[Item],
) -> Iterator[list[Future[Made]]]:
    """Does the same with each item, as many at once as `con` uses cores; the answers are in the order of the items.

    DuckDB writes the rows of one file in their order, for which it hardly uses more than one core, so files are what is
    shared out. Each worker has a DuckDB of its own: what is laid out for one file must not meet what is for another.
    """
    own, opened = threading.local(), []

    def open_one() -> None:
        own.con = connect(workspace, max(1, cores // many))
        opened.append(own.con)

    cores = con.execute("SELECT current_setting('threads')").fetchone()[0]
    many = max(1, min(len(items), cores))
    pool = ThreadPoolExecutor(many, initializer=open_one)
    try:
        yield [pool.submit(lambda item: does(own.con, item), item) for item in items]
    except BaseException:
        for each in list(opened):
            each.interrupt()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        for each in opened:
            each.close()
