"""Lets Great Expectations ask its questions of DuckDB, through SQLAlchemy.

Great Expectations knows no DuckDB, and the dialects on the registry do not serve it: it hands a connection back before
it fetches the rows. DuckDB's SQL is near to PostgreSQL's, so this is that dialect, with a cursor that fetches at once.
"""

from typing import Any, ClassVar

import duckdb
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, registry
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect
from sqlalchemy.pool import StaticPool

MOST_ROWS = 10_000  # more than any table has columns


class Cursor:
    """A DB-API cursor whose rows are all fetched when the query runs.

    Great Expectations asks for counts, which we use, and for lists of the offending cells, which we never do: rows past
    `MOST_ROWS` are left where they are.
    """

    description = None
    rowcount = -1
    arraysize = 1

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        self._connection = connection
        self._rows: list[tuple] = []

    def execute(self, sql: str, parameters: Any = None) -> None:
        result = self._connection.execute(sql, parameters or None)
        self.description = result.description
        self._rows = result.fetchmany(MOST_ROWS) if result.description else []
        self._rows.reverse()

    def fetchone(self) -> tuple | None:
        return self._rows.pop() if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[tuple]:
        return [self._rows.pop() for _ in range(min(size or self.arraysize, len(self._rows)))]

    def fetchall(self) -> list[tuple]:
        return [self._rows.pop() for _ in range(len(self._rows))]

    def close(self) -> None:
        self._rows = []


class Connection:
    """A DB-API connection on a DuckDB connection that somebody else opens and closes."""

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        self._connection = connection

    def cursor(self) -> Cursor:
        return Cursor(self._connection)

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...


class Compiler(PGCompiler):
    def visit_regexp_match_op_binary(self, binary, operator, **kw):
        return f"regexp_matches({self.process(binary.left, **kw)}, {self.process(binary.right, **kw)})"

    def visit_not_regexp_match_op_binary(self, binary, operator, **kw):
        return "NOT " + self.visit_regexp_match_op_binary(binary, operator, **kw)

    def visit_custom_op_binary(self, element, operator, **kw):
        if operator.opstring == "~":
            return self.visit_regexp_match_op_binary(element, operator, **kw)
        if operator.opstring == "!~":
            return self.visit_not_regexp_match_op_binary(element, operator, **kw)
        return super().visit_custom_op_binary(element, operator, **kw)


class DuckDBDialect(PGDialect):
    name = "duckdb"
    driver = "duckdb"
    default_paramstyle = "qmark"
    supports_statement_cache = False
    server_version_info = (16, 0)
    statement_compiler = Compiler
    ischema_names: ClassVar[dict] = {
        "BOOLEAN": sa.BOOLEAN,
        "BIGINT": sa.BIGINT,
        "INTEGER": sa.INTEGER,
        "DOUBLE": sa.FLOAT,
        "DATE": sa.DATE,
        "TIMESTAMP": sa.TIMESTAMP,
        "VARCHAR": sa.VARCHAR,
    }

    def __init__(self, **options):
        super().__init__(**options)
        self.dialect = postgresql.dialect  # by which Great Expectations tells how a regular expression is written

    @classmethod
    def import_dbapi(cls):
        duckdb.paramstyle = "qmark"
        return duckdb

    def initialize(self, connection) -> None:
        """PostgreSQL's questions about its own server mean nothing here."""

    def do_rollback(self, dbapi_connection) -> None: ...

    def do_commit(self, dbapi_connection) -> None: ...

    def has_table(self, connection, table_name, schema=None, **kw) -> bool:
        return bool(self.get_columns(connection, table_name, schema))

    def get_columns(self, connection, table_name, schema=None, **kw) -> list[dict]:
        rows = connection.exec_driver_sql(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index",
            (table_name,),
        )
        return [
            {
                "name": name,
                "type": self.ischema_names.get(kind, sa.types.NullType)(),
                "nullable": True,
                "default": None,
            }
            for name, kind in rows
        ]

    def get_multi_columns(self, connection, *, schema=None, filter_names=None, **kw):
        return [((schema, name), self.get_columns(connection, name, schema)) for name in filter_names or ()]

    def get_pk_constraint(self, connection, table_name, schema=None, **kw) -> dict:
        return {"constrained_columns": [], "name": None}

    def get_multi_pk_constraint(self, connection, *, schema=None, filter_names=None, **kw):
        return [((schema, name), self.get_pk_constraint(connection, name)) for name in filter_names or ()]

    def get_table_names(self, connection, schema=None, **kw) -> list[str]:
        return [row[0] for row in connection.exec_driver_sql("SELECT table_name FROM duckdb_tables()")]

    def get_view_names(self, connection, schema=None, **kw) -> list[str]:
        return [row[0] for row in connection.exec_driver_sql("SELECT view_name FROM duckdb_views()")]

    def get_schema_names(self, connection, **kw) -> list[str]:
        return ["main"]


registry.register("duckdb", __name__, "DuckDBDialect")


def engine(connection: duckdb.DuckDBPyConnection) -> dict:
    """What SQLAlchemy's `create_engine("duckdb://", **…)` needs to work on an open DuckDB connection."""
    return {"creator": lambda: Connection(connection), "poolclass": StaticPool}
