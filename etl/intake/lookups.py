"""Lays out, before a file is read, what its cells are looked up in: people's hashes, the codes of units, the clock's turns.

A lookup is an enumeration of texts and a list in the same order. Both are plain expressions of one row, so the file's rows
keep their order, which a join might not; and a list that comes from a table is not copied for every chunk of rows.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb

from etl.config.contracts import Contract
from etl.intake.cell_sql import Meanings, text_sql
from etl.intake.read import Table
from etl.intake.utc import turns
from etl.privacy.pseudonyms import EDGES

BLOCK = 1 << 13  # bytes of a piece of the file that is looked at beforehand
PIECES, FEWER = 1 << 11, 1 << 6  # how many pieces; fewer where most people are known from the files before
WORTH_IT = 4  # times as large as the pieces together: a smaller file is looked through in full
UNSEEN = 0.1  # so many cells may hold people whom the pieces do not: their hashes are worked out in place
SPARSE = 256  # bits to a text of an enumeration


def lay_out(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    table: Table,
    places: dict[str, int],
    meanings: Meanings,
    rows: str,
) -> None:
    """Fills the table `lookups`, of one row, and makes the enumerations that its lists go with; `rows` is the relation that
    reads the file."""
    take_away(con, contract)
    columns: dict[str, tuple[str, object]] = {"lookup": ("BOOLEAN", True)}

    def look_up(name: str, kind: str, means: dict) -> None:
        means = dict(means)  # as it is now: another file may be adding to the people met
        columns[f"lookup_{name}_bits"] = ("BLOB", _enumerate(con, f"lookup_{name}", list(means)))
        columns[f"lookup_{name}"] = (f"{kind}[]", list(means.values()))

    people = [column.name for column in contract.columns if column.person]
    if people:
        columns |= {f"lookup_{side}": ("BLOB", pad) for side, pad in meanings.key.pads.items()}
        _meet(con, contract, table, {name: places[name] for name in people if name in places}, meanings, rows)
        for name in people:
            look_up(name, "BIGINT", meanings.met.get(name, {}))
    for name, known in meanings.names.items():
        look_up(name, "VARCHAR", known.codes)
    listed = ", ".join(f"{name} {kind}" for name, (kind, _) in columns.items())
    con.execute(f"CREATE TEMP TABLE given ({listed})")
    marks = ", ".join("?" for _ in columns)
    con.execute(f"INSERT INTO given VALUES ({marks})", [value for _, value in columns.values()])
    bits = ", ".join(f"{name}::BIT AS {name}" for name in columns if name.endswith("_bits"))
    replaced = f"* REPLACE ({bits})" if bits else "*"
    clock = ""
    if any(column.type == "timestamp" for column in contract.columns):
        _lay_out_clock(con, meanings.timezone)
        clock = ", clock"
    con.execute(f"CREATE TEMP TABLE lookups AS SELECT {replaced} FROM given{clock}")
    con.execute("DROP TABLE given")


def take_away(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Forgets what was laid out, people's identifiers among it."""
    con.execute("DROP TABLE IF EXISTS lookups; DROP TABLE IF EXISTS given; DROP TABLE IF EXISTS enumerated")
    for column in contract.columns:
        con.execute(f"DROP TYPE IF EXISTS lookup_{column.name}")


def _lay_out_clock(con: duckdb.DuckDBPyConnection, timezone: str) -> None:
    """Fills the table `clock`, of one row; it is the same for every file."""
    con.execute(
        "CREATE TEMP TABLE IF NOT EXISTS clock (lookup_timezone VARCHAR, lookup_offsets BIGINT[], lookup_ends BIGINT[])"
    )
    if con.execute("SELECT lookup_timezone FROM clock").fetchall() != [(timezone,)]:
        con.execute("DELETE FROM clock")
        con.execute("INSERT INTO clock VALUES (?, ?, ?)", [timezone, *turns(timezone)])


def _enumerate(con: duckdb.DuckDBPyConnection, name: str, said: list[str]) -> bytes:
    """Makes the enumeration; returns a bit for each of the hashes' remainders, set where one of its texts falls: where none
    does, a text is known at a glance not to be in it."""
    con.execute("CREATE OR REPLACE TEMP TABLE enumerated AS SELECT unnest($1::VARCHAR[]) AS said", [said or [""]])
    con.execute(f"CREATE TYPE {name} AS ENUM (SELECT said FROM enumerated ORDER BY rowid)")
    bits = bytearray((SPARSE * (len(said) + 1) + 7) // 8)
    for (place,) in con.execute("SELECT hash(said) % $1::UBIGINT FROM enumerated", [len(bits) * 8]).fetchall():
        bits[place // 8] |= 128 >> place % 8
    con.execute("DROP TABLE enumerated")
    return bytes(bits)


# ---- whom a file may name ------------------------------------------------------------------------------------------


def _meet(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    table: Table,
    places: dict[str, int],
    meanings: Meanings,
    rows: str,
) -> None:
    """Adds to the people met, for each column, those whom this file holds; a few may be wanting, or too many."""
    pieces = _in_pieces(table, places, meanings) if table.kind == "csv" and not table.quoted else None
    if pieces is None and places:
        texts = [text_sql(contract.column(name), places, table, contract) for name in places]
        listed = ", ".join(f"list(DISTINCT {text})" for text in texts)
        pieces = dict(zip(places, con.execute(f"SELECT {listed} FROM {rows}").fetchone(), strict=True))
    for name, people in (pieces or {}).items():
        met = meanings.met.setdefault(name, {})
        met.update((person, meanings.key.hash(person)) for person in people or () if person and person not in met)


def _in_pieces(table: Table, places: dict[str, int], meanings: Meanings) -> dict[str, list[str]] | None:
    """The identifiers in pieces of the file that lie evenly in it; None where they promise too little for the rest.

    What was seen in one piece alone tells how much was not seen at all (Good and Turing's estimate).
    """
    many = FEWER if all(name in meanings.met for name in places) else PIECES
    if table.path.stat().st_size < WORTH_IT * BLOCK * many:
        return None
    found = {name: Counter() for name in places}
    last = max(places.values(), default=0)
    for lines in _pieces(table.path, many):
        rows = [line.split(table.delimiter, last + 1) for line in lines]
        for name, place in places.items():
            found[name].update({row[place].strip(EDGES) for row in rows if len(row) > place} - {""})
    for name, times in found.items():
        met = meanings.met.get(name, {})
        once = sum(time == 1 and person not in met for person, time in times.items())
        if once > UNSEEN * sum(times.values()):
            return None
    return {name: sorted(times) for name, times in found.items()}


def _pieces(path: Path, many: int) -> Iterator[list[str]]:
    """The whole lines of each piece."""
    size = path.stat().st_size
    with path.open("rb") as file:
        for number in range(many):
            file.seek(number * (size - BLOCK) // many)
            yield file.read(BLOCK).decode("utf-8", "replace").split("\n")[1:-1]
