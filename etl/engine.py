"""DuckDB as Kinship uses it: it fetches nothing from anywhere, and it reads several files side by side."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import duckdb

from etl.paths import Workspace

Item, Made = TypeVar("Item"), TypeVar("Made")


def connect(workspace: Workspace) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    con.execute("SET temp_directory = ?", [str(workspace.work / "spill")])
    con.execute("SET enable_progress_bar = false")
    return con


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
        own.con = connect(workspace)
        own.con.execute(f"SET threads = {max(1, cores // many)}")
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
