"""Opens releases for the pages: the app's only module that connects to DuckDB. Questions read what is open, and no other file.

All three settings are needed, in this order: allowed directories alone keep nothing from being read while external access is on,
and without the lock a query could take the wall down again.
"""

import duckdb

FETCHES_NOTHING = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}


def open_release(path: str) -> duckdb.DuckDBPyConnection:
    """Raises duckdb.Error where it cannot be opened."""
    con = duckdb.connect(path, read_only=True, config=FETCHES_NOTHING)
    _wall_in(con)
    return con


def open_two(earlier: str, later: str) -> duckdb.DuckDBPyConnection:
    """Both releases, by the names `earlier` and `later`. Raises duckdb.Error where one cannot be opened."""
    con = duckdb.connect(config=FETCHES_NOTHING)
    for name, path in (("earlier", earlier), ("later", later)):
        con.execute(f"ATTACH {quoted_text(path)} AS {name} (READ_ONLY)")
    _wall_in(con)
    return con


def _wall_in(con: duckdb.DuckDBPyConnection) -> None:
    """Whatever is open stays readable; nothing else is."""
    if con.execute("VALUES (current_setting('lock_configuration'))").fetchall()[0][0]:
        return  # this process has the same file open already, behind this wall
    con.execute("SET allowed_directories = []")
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")


def quoted_text(text: str) -> str:
    """The literal that means exactly this text. (ATTACH takes no parameter.)"""
    return "'" + text.replace("'", "''") + "'"
