"""The small release with a mark on everything that is a unit's: whatever a reader is sent can be searched for what is another's.

A unit's code, titles, events and names in other systems carry its number in letters, and every figure of it is so large that it
lies in a range of its own, as a number in a text and as the eight bytes of one.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import duckdb
import numpy

from tests.app import small_release
from tests.app.scope_of_sql import TABLES

CODES = dict.fromkeys([*(row[0] for row in small_release.UNITS), small_release.TOGETHER[0]])
NUMBER = {code: number for number, code in enumerate(CODES)}
PARENTS = {
    code: parent for code, _, _, parent, *_ in [*small_release.UNITS, small_release.TOGETHER]
}  # the last spell counts
MILLION, ROOM = 1_000_000, 990_000
WORD = re.compile(rb"[ctenCTEN]Q(\d\d)Q")
FIGURE = re.compile(rb"(?<![0-9a-fA-F.])(\d{1,2}),?990,?\d{3}(?![0-9a-fA-F])")


TEXTS = {
    "meta.event": "what = what || ' e' || MARK",
    "meta.unit": "title = 't' || MARK",
    "meta.unit_name": "name = 'n' || MARK",
}


def code(of: str) -> str:
    return f"cQ{NUMBER[of]:02}Q"


UNITS = {code(of): of for of in CODES}
ALL = tuple(UNITS)


def _doubles(con: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    asked = (
        "SELECT column_name FROM duckdb_columns() WHERE schema_name || '.' || table_name = ? AND data_type = 'DOUBLE'"
    )
    return [name for (name,) in con.execute(asked, [table]).fetchall()]


def build(home: Path, release: str = small_release.RELEASE, synthetic: bool = False) -> Path:
    """A release of marked units; not for everybody unless it is said to be made up."""
    path = small_release.build(home, release)
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE TEMP TABLE mark (old VARCHAR, number INTEGER)")
        con.executemany("INSERT INTO mark VALUES (?, ?)", list(NUMBER.items()))
        for table, columns in TABLES.items():
            sets = [f"{column} = {column} + (number + 1) * {MILLION} + {ROOM}" for column in _doubles(con, table)]
            sets += (
                [TEXTS[table].replace("MARK", "'Q' || lpad(number::VARCHAR, 2, '0') || 'Q'")] if table in TEXTS else []
            )
            if sets:
                con.execute(f"UPDATE {table} SET {', '.join(sets)} FROM mark WHERE {table}.unit = mark.old")
            for column in columns:
                con.execute(
                    f"UPDATE {table} SET {column} = 'cQ' || lpad(number::VARCHAR, 2, '0') || 'Q' FROM mark WHERE {column} = old"
                )
        con.execute("DROP TABLE mark")
        con.execute("UPDATE meta.release SET synthetic = ?", [synthetic])
    return path


@dataclass(frozen=True)
class Found:
    """Whose words and whose figures are in what was sent, by code."""

    words: frozenset[str]
    figures: frozenset[str]


def found_in(sent: bytes) -> Found:
    words = {int(number) for number in WORD.findall(sent)}
    figures = {int(number) - 1 for number in FIGURE.findall(sent)}
    for start in range(8):
        whole = sent[start : start + (len(sent) - start) // 8 * 8]
        numbers = numpy.frombuffer(whole, "<f8")
        with numpy.errstate(invalid="ignore"):
            large = numbers[(numbers > MILLION) & (numbers < MILLION * (len(ALL) + 2))]
        figures |= {int(n // MILLION) - 1 for n in large if ROOM <= n % MILLION < ROOM + 2000}
    return Found(*(frozenset(ALL[n] for n in numbers if 0 <= n < len(ALL)) for numbers in (words, figures)))


@lru_cache
def scope(*roots: str) -> frozenset[str]:
    """A viewer's units, reckoned here and not by the app."""
    theirs = {UNITS[root] for root in roots if root in UNITS}
    while more := {unit for unit in CODES if PARENTS[unit] in theirs} - theirs:
        theirs |= more
    return frozenset(map(code, theirs))


@lru_cache
def above(*roots: str) -> frozenset[str]:
    """The units that stand over a viewer's: of them the names may be seen, and no figure."""
    found, due = set(), [PARENTS[UNITS[root]] for root in roots if root in UNITS]
    while due:
        if parent := due.pop():
            found.add(parent)
            due.append(PARENTS[parent])
    return frozenset(map(code, found))


def of_others(sent: bytes, *roots: str) -> Found:
    """What is in it that these roots do not allow."""
    found = found_in(sent)
    return Found(found.words - scope(*roots) - above(*roots), found.figures - scope(*roots))
