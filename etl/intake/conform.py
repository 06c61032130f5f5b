"""Turns a readable table into our columns and types, in one pass of DuckDB: CSV (or Parquet) in, typed Parquet out.

A cell that cannot be read as its type does not stop the file: its text is kept beside the typed column, as
`unread_<column>`, where an expectation finds it. It stays one pass, whatever a cell must be looked up in.
"""

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from etl.config.contracts import Column, Contract
from etl.intake.cell_sql import Meanings, after_sql, null_words, read_sql, text_sql, typed_sql
from etl.intake.date_order import expect_order_of_dates
from etl.intake.headings import matched
from etl.intake.land import Arrival, UnreadableExtract, endless_cell
from etl.intake.lookups import lay_out, take_away
from etl.intake.parquet import damaged, literally
from etl.intake.read import Table, check_quotes, cut, records
from etl.intake.size_limits import MAX_ROW_CHARACTERS, listed
from etl.paths import room_on_disk
from etl.quoting import quoted_text, quoted_texts

EMPTY_ROW = "is an empty row"
MISSHAPEN_LIMIT = 100_000


@dataclass(frozen=True)
class Misshapen:
    """A row with too few or too many cells, which no column can be read from."""

    line: int
    reason: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Conformed:
    """A file in our columns: `path` is Parquet with a row a record, in the file's order."""

    path: Path
    rows: int
    headings: dict[str, str]  # our column → the file's own heading
    places: dict[str, int]  # our column → its place in a row of text
    named: frozenset[str]  # our columns whose cells had to be known to a reference
    misshapen: tuple[Misshapen, ...]


def conform(
    con: duckdb.DuckDBPyConnection,
    arrival: Arrival,
    table: Table,
    contract: Contract,
    out: Path,
    meanings: Meanings = Meanings(),  # noqa: B008
) -> Conformed:
    """Writes the file's rows as typed Parquet to `out`. Raises UnreadableExtract."""
    places = match_headings(arrival, table, contract)
    table = replace(table, timezone=meanings.timezone)
    copy = (
        f"COPY (\n{rows_sql(table, contract, places, meanings)}\n) "
        f"TO {quoted_text(str(out))} (FORMAT parquet, COMPRESSION lz4_raw)"
    )
    try:
        with room_on_disk(out):
            lay_out(con, contract, table, places, meanings, _relation(table, contract))
            con.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
            rows = con.execute(copy).fetchone()[0]
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        arrival.check_unchanged()
        if table.kind == "parquet":
            raise UnreadableExtract(damaged(arrival)) from error
        # What DuckDB says shows cells, which must not reach a release.
        raise UnreadableExtract(
            f"{arrival.name} cannot be read as a table: its rows do not follow one pattern. Export it again as CSV."
        ) from error
    finally:
        take_away(con, contract)
    misshapen: tuple[Misshapen, ...] = ()
    if table.kind == "csv":
        try:
            misshapen = _misshapen(con, arrival, table)
            _expect_every_line(arrival, table, rows + len(misshapen))
        except csv.Error:
            raise UnreadableExtract(endless_cell(arrival)) from None
        con.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")  # they hold whole rows
    arrival.check_unchanged()
    headings = {name: table.headings[place] for name, place in places.items()}
    expect_order_of_dates(con, arrival, headings, contract, literally(out))
    return Conformed(out, rows, headings, places, frozenset(meanings.names), misshapen)


def match_headings(arrival: Arrival, table: Table, contract: Contract) -> dict[str, int]:
    """our column → its place. Raises UnreadableExtract naming the column, the headings accepted and those found."""
    found = matched(table.headings, contract)
    for column in contract.columns:
        where = found.get(column.name, [])
        if len(where) > 1:
            both = " and ".join(repr(table.headings[place]) for place in where[:2])
            raise UnreadableExtract(f"{arrival.name}: {both} both mean {column.name}; leave only one of them in.")
        if not where and not column.heading_optional and column.name not in table.stated:
            raise UnreadableExtract(
                f"{arrival.name} has no heading for {column.name}: it may be called {' or '.join(column.headers)}{_or_named(column)}. "
                f"{_headings_found(table, found)} Rename the heading, or add the new one to the contract."
            )
    return {name: where[0] for name, where in found.items()}


def _or_named(column: Column) -> str:
    return f", or the file's name may say it, as in {column.in_file_name}" if column.in_file_name else ""


def _headings_found(table: Table, found: dict[str, list[int]]) -> str:
    """What stands where headings should. Where none is known it may be a row of data, which must not reach a release."""
    if not found:
        return "None of the headings found is known; the row of headings may be missing."
    return f"The headings found are {listed([heading for heading in table.headings if heading])}."


def rows_sql(table: Table, contract: Contract, places: dict[str, int], meanings: Meanings) -> str:
    """The query that reads a table into our columns: each cell's text, what that says, its type, and what stands beside it."""
    columns = contract.columns
    texts = ",\n    ".join(f"{text_sql(column, places, table, contract)} AS text_{column.name}" for column in columns)
    read = ",\n    ".join(f"{read_sql(column, meanings)} AS read_{column.name}" for column in columns)
    values = ",\n    ".join(f"{typed_sql(column, meanings)} AS {column.name}" for column in columns)
    outputs, odd = [], []
    for column in columns:
        beside = after_sql(column, contract, meanings)
        outputs += [column.name, *(f"{sql} AS {name}" for name, sql in beside.items() if name in contract.kept)]
        odd += [f"{sql} AS {name}" for name, sql in beside.items() if name not in contract.kept]
    outputs += odd
    if contract.month_of:
        outputs.append(f"date_trunc('month', {contract.month_of})::DATE AS month")
    listed = ",\n  ".join(outputs)
    return (
        f"WITH cells AS (\n  SELECT\n    {texts}\n  FROM {_relation(table, contract)}\n),\n"
        f"read AS (\n  SELECT\n    *,\n    {read}\n  FROM cells\n),\n"
        f"typed AS (\n  SELECT\n    *,\n    {values}\n  FROM read, lookups\n)\n"
        f"SELECT\n  {listed}\nFROM typed"
    )


# ---- the relation -----------------------------------------------------------------------------------------------------


def _relation(table: Table, contract: Contract) -> str:
    if table.kind == "parquet":
        return f"read_parquet({quoted_text(literally(table.path))})"
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(table.headings)))
    missing = quoted_texts(null_words(contract, table))
    return (
        f"read_csv({quoted_text(literally(table.path))}, auto_detect = false, header = false, skip = {table.skip_lines}, "
        f"delim = {quoted_text(table.delimiter)}, quote = '\"', escape = '\"', columns = {{{columns}}}, "
        f"nullstr = [{missing}], "
        f"store_rejects = true, rejects_limit = {MISSHAPEN_LIMIT})"
    )


# ---- rows that are not the shape of the table ----------------------------------------------------------------------


def _misshapen(con: duckdb.DuckDBPyConnection, arrival: Arrival, table: Table) -> tuple[Misshapen, ...]:
    """The rows DuckDB could not cut into cells. Raises UnreadableExtract where they show that the file itself is spoilt."""
    errors = con.execute(
        "SELECT line, list_distinct(list(error_type::VARCHAR)), "
        "any_value(csv_line) FILTER (length(csv_line) <= $1), max(length(csv_line)) > $1, count(*) "
        "FROM reject_errors GROUP BY line ORDER BY line",
        [MAX_ROW_CHARACTERS],
    ).fetchall()
    if not errors:
        return ()
    if sum(error[-1] for error in errors) >= MISSHAPEN_LIMIT:
        raise UnreadableExtract(
            f"{arrival.name}: too many rows have more or fewer cells than the {len(table.headings)} headings. "
            "Export it again, or name its delimiter in the contract's format."
        )
    offset = table.first_line - table.skip_lines - 1
    lines = {number: number + offset for number, *_ in errors}
    if table.quoted:  # DuckDB counts records, and one may span lines
        lines = {number: line for number, line, _ in records(table) if number in lines}
    rows = []
    for number, kinds, text, is_too_long, _ in errors:
        line = lines.get(number, number + offset)
        if any("LINE SIZE" in kind for kind in kinds):
            check_quotes(arrival, table)
            rows.append(Misshapen(line, "is too long for a row", ()))
            continue
        if not all("COLUMNS" in kind for kind in kinds):
            check_quotes(arrival, table)
            raise UnreadableExtract(
                f"{arrival.name}, line {line}: a quotation mark stands where none may. Take it out, or export the file again."
            )
        if is_too_long:
            rows.append(Misshapen(line, f"has more or fewer cells than the {len(table.headings)} headings", ()))
            continue
        cells = tuple(cut(text or "", table))
        blank = not any(cell.strip() for cell in cells)
        reason = f"has {len(cells)} cells where {len(table.headings)} headings stand"
        rows.append(Misshapen(line, EMPTY_ROW if blank else reason, cells))
    last = rows[-1]
    if not table.ends_in_newline and len(last.cells) < len(table.headings) and errors[-1][0] == _last_number(table):
        raise UnreadableExtract(
            f"{arrival.name} stops in the middle of line {last.line}: it was cut short. Export it again."
        )
    return tuple(rows)


def _last_number(table: Table) -> int | None:
    if not table.quoted:
        return table.lines
    return max((number for number, _, _ in records(table)), default=None)


def _expect_every_line(arrival: Arrival, table: Table, counted: int) -> None:
    """Raises UnreadableExtract unless each line of the file is a row that was counted, or belongs to one, or is empty.

    A quotation mark that is open can swallow whole rows and close validly: only the count of lines shows it.
    """
    if table.lines is None or counted + table.skip_lines == table.lines:
        return
    if table.quoted:
        check_quotes(arrival, table)
    if sum(1 for _ in records(table)) != counted:
        raise UnreadableExtract(
            f"{arrival.name} cannot be read safely: its lines and the rows found in them do not add up. Export it again as CSV."
        )
