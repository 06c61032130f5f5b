"""Writes a release as a new file, checks it, and points CURRENT at it: whole, or not at all."""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import duckdb
import pyarrow as pa

from etl import sums
from etl.disclosure import memory
from etl.paths import SQL, Workspace, appearing, room_on_disk, write_json
from etl.steps.cells import sql_text

FORMAT = 2  # of the tables in sql/release.sql; raise it when a column comes, goes or changes its meaning
DUCKDB_HEADER = 3 * 4096  # bytes before a database's first block
ROW_GROUP = 8192  # rows that are read together: a page asks of few units at a time, DuckDB's own 122,880 hold dozens
TABLES = {
    "mart.value": "value",
    "mart.signal": "signal",
    "mart.prime": "prime",
    "mart.strain": "strain",
    "mart.shared": "shared",
    "meta.unit": "(FROM unit_spell UNION ALL BY NAME FROM pool_unit)",
    "meta.pool": "pool",
    "meta.event": "event",
    "mart.wave": "wave",
    "mart.score": "score",
    "mart.answer": "answer",
    "mart.frame": "frame",
    "mart.lead": "lead",
    "mart.lead_reading": "lead_reading",
    "mart.survey_result": "survey_result",
    "meta.coverage": "coverage",
    "meta.agreement": "agreement",
    "meta.unit_name": "unit_name",
    "meta.fact": "fact",
}


class FailedCheck(Exception):
    """A query of sql/checks found something in the release that must not be there."""


class NoSuchRelease(Exception):
    """There is no release of that name."""


class DamagedRelease(Exception):
    """The release's file cannot be read to its end, or says nothing of itself; the sentence says which."""


@contextmanager
def being_written(con: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    """Attaches an empty release at `path`, with the tables of sql/release.sql, as `made`."""
    with room_on_disk(path):
        con.execute(f"ATTACH '{sql_text(str(path))}' AS made (ROW_GROUP_SIZE {ROW_GROUP})")
        try:
            con.execute("USE made")
            con.execute((SQL / "release.sql").read_text(encoding="utf-8"))
            con.execute("USE memory")
            yield
            con.execute("CHECKPOINT made")
        finally:
            try:
                con.execute("USE memory")
                con.execute("DETACH made")
            finally:  # with no room on the disk, detaching fails too
                path.with_name(path.name + ".wal").unlink(missing_ok=True)


def publish(
    con: duckdb.DuckDBPyConnection, workspace: Workspace, release: str, meta: dict[str, list[dict[str, Any]]]
) -> None:
    """Writes the release from the engine's tables and the records of `meta`, checks it, and makes it current.

    What protects people has been promised to memory before, and is kept as soon as the release stands. Raises
    FailedCheck; nothing is published then, and the last release stays.
    """
    with (
        appearing(workspace.releases / f"{release}.duckdb", workspace.work) as unfinished,
        being_written(con, unfinished),
    ):
        for table, made in TABLES.items():
            columns = ", ".join(f'"{column}"' for column in con.table(f"made.{table}").columns)
            con.execute(f"INSERT INTO made.{table} BY NAME SELECT {columns} FROM {made} ORDER BY ALL")
        for table, records in meta.items():
            if records:
                con.register("records", pa.Table.from_pylist(records))
                con.execute(f"INSERT INTO made.{table} BY NAME FROM records")
                con.unregister("records")
        check(con)
    memory.keep_promises(workspace)
    point_at(workspace, release)


def check(con: duckdb.DuckDBPyConnection) -> None:
    """Runs every query of sql/checks on the attached release; its opening comment says what it found."""
    con.execute("USE made")
    for path in sorted((SQL / "checks").glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        found = con.execute(f"SELECT count(*) FROM ({text.strip().removesuffix(';')})").fetchone()[0]
        if found:
            said = text.splitlines()[0].removeprefix("--").strip()
            raise FailedCheck(f"{path.stem}: {said} ({found:,} found). Nothing was published; the last release stays.")
    con.execute("USE memory")


def point_at(workspace: Workspace, release: str) -> None:
    with appearing(workspace.current, workspace.work) as unfinished:
        unfinished.write_text(release + "\n", encoding="utf-8")


def releases(workspace: Workspace) -> list[str]:
    """Every release that was ever published and still stands, oldest first."""
    return sorted((path.stem for path in workspace.releases.glob("*.duckdb")), key=_order)


def _order(name: str) -> tuple[str, int, str]:
    return name[:10], len(name), name


def current(workspace: Workspace) -> str | None:
    try:
        return workspace.current.read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def next_name(workspace: Workspace, today: dt.date) -> str:
    """The day and the next free letter: 2026-11-09a … z, za, zb … A release that is remembered keeps its name even when
    its file is gone."""
    names = {*releases(workspace), *memory.releases(workspace)}
    taken = [name[10:] for name in names if name.startswith(today.isoformat())]
    if not taken:
        return f"{today.isoformat()}a"
    last = max(taken, key=lambda letters: (len(letters), letters))
    following = last + "a" if last[-1] == "z" else last[:-1] + ascii_lowercase[ascii_lowercase.index(last[-1]) + 1]
    return f"{today.isoformat()}{following}"


def read_release(workspace: Workspace, release: str) -> dict[str, Any]:
    """The row of meta.release. Raises NoSuchRelease, and DamagedRelease where the file is cut short or unreadable."""
    path = workspace.releases / f"{release}.duckdb"
    if not path.exists():
        known = ", ".join(releases(workspace)) or "none yet"
        raise NoSuchRelease(f"There is no release {release!r}; there are {known}.")
    try:
        with duckdb.connect(str(path), read_only=True) as con:
            blocks, size = con.execute("SELECT total_blocks, block_size FROM pragma_database_size()").fetchone()
            result = con.execute("SELECT * FROM meta.release")
            columns, rows = [column[0] for column in result.description], result.fetchall()
    except (duckdb.Error, OSError, UnicodeDecodeError):
        rows = []
    whole = len(rows) == 1 and path.stat().st_size >= DUCKDB_HEADER + blocks * size
    if not whole or (list(sums.changed(workspace, path)) and not sums.is_readable(path)):
        raise DamagedRelease(
            f"The file of release {release} is damaged: put {path.name} back from a backup, or let it be."
        )
    return dict(zip(columns, rows[0], strict=True))


def is_whole(workspace: Workspace, release: str) -> bool:
    try:
        read_release(workspace, release)
    except (DamagedRelease, NoSuchRelease):
        return False
    return True


def roll_back(workspace: Workspace, release: str | None) -> str:
    """Points CURRENT at an older release, by default the newest whole one before the current. Raises NoSuchRelease,
    DamagedRelease."""
    names, now = releases(workspace), current(workspace)
    earlier = [name for name in names if now is None or _order(name) < _order(now)]
    whole = next((name for name in reversed(earlier) if is_whole(workspace, name)), None)
    if release is None and whole is None:
        raise NoSuchRelease("There is no earlier release to go back to" + (" that is whole." if earlier else "."))
    release = release or whole
    try:
        read_release(workspace, release)
    except DamagedRelease as damaged:
        raise DamagedRelease(f"{damaged} {f'The newest whole one is {whole}.' if whole else ''}".strip()) from None
    with appearing(_rolled_back(workspace), workspace.work) as unfinished:
        unfinished.write_text(names[-1] + "\n", encoding="utf-8")
    point_at(workspace, release)
    return release


def left_behind(workspace: Workspace) -> bool:
    """Whether CURRENT is behind the newest release because a build was cut off between writing it and pointing at it;
    where somebody went back on purpose, the release they left is noted."""
    newest, now = releases(workspace)[-1], current(workspace)
    return now is None or (now != newest and rolled_back(workspace) != newest)


def rolled_back(workspace: Workspace) -> str | None:
    """The release that somebody went back from on purpose."""
    noted = _rolled_back(workspace)
    return noted.read_text(encoding="utf-8").strip() if noted.exists() else None


def _rolled_back(workspace: Workspace) -> Path:
    return workspace.releases / "ROLLED_BACK"


def write_last_build(workspace: Workspace, outcome: str, sentence: str, release: str | None) -> None:
    """What the quality page reads: whether the last build published, and if not, why."""
    finished = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    record = {"finished": finished, "outcome": outcome, "sentence": sentence, "release": release}
    note = workspace.releases / "last_build.json"
    try:
        write_json(note, record, workspace.work)
    except FileNotFoundError:  # the next build has begun, and swept the work folder
        write_json(note, record, workspace.work)


def last_build(workspace: Workspace) -> dict[str, Any]:
    path = workspace.releases / "last_build.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
