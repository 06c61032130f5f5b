"""Every connection to DuckDB reaches the files of its work and no other, and whatever runs on it cannot change that."""

import ast
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from etl import database as connections
from etl.paths import Workspace
from pages.parts.release import database
from tests.conftest import PROJECT

SCRIPTS = [PROJECT / "app.py", *sorted((PROJECT / "etl").rglob("*.py")), *sorted((PROJECT / "pages").rglob("*.py"))]
OPENS = {"etl/database.py", "pages/parts/release/database.py"}  # one of the engine's, one of the app's
ERRORS = {"Error", "BinderException", "CatalogException", "OutOfMemoryException", "ProgrammingError"}
HARMLESS = {"DuckDBPyConnection", "StatementType", "paramstyle", "__version__", *ERRORS}


def place(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def used_of_duckdb(text: str) -> set[str]:
    """What a module takes from duckdb, by whatever name it calls it: all that is not a type, an error or a word."""
    tree, names, used = ast.parse(text), set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {
                alias.asname or alias.name for alias in node.names if alias.name.split(".")[0] in ("duckdb", "_duckdb")
            }
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("duckdb", "_duckdb"):
            used |= {alias.name for alias in node.names}
        elif (
            isinstance(node, ast.Call)
            and re.search(r"import_(_|module)$", ast.unparse(node.func))
            and "duckdb" in ast.unparse(node)
        ):
            used.add("imported by name")
    roots = {name.split(".")[0] for name in names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in roots:
            used.add(node.attr)
        elif isinstance(node, ast.Name) and node.id in roots and not isinstance(node.ctx, ast.Store):
            used.add(node.id)
    # A bare name is what stands before a point, or is handed on.
    bare = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in roots]
    before_a_point = [
        node.value for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    ]
    used -= roots
    used |= {"handed on" for node in bare if node not in before_a_point}
    return used - HARMLESS


@pytest.mark.parametrize("path", SCRIPTS, ids=place)
def test_connections_are_opened_in_one_module_of_each_side(path):
    used = used_of_duckdb(path.read_text(encoding="utf-8"))
    if place(path) in OPENS:
        assert used == {"connect"}
    elif place(path) == "etl/intake/expectations/gx_dialect.py":
        assert used == {"handed on"}  # to SQLAlchemy, as the module whose errors it knows; it gets an open connection
    else:
        assert used == set()


@pytest.mark.parametrize(
    "text",
    [
        "import duckdb\nduckdb.connect()",
        "import duckdb as d\nd.connect()",
        "from duckdb import connect",
        "import duckdb\nopen = duckdb.connect",
        "import duckdb\nduckdb.sql('SELECT 1')",
        "import duckdb\nduckdb.default_connection()",
        "import duckdb\nduckdb.read_csv('x')",
        "import duckdb\ngetattr(duckdb, 'connect')()",
        "__import__('duckdb').connect()",
        "import importlib\nimportlib.import_module('duckdb').connect()",
        "import _duckdb\n_duckdb.connect()",
    ],
)
def test_any_other_would_be_found(text):
    assert used_of_duckdb(text)


# ---- what they reach ---------------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path) -> Path:
    workspace = Workspace(tmp_path / "it's a workspace")
    workspace.make()
    (workspace.home / "secret.key").write_text("0" * 64)
    (workspace.home / "access.yaml").write_text("who: []")
    (workspace.inbox / "beds.csv").write_text("a\n1\n")
    (workspace.releases / "CURRENT").write_text("2026-11-09a")
    for name in ("2026-11-09a", "2026-11-09b"):
        with duckdb.connect(str(workspace.releases / f"{name}.duckdb")) as con:
            con.execute("CREATE TABLE told AS SELECT 1 AS a")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secrets.toml").write_text("cookie_secret = 'x'\n")
    (workspace.store / "out").symlink_to(tmp_path / "outside")
    with duckdb.connect(str(tmp_path / "outside" / "other.duckdb")) as con:
        con.execute("CREATE TABLE t AS SELECT 1")
    return workspace.home


def release(home: Path, letter: str) -> Path:
    return home / "releases" / f"2026-11-09{letter}.duckdb"


KINDS: dict[str, Callable[[Path], duckdb.DuckDBPyConnection]] = {
    "a build": lambda home: connections.connect(Workspace(home)),
    "one file of a build": lambda home: connections.connect(Workspace(home), 1),
    "folders": lambda home: connections.connect_to_folders([home / "store"], home / "store" / ".work" / "spill"),
    "files": lambda home: connections.connect_to_files(home / "inbox" / "beds.csv"),
    "no file": lambda home: connections.connect_to_files(),
    "the engine's release": lambda home: connections.connect_to_release(release(home, "a")),
    "the app's release": lambda home: database.open_release(str(release(home, "a"))),
    "the app's two releases": lambda home: database.open_two(str(release(home, "a")), str(release(home, "b"))),
}
FORBIDDEN = [
    "SELECT * FROM read_text({secrets})",
    "SELECT * FROM read_blob({secrets})",
    "SELECT * FROM read_csv({secrets})",
    "SELECT * FROM read_text({linked})",
    "SELECT * FROM read_text({dotted})",
    "SELECT * FROM {secrets}",
    "SELECT * FROM glob({any})",
    "SELECT * FROM sniff_csv({secrets})",
    "SELECT * FROM read_text({key})",
    "SELECT * FROM read_text({access})",
    "SELECT * FROM read_text('/proc/self/environ')",
    "COPY (SELECT 1) TO {planted}",
    "COPY (SELECT 1) TO {planted} (FORMAT parquet)",
    "COPY (SELECT 'who: []') TO {access}",
    "COPY (SELECT 1) TO {current}",
    "CREATE TEMP TABLE t (a VARCHAR); COPY t FROM {secrets}",
    "ATTACH {other} AS other",
    "ATTACH {other} AS other (READ_ONLY)",
    "ATTACH {planted} AS planted",
    "EXPORT DATABASE {folder}",
    "IMPORT DATABASE {folder}",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD {planted}",
    "CREATE SECRET s (TYPE s3, KEY_ID 'x', SECRET 'x')",
    "SELECT * FROM read_csv('https://127.0.0.1:9/x.csv')",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET allowed_directories = ['/']",
    "SET allowed_paths = ['/etc/passwd']",
    "RESET enable_external_access",
    "SET GLOBAL temp_directory = {folder}",
    "SET memory_limit = '1GB'",
    "PRAGMA enable_profiling = 'json'",
    "SET profiling_output = {planted}",
    "SET log_query_path = {planted}",
    "SET extension_directory = {folder}",
    "SET home_directory = {folder}",
    "CALL enable_logging(storage = 'file', storage_path = {folder})",
    "SELECT * FROM secrets",  # a variable of Python
]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_outside_is_read_or_written_and_nothing_is_loaded_or_set(kind, home, tmp_path):
    outside = tmp_path / "outside"
    secrets = {"a": [1]}  # noqa: F841 - what a query could name, were Python's variables looked at
    paths = {
        "secrets": outside / "secrets.toml",
        "linked": home / "store" / "out" / "secrets.toml",
        "dotted": home / "inbox" / ".." / ".." / "outside" / "secrets.toml",
        "any": outside / "*",
        "key": home / "secret.key",
        "access": home / "access.yaml",
        "current": home / "releases" / "CURRENT",
        "planted": outside / "planted",
        "other": outside / "other.duckdb",
        "folder": outside / "folder",
    }
    before = sorted((path, path.read_bytes()) for path in [*outside.rglob("*"), *home.iterdir()] if path.is_file())
    quoted = {name: "'" + str(path).replace("'", "''") + "'" for name, path in paths.items()}
    with closing(KINDS[kind](home)) as con:
        each = {"enable_external_access": False, "lock_configuration": True, "autoinstall_known_extensions": False}
        for name, value in each.items():
            assert con.execute(f"SELECT current_setting('{name}')").fetchall() == [(value,)]
        let_through = []
        for sql in FORBIDDEN:
            for one in (con, con.cursor()):
                try:
                    one.execute(sql.format(**quoted)).fetchall()
                    let_through.append(sql)
                except (duckdb.Error, RuntimeError):
                    pass
        assert let_through == []
    after = sorted((path, path.read_bytes()) for path in [*outside.rglob("*"), *home.iterdir()] if path.is_file())
    assert after == before


def test_each_reaches_what_is_its_work(home):
    beds, work = home / "inbox" / "beds.csv", home / "store" / ".work"
    where = "'" + str(work / "x.parquet").replace("'", "''") + "'"
    with closing(KINDS["a build"](home)) as con:
        assert con.execute("FROM read_csv(?)", [str(beds)]).fetchall() == [(1,)]
        con.execute(f"COPY (SELECT 1 AS a) TO {where} (FORMAT parquet)")
        assert con.execute(f"FROM read_parquet({where})").fetchall() == [(1,)]
    with closing(KINDS["files"](home)) as con:
        assert con.execute("FROM read_csv(?)", [str(beds)]).fetchall() == [(1,)]
    with closing(KINDS["folders"](home)) as con:
        assert con.execute("FROM read_parquet(?)", [str(work / "*.parquet")]).fetchall() == [(1,)]
    with closing(KINDS["the engine's release"](home)) as one, closing(KINDS["the engine's release"](home)) as other:
        assert one.execute("FROM told").fetchall() == other.execute("FROM told").fetchall() == [(1,)]
    with closing(KINDS["the app's two releases"](home)) as con:
        assert con.execute("FROM earlier.told UNION ALL FROM later.told").fetchall() == [(1,), (1,)]


def test_an_inbox_elsewhere_is_read_and_what_it_points_at_is_not(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    (tmp_path / "exports").mkdir()
    (tmp_path / "share").mkdir()
    workspace.home.mkdir()
    workspace.inbox.symlink_to(tmp_path / "exports")
    workspace.make()
    (tmp_path / "share" / "beds.csv").write_text("a\n1\n")
    (workspace.inbox / "linked.csv").symlink_to(tmp_path / "share" / "beds.csv")
    (tmp_path / "exports" / "plain.csv").write_text("a\n3\n")
    with closing(connections.connect(workspace)) as con:
        assert con.execute("FROM read_csv(?)", [str(workspace.inbox / "plain.csv")]).fetchall() == [(3,)]
        for path in (workspace.inbox / "linked.csv", tmp_path / "share" / "beds.csv"):
            with pytest.raises(duckdb.PermissionException):
                con.execute("FROM read_csv(?)", [str(path)])
