"""Writes a release as a new file, checks it, and points CURRENT at it: whole, or not at all."""

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import duckdb
import pyarrow as pa

from etl.database import connect_to_release
from etl.disclosure import memory
from etl.paths import SQL, Workspace, appearing, room_on_disk, write_json
from etl.quoting import quoted_name, quoted_text
from etl.store import checksums

NAME = re.compile(r"\d{4}-\d{2}-\d{2}[a-z]+")
FORMAT = 3  # of the tables in sql/release.sql; raise it when a column comes, goes or changes its meaning
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
        con.execute(f"ATTACH {quoted_text(str(path))} AS made (ROW_GROUP_SIZE {ROW_GROUP})")
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
    con: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    release: str,
    meta: dict[str, list[dict[str, Any]]],
    expect: Callable[[Path], None] = lambda unfinished: None,
) -> None:
    """Writes the release from the engine's tables and the records of `meta`, checks it, and makes it current.

    What protects people has been promised to memory before, and is kept as soon as the release stands. `expect` looks at
    the whole file before it can be seen, and raises what it has against it. Raises FailedCheck; nothing is published then,
    and the last release stays.
    """
    with appearing(workspace.releases / f"{release}.duckdb", workspace.work) as unfinished:
        with being_written(con, unfinished):
            _write(con, meta)
            check(con)
        expect(unfinished)
    memory.keep_promises(workspace)
    point_at(workspace, release)


def _write(con: duckdb.DuckDBPyConnection, meta: dict[str, list[dict[str, Any]]]) -> None:
    for table, made in TABLES.items():
        columns = ", ".join(quoted_name(column) for column in con.table(f"made.{table}").columns)
        con.execute(f"INSERT INTO made.{table} BY NAME SELECT {columns} FROM {made} ORDER BY ALL")
    for table, records in meta.items():
        if records:
            con.register("records", pa.Table.from_pylist(records))
            con.execute(f"INSERT INTO made.{table} BY NAME FROM records")
            con.unregister("records")


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
    """Every release that was ever published and still stands, oldest first; none that was withdrawn."""
    gone = withdrawn(workspace)
    return sorted((path.stem for path in workspace.releases.glob("*.duckdb") if path.stem not in gone), key=_order)


def _order(name: str) -> tuple[str, int, str]:
    return name[:10], len(name), name


def withdrawn_record(workspace: Workspace) -> Path:
    """Beside the releases, for the app reads it too: a release that it names is not opened, wherever its file is."""
    return workspace.releases / "withdrawn.json"


def withdrawn(workspace: Workspace) -> dict[str, str]:
    """Release → the day on which it was withdrawn. Raises NoSuchRelease where the record cannot be read: one of the releases
    may be in it."""
    try:
        record = json.loads(withdrawn_record(workspace).read_text(encoding="utf-8"))
        return {str(release): str(day) for release, day in record.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError):
        raise NoSuchRelease(
            f"{withdrawn_record(workspace)} is damaged, and says which releases were withdrawn: put it back from a copy, or write "
            '{"2026-11-09a": "2026-11-30"} for each file in store/withdrawn.'
        ) from None


def current(workspace: Workspace) -> str | None:
    """What CURRENT names, whether or not there is such a release."""
    try:
        return workspace.current.read_text(encoding="utf-8", errors="backslashreplace").strip() or None
    except FileNotFoundError:
        return None


def next_name(workspace: Workspace, today: dt.date) -> str:
    """The day and the next free letter: 2026-11-09a … z, za, zb … A release that is remembered keeps its name even when
    its file is gone.

    Names tell the order of publication, which everything that asks for the newest release rests on. So where a clock was once
    set ahead, what is published later takes the next letter of that day, until the day has come.
    """
    names = {*releases(workspace), *memory.releases(workspace), *withdrawn(workspace)}
    day = max([today.isoformat(), *(name[:10] for name in names if NAME.fullmatch(name))])
    taken = [name[10:] for name in names if name.startswith(day) and NAME.fullmatch(name)]
    if not taken:
        return f"{day}a"
    last = max(taken, key=lambda letters: (len(letters), letters))
    following = last + "a" if last[-1] == "z" else last[:-1] + ascii_lowercase[ascii_lowercase.index(last[-1]) + 1]
    return f"{day}{following}"


def read_release(workspace: Workspace, release: str) -> dict[str, Any]:
    """The row of meta.release. Raises NoSuchRelease, and DamagedRelease where the file is cut short or unreadable."""
    path = workspace.releases / f"{release}.duckdb"
    if not path.exists():
        known = ", ".join(releases(workspace)) or "none yet"
        raise NoSuchRelease(f"There is no release {release!r}; there are {known}.")
    try:
        with connect_to_release(path) as con:
            blocks, size = con.execute("SELECT total_blocks, block_size FROM pragma_database_size()").fetchone()
            result = con.execute("SELECT * FROM meta.release")
            columns, rows = [column[0] for column in result.description], result.fetchall()
    except (duckdb.Error, OSError, UnicodeDecodeError):
        rows = []
    whole = len(rows) == 1 and path.stat().st_size >= DUCKDB_HEADER + blocks * size
    if not whole or (list(checksums.changed(workspace, path)) and not checksums.is_readable(path)):
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
    if day := withdrawn(workspace).get(release):
        raise NoSuchRelease(f"Release {release} was withdrawn on {day}, and does not come back.")
    try:
        read_release(workspace, release)
    except DamagedRelease as damaged:
        raise DamagedRelease(f"{damaged} {f'The newest whole one is {whole}.' if whole else ''}".strip()) from None
    note_rolled_back(workspace, names[-1])
    point_at(workspace, release)
    return release


def left_behind(workspace: Workspace) -> bool:
    """Whether CURRENT is behind the newest release because a build was cut off between writing it and pointing at it;
    where somebody went back on purpose, the release they left is noted."""
    newest, now = releases(workspace)[-1], current(workspace)
    return now is None or (now != newest and rolled_back(workspace) != newest)


def rolled_back(workspace: Workspace) -> str | None:
    """The release that somebody went back from on purpose."""
    noted = rolled_back_note(workspace)
    return noted.read_text(encoding="utf-8").strip() if noted.exists() else None


def note_rolled_back(workspace: Workspace, newest: str) -> None:
    with appearing(rolled_back_note(workspace), workspace.work) as unfinished:
        unfinished.write_text(newest + "\n", encoding="utf-8")


def rolled_back_note(workspace: Workspace) -> Path:
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
