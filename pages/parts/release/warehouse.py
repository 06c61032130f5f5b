"""The only reader of releases: answers the questions in sql/app/, each limited to what the viewer may see.

Answers are kept under plain values, by functools: Streamlit's caches need several times as long to make a key of them, thirty
times in every run.
"""

import datetime as dt
import itertools
import json
import logging
import os
import pickle
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import streamlit as st

from pages.parts.release import database, latest

QUESTIONS = Path(__file__).parents[3] / "sql" / "app"
EVERY_RUN = ("units", "indicators", "months", "release", "settling")  # asked by every page, and of everybody alike
BY_UNIT = (  # asked once of all units, and then told of those asked for: each has few rows, and asking takes longer than finding
    "constructs", "events", "frames", "frames_of", "results", "strain", "strain_since", "together", "units_below",
    "wave_by_wave", "waves",
)  # fmt: skip
MANY = 2000  # units that a viewer may see; one who sees more asks only of those asked for
LATER = ("agreement", "coverage", "covered", "facts", "unit_names")  # of tables that older releases have not
DUCKDB_HEADER = 3 * 4096  # bytes before a database's first block
FORMAT, OLDEST = 3, 2  # of meta.release: the layouts of tables that these pages read; in 3 a number of rows may be NULL
ALL_WITHDRAWN = "Every release has been withdrawn: it told more than it should. The next build makes a new one."
Params = tuple[tuple[str, Any], ...]  # names and values of what is asked, in order
_met: set[Path] = set()  # pointers that have led to a release before: where one is gone now, its folder is out of reach


class NoRelease(Exception):
    """Nothing has been published in this workspace yet."""


class UnreadableRelease(Exception):
    """There is a release, but it cannot be read; the message is a sentence for the reader."""


class AllWithdrawn(UnreadableRelease):
    """There were releases, and each has been taken from the app."""


@dataclass(frozen=True)
class Release:
    """One published file. Its name never comes back with other contents, so caches under it stay true."""

    path: str
    id: str


def home() -> Path:
    return Path(os.environ.get("KINSHIP_HOME", "workspace"))


def current() -> Release:
    """The release that CURRENT points at now. Read at every run: a build may have replaced it since the last.

    Raises NoRelease where none was ever published, UnreadableRelease where the one named cannot be opened, AllWithdrawn.
    """
    pointer = home() / "releases" / "CURRENT"
    gone = withdrawn()
    try:
        name = pointer.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        if gone:
            raise AllWithdrawn(ALL_WITHDRAWN) from None
        if pointer in _met:
            raise UnreadableRelease("The folder of releases is out of reach.") from None
        raise NoRelease from None
    except (OSError, UnicodeDecodeError):
        raise UnreadableRelease("The file releases/CURRENT cannot be read.") from None
    if not re.fullmatch(r"[\w-]+", name):
        raise UnreadableRelease("The file releases/CURRENT does not hold the id of a release.")
    if name in gone:
        raise AllWithdrawn(f"The release {name} has been withdrawn, and no other is current.")
    release = Release(str(pointer.with_name(f"{name}.duckdb").resolve()), name)
    written = _format_of(release)
    if written > FORMAT:
        raise UnreadableRelease(f"The release {name} was made by a newer version of Kinship than these pages.")
    if written < OLDEST:
        raise UnreadableRelease(
            f"The release {name} was made by an older version of Kinship than these pages: build again (python -m etl build)."
        )
    _met.add(pointer)
    return release


def _format_of(release: Release) -> int:
    """Raises UnreadableRelease where its file is missing, cut short, or says nothing of itself."""
    try:
        return _format(release.path)
    except (duckdb.Error, OSError, UnreadableRelease):
        raise UnreadableRelease(f"The release {release.id} cannot be opened: its file is missing or damaged.") from None


def is_whole(release: Release) -> bool:
    """Whether its file is all there, as far as can be told without reading it to its end."""
    try:
        _format_of(release)
    except UnreadableRelease:
        return False
    return True


def newest_whole() -> Release | None:
    """The newest release that these pages can read beside the current one: what to go back to where that is damaged."""
    pointed = ""
    with suppress(OSError, UnicodeDecodeError):
        pointed = (home() / "releases" / "CURRENT").read_text(encoding="utf-8").strip()
    for release in releases():
        with suppress(UnreadableRelease):
            if release.id != pointed and OLDEST <= _format_of(release) <= FORMAT:
                return release
    return None


def current_or_none() -> Release | None:
    """The same; None where none was ever published. Raises UnreadableRelease."""
    try:
        return current()
    except NoRelease:
        return None


def releases() -> list[Release]:
    """Every release that stands in this workspace, newest first, whether or not it can be read; none that was withdrawn."""
    gone = withdrawn()
    paths = [path for path in (home() / "releases").glob("*.duckdb") if path.stem not in gone]
    found = [Release(str(path.resolve()), path.stem) for path in paths if re.fullmatch(r"[\w-]+", path.stem)]
    return sorted(found, key=lambda release: (release.id[:10], len(release.id), release.id), reverse=True)


def earlier(release: Release) -> list[Release]:
    """The releases published before this one that these pages can read, newest first."""
    found, gone = [], withdrawn()
    for path in Path(release.path).parent.glob("*.duckdb"):
        if _order(path.stem) < _order(release.id) and path.stem not in gone:
            with suppress(UnreadableRelease):  # with what cannot be opened nothing can be compared
                each = Release(str(path.resolve()), path.stem)
                if OLDEST <= _format_of(each) <= FORMAT:
                    found.append(each)
    return sorted(found, key=lambda each: _order(each.id), reverse=True)


def _order(name: str) -> tuple[str, int, str]:
    """2026-11-09a, … 2026-11-09z, 2026-11-09aa"""
    day, letters = name[:10], name[10:]
    return day, len(letters), letters


def withdrawn() -> dict[str, str]:
    """The releases that were taken from the app → the day, 2026-11-30. Raises UnreadableRelease where it cannot be told."""
    try:
        record = json.loads((home() / "releases" / "withdrawn.json").read_text(encoding="utf-8"))
        return {str(release): str(day) for release, day in record.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError):
        raise UnreadableRelease("The file releases/withdrawn.json cannot be read.") from None


def findings() -> dict[str, list[str]]:
    """The releases that tell more than they should, as the last attack found, each with the rules that it breaks. The record has
    those too that were attacked in vain; those that were withdrawn are no concern of a reader any more."""
    try:
        record = json.loads((home() / "releases" / "findings.json").read_text(encoding="utf-8"))
        gone = withdrawn()
        broken = {str(release): [str(rule) for rule in rules] for release, rules in record.items() if rules}
        return {release: rules for release, rules in broken.items() if release not in gone}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def last_build() -> dict[str, Any] | None:
    """What the last build said, whether or not it published; None if none said anything that can be read."""
    try:
        said = json.loads((home() / "releases" / "last_build.json").read_text(encoding="utf-8"))
        return {
            "finished": dt.datetime.fromisoformat(said["finished"]),
            "outcome": str(said["outcome"]),
            "sentence": str(said["sentence"]),
        }
    except (OSError, ValueError, KeyError, TypeError):
        return None


def ask(release: Release, question: str, scope: tuple[str, ...], **params: Any) -> list[dict[str, Any]]:
    """The rows that answer sql/app/<question>.sql for a viewer of the units `scope`; no scope, no rows. Those of BY_UNIT are
    asked of one `unit`, or `of` several.

    Those of EVERY_RUN are the same objects for all who ask, not copies: nobody changes them.
    """
    of = params.pop("of" if "of" in params else "unit") if question in BY_UNIT else ()
    known = tuple(sorted((name, tuple(value) if isinstance(value, list) else value) for name, value in params.items()))
    if question in BY_UNIT:
        return _told(release.path, question, scope, [of] if isinstance(of, str) else of, known)
    if question in EVERY_RUN:
        return _answer_shared(release.path, question, scope, known)
    return pickle.loads((_latest if question == "now" else _answer)(release.path, question, scope, known))


@dataclass(frozen=True)
class Pair:
    """Two releases, to be asked what changed from one to the other by a viewer of the units `scope` of the later one."""

    earlier: Release
    later: Release
    scope: tuple[str, ...]

    def ask(self, question: str, **params: Any) -> list[dict[str, Any]]:
        """Raises UnreadableRelease where one of the two cannot be read."""
        try:
            return _compared(self.earlier.path, self.later.path, question, self.scope, tuple(sorted(params.items())))
        except (duckdb.Error, OSError, UnreadableRelease):
            raise UnreadableRelease(f"{self.earlier.id} and {self.later.id} cannot be compared.") from None


def top_units(release: Release) -> tuple[str, ...]:
    """The units that stand under no other: the scope of a reader who may see everything."""
    return _top_units(release.path)


def scope(release: Release, roots: tuple[str, ...]) -> tuple[str, ...]:
    """Every unit that somebody with these roots may see."""
    return tuple(_units(release.path, roots))


def not_public(release: Release) -> tuple[str, ...]:
    """The units of which it holds more than what is already public."""
    return _not_public(release.path)


def is_open(release: Release) -> bool:
    """Whether anybody may read it: made up, or wholly public."""
    return _open_to_all(release.path)


@lru_cache(maxsize=4000)
def _answer(path: str, question: str, scope: tuple[str, ...], params: Params) -> bytes:
    """Rows as bytes, so that everybody who asks has rows of their own; so with `_latest`."""
    return pickle.dumps(_rows(path, question, {"units": _units(path, scope), **dict(params)}))


@lru_cache(maxsize=4000)
def _latest(path: str, question: str, scope: tuple[str, ...], params: Params) -> bytes:
    asked, units = dict(params), _units(path, scope)
    settling = _answer_shared(path, "settling", scope, ())
    month, seen = asked.pop("month"), set(asked["of"]).intersection(units)
    rows = _rows(path, question, {"units": units, **asked}) if seen and asked["indicators"] else []
    of = [unit for unit in asked["of"] if unit in seen]
    return pickle.dumps(latest.latest(rows, settling, asked["indicators"], of, month))


def _told(path: str, question: str, scope: tuple[str, ...], of: list[str], params: Params) -> list[dict[str, Any]]:
    """The rows of the units asked for, unit by unit."""
    if not of:
        return []
    every = len(_units(path, scope)) <= MANY
    rows, place = _by_unit(path, question, scope, () if every else tuple(of), params)
    wanted = [number for unit in of for number in place.get(unit, ())]
    return rows.take(pa.array(wanted)).to_pylist() if wanted else []


@lru_cache(maxsize=2000)
def _by_unit(
    path: str, question: str, scope: tuple[str, ...], of: tuple[str, ...], params: Params
) -> tuple[pa.Table, dict[str, range]]:
    """The rows of some units, of all if none is named, and of each the numbers of its own: the column `of` says whose a row is."""
    units = _units(path, scope)
    if not units:
        return pa.table({}), {}
    with _cursor(path) as cursor:
        asked = {"units": units, "of": list(of) or units, **dict(params)}
        rows = cursor.sql(_text(question), params=asked).to_arrow_table()
    found = enumerate(rows["of"].to_pylist())
    places = {unit: [number for number, _ in own] for unit, own in itertools.groupby(found, lambda each: each[1])}
    return rows.drop_columns("of"), {unit: range(own[0], own[-1] + 1) for unit, own in places.items()}


@lru_cache(maxsize=200)
def _answer_shared(path: str, question: str, scope: tuple[str, ...], params: Params) -> list[dict]:
    return _rows(path, question, {"units": _units(path, scope), **dict(params)})


@lru_cache(maxsize=500)
def _units(path: str, scope: tuple[str, ...]) -> list[str]:
    return [row["unit"] for row in _rows(path, "scope", {"roots": list(scope)})]


@lru_cache(maxsize=20)
def _top_units(path: str) -> tuple[str, ...]:
    return tuple(row["unit"] for row in _rows(path, "top_units", {}))


@lru_cache(maxsize=20)
def _not_public(path: str) -> tuple[str, ...]:
    return tuple(row["unit"] for row in _rows(path, "not_public", {}))


@lru_cache(maxsize=20)
def _open_to_all(path: str) -> bool:
    return all(row["open"] for row in _rows(path, "open", {}))


@lru_cache(maxsize=20)
def _format(path: str) -> int:
    """Raises UnreadableRelease where the release says nothing of itself, or where less is there than DuckDB has written: of a
    file that was cut short it reads what is left without a word."""
    rows = _rows(path, "format", {})
    if not rows or Path(path).stat().st_size < DUCKDB_HEADER + max(row["bytes"] for row in rows):
        raise UnreadableRelease
    return max(row["format"] for row in rows)


@st.cache_data(max_entries=200, show_spinner=False)
def _compared(
    earlier: str, later: str, question: str, scope: tuple[str, ...], params: tuple[tuple[str, Any], ...]
) -> list[dict]:
    with database.open_two(earlier, later) as con:
        return _fetched(con, question, {"units": _units(later, scope), **dict(params)})


def _rows(path: str, question: str, params: dict[str, Any]) -> list[dict[str, Any]]:
    with _cursor(path) as cursor:
        try:
            return _fetched(cursor, question, params)
        except duckdb.CatalogException:
            if question not in LATER:
                raise
            return []  # the release was made before there was such a table


@contextmanager
def _cursor(path: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """On one release. Raises UnreadableRelease where its file turns out to be damaged, at whatever question; a question that is
    wrong itself is DuckDB's own error."""
    try:
        cursor = _open(path).cursor()
        try:
            yield cursor
        finally:
            cursor.close()
    except duckdb.ProgrammingError:
        raise
    except (duckdb.Error, OSError) as error:
        _open.clear(path)  # so that what is put back in its place is opened anew
        logging.getLogger("kinship").error("The release %s cannot be read: %s", Path(path).stem, type(error).__name__)
        raise UnreadableRelease(
            f"The release {Path(path).stem} cannot be read to its end: its file is damaged."
        ) from None


def _fetched(cursor: duckdb.DuckDBPyConnection, question: str, params: dict[str, Any]) -> list[dict[str, Any]]:
    lists = {name: list(value) if isinstance(value, tuple) else value for name, value in params.items()}
    cursor.execute(_text(question), lists)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _text(question: str) -> str:
    return (QUESTIONS / f"{question}.sql").read_text(encoding="utf-8")


@st.cache_resource(max_entries=8, show_spinner=False)
def _open(path: str) -> duckdb.DuckDBPyConnection:
    return database.open_release(path)
