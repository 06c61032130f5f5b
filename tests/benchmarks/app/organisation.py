"""An organisation of so many teams, as a workspace the app can open, without the hours of extracts behind it.

A small demonstration is made and built as ever, so that every indicator, source, check and survey is there; then each of its
teams is copied, with all its figures and signals, until there are as many as asked for. What stands above the teams keeps the
figures of the small one. A second, earlier release holds the same, so that there is one to compare with.
"""

import shutil
from pathlib import Path

import duckdb

from etl.paths import Workspace
from etl.release import publish
from tests.benchmarks.build import run

PEOPLE = 500  # of the small one
BEFORE = "2020-01-01a"
COPIED = (
    "unit",
    "event",
    "coverage",
    "unit_name",
    "value",
    "signal",
    "prime",
    "strain",
    "wave",
    "score",
    "answer",
    "frame",
)


def make(workspace: Workspace, teams: int, months: int) -> None:
    """Fills the workspace."""
    run("-m", "etl", "demo", "--people", str(PEOPLE), "--months", str(months), home=workspace.home)
    run("-m", "etl", "build", home=workspace.home)
    small = workspace.releases / f"{workspace.current.read_text(encoding='utf-8').strip()}.duckdb"
    large = small.with_suffix(".large")
    copy(small, large, teams)
    large.replace(small)
    shutil.copy(small, small.with_stem(BEFORE))
    with duckdb.connect(str(small.with_stem(BEFORE))) as con:
        con.execute("UPDATE meta.release SET release = ?, built_at = ?", [BEFORE, "2020-01-01"])


def copy(small: Path, large: Path, teams: int) -> None:
    """Writes the large release, laid out and ordered as the engine does it."""
    with duckdb.connect() as con, publish.being_written(con, large):
        quoted = str(small).replace("'", "''")
        con.execute(f"ATTACH '{quoted}' AS small (READ_ONLY)")
        con.execute("""
            CREATE TEMP TABLE team AS
            SELECT DISTINCT unit FROM small.meta.unit
            WHERE level = 'team' AND unit NOT IN (SELECT pool FROM small.meta.pool)
        """)
        times = teams // con.execute("SELECT count(*) FROM team").fetchone()[0]
        tables = con.execute("SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'small'")
        for schema, table in tables.fetchall():
            rows = f"SELECT * FROM small.{schema}.{table}"
            if table in COPIED:
                title = ", title || ' ' || lpad(n::VARCHAR, 3, '0') AS title" if table == "unit" else ""
                rows += f"""
                    UNION ALL
                    SELECT t.* REPLACE (t.unit || '-' || n AS unit{title})
                    FROM small.{schema}.{table} AS t
                    JOIN team ON team.unit = t.unit
                    CROSS JOIN range(2, {times + 1}) AS copy(n)
                    ORDER BY ALL
                """
            con.execute(f"INSERT INTO made.{schema}.{table} {rows}")


def size(workspace: Workspace) -> tuple[list[str], list[str], str]:
    """(the titles of all teams, their codes, how large the release is in words)"""
    release = workspace.current.read_text(encoding="utf-8").strip()
    with duckdb.connect(str(workspace.releases / f"{release}.duckdb"), read_only=True) as con:
        teams = con.execute("SELECT DISTINCT title, unit FROM meta.unit WHERE level = 'team' ORDER BY ALL").fetchall()
        figures, months, indicators = con.execute(
            "SELECT count(*), count(DISTINCT month), count(DISTINCT indicator) FROM mart.value"
        ).fetchone()
    titles, units = (list(dict.fromkeys(each)) for each in zip(*teams, strict=True))
    return (
        titles,
        units,
        f"{len(units)} teams, {months} months, {indicators} indicators and constructs, {figures:,} figures",
    )
