"""Turns a readable table into our columns and types, in one pass of DuckDB: CSV (or Parquet) in, typed Parquet out.

A cell that cannot be read as its type does not stop the file: its text is kept beside the typed column, as
`unread_<column>`, where an expectation finds it. On ten million rows this costs no more than reading the types outright.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from etl.contracts import Column, Contract
from etl.steps.land import Arrival, Table, UnreadableExtract, check_quotes, matched

YEARS = (1900, 2199)  # a date outside is a slip of the keyboard, or means "open"


@dataclass(frozen=True)
class Misshapen:
    """A row with too few or too many cells, which no column can be read from."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class Conformed:
    """A file in our columns: `path` is Parquet with a row a record, in the file's order."""

    path: Path
    rows: int
    headings: dict[str, str]  # our column → the file's own heading
    places: dict[str, int]  # our column → its place in a row of text
    misshapen: tuple[Misshapen, ...]


def conform(con: duckdb.DuckDBPyConnection, arrival: Arrival, table: Table, contract: Contract, out: Path) -> Conformed:
    """Writes the file's rows as typed Parquet to `out`. Raises UnreadableExtract."""
    places = match_headings(arrival, table, contract)
    copy = f"COPY (\n{rows_sql(table, contract, places)}\n) TO '{sql_text(str(out))}' (FORMAT parquet, COMPRESSION lz4_raw)"
    con.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
    try:
        rows = con.execute(copy).fetchone()[0]
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        raise UnreadableExtract(f"{arrival.name} cannot be read as a table: {str(error).splitlines()[0]}.") from error
    misshapen = _misshapen(con, arrival, table) if table.kind == "csv" else ()
    arrival.check_unchanged()
    headings = {name: table.headings[place] for name, place in places.items()}
    return Conformed(out, rows, headings, places, misshapen)


def match_headings(arrival: Arrival, table: Table, contract: Contract) -> dict[str, int]:
    """our column → its place. Raises UnreadableExtract naming the column, the headings accepted and those found."""
    found = matched(table.headings, contract)
    shown = ", ".join(heading for heading in table.headings if heading)
    for column in contract.columns:
        where = found.get(column.name, [])
        if len(where) > 1:
            both = " and ".join(repr(table.headings[place]) for place in where)
            raise UnreadableExtract(f"{arrival.name}: {both} both mean {column.name}; leave only one of them in.")
        if not where and not column.heading_optional:
            raise UnreadableExtract(
                f"{arrival.name} has no heading for {column.name}: it may be called {' or '.join(column.headers)}. "
                f"The headings found are {shown}. Rename the heading, or add the new one to the contract."
            )
    return {name: where[0] for name, where in found.items()}


def rows_sql(table: Table, contract: Contract, places: dict[str, int]) -> str:
    """The query that reads a table into our columns: first each cell's text, then its type, then what could not be read."""
    columns = contract.columns
    texts = ",\n    ".join(f"{_text(column, places, table, contract)} AS text_{column.name}" for column in columns)
    values = ",\n    ".join(f"{_typed(column)} AS {column.name}" for column in columns)
    outputs = [column.name for column in columns]
    outputs += [f"{_unread(column, contract)} AS unread_{column.name}" for column in columns if column.type != "text"]
    if contract.month_of:
        outputs.append(f"date_trunc('month', {contract.month_of})::DATE AS month")
    listed = ",\n  ".join(outputs)
    return (
        f"WITH cells AS (\n  SELECT\n    {texts}\n  FROM {_relation(table, contract)}\n),\n"
        f"typed AS (\n  SELECT\n    *,\n    {values}\n  FROM cells\n)\n"
        f"SELECT\n  {listed}\nFROM typed"
    )


# ---- the SQL of one column -----------------------------------------------------------------------------------------


def _text(column: Column, places: dict[str, int], table: Table, contract: Contract) -> str:
    """The cell as text; NULL where it is empty or holds a word that means missing."""
    if column.name not in places:
        return "NULL::VARCHAR"
    if table.kind == "parquet":
        name = table.headings[places[column.name]].replace('"', '""')
        cell = f'"{name}"::VARCHAR'
    else:
        cell = f"c{places[column.name]}"
    missing = _missing_words(contract)
    if column.type == "text":
        # Trimming is the dearest thing here, so only cells that look padded are trimmed.
        padded = f"starts_with({cell}, ' ') OR ends_with({cell}, ' ')"
        padded += "" if table.ascii_only else f" OR contains({cell}, '\u00a0')"
        cell = f"CASE WHEN {padded} THEN nullif({_trimmed(cell)}, '') ELSE {cell} END"
    return cell if table.kind == "csv" else f"CASE WHEN {cell} NOT IN ({missing}) THEN {cell} END"


def _trimmed(text: str) -> str:
    return f"trim({text}, ' \t\u00a0')"


def _missing_words(contract: Contract) -> str:
    return ", ".join(f"'{sql_text(word)}'" for word in dict.fromkeys(["", *contract.format.missing]))


def _typed(column: Column) -> str:
    """The expression that reads a cell's text as its type; NULL where it cannot be read, or means "open"."""
    if column.type == "text":
        return _spelled(column)
    if column.type == "number":
        return _number(column)
    if column.type == "whole_number":
        return f"CASE WHEN {_number(column)} = floor({_number(column)}) THEN ({_number(column)})::BIGINT END"
    return f"CASE WHEN year({_moment(column)}) BETWEEN {YEARS[0]} AND {YEARS[1]} THEN {_moment(column)} END"


def _number(column: Column) -> str:
    text = f"text_{column.name}"
    if column.thousands:
        # Only marks that stand where thousands do are taken out: 1,5 is not fifteen.
        mark = sql_text(column.thousands)
        text = (
            f"CASE WHEN NOT contains({text}, '{mark}') THEN {text} "
            f"WHEN regexp_full_match({text}, '[-+]?[0-9]{{1,3}}(\\{mark}[0-9]{{3}})+(\\.[0-9]+)?') "
            f"THEN replace({text}, '{mark}', '') END"
        )
    value = f"coalesce(try_cast({text} AS DOUBLE), try_cast({_trimmed(text)} AS DOUBLE))"
    return f"CASE WHEN isfinite({value}) THEN {value} END"


def _moment(column: Column) -> str:
    iso = ["%Y-%m-%d"] if column.type == "date" else ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
    formats = [column.format, *iso] if column.format else iso
    listed = ", ".join(f"'{sql_text(form)}'" for form in formats)
    text = f"text_{column.name}"
    return f"coalesce(try_strptime({text}, [{listed}]), try_strptime({_trimmed(text)}, [{listed}]))::{column.sql_type}"


def _unread(column: Column, contract: Contract) -> str:
    """The text of a cell that is there and could not be read; NULL where all is well."""
    text, missing = f"text_{column.name}", f"{column.name} IS NULL"
    if column.type in ("date", "timestamp") and contract.format.end_of_time:
        # The end-of-time years by which HR systems say "still so".
        years = ", ".join(str(int(year)) for year in contract.format.end_of_time)
        missing += f" AND coalesce(year({_moment(column)}) NOT IN ({years}), true)"
    return f"CASE WHEN {text} IS NOT NULL AND {missing} AND {_trimmed(text)} NOT IN ({_missing_words(contract)}) THEN {text} END"


def _spelled(column: Column) -> str:
    text = f"text_{column.name}"
    pairs = {
        other.casefold(): spelling for spelling, others in column.spellings.items() for other in (spelling, *others)
    }
    if not pairs:
        return text
    cases = " ".join(f"WHEN '{sql_text(other)}' THEN '{sql_text(spelling)}'" for other, spelling in pairs.items())
    lengths = ", ".join(str(length) for length in sorted({len(other.encode()) for other in pairs}))
    return f"CASE WHEN strlen({text}) IN ({lengths}) THEN CASE lower({text}) {cases} ELSE {text} END ELSE {text} END"


def _relation(table: Table, contract: Contract) -> str:
    if table.kind == "parquet":
        return f"read_parquet('{sql_text(str(table.path))}')"
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(table.headings)))
    return (
        f"read_csv('{sql_text(str(table.path))}', auto_detect = false, header = false, skip = {table.skip_lines}, "
        f"delim = '{sql_text(table.delimiter)}', quote = '\"', escape = '\"', columns = {{{columns}}}, "
        f"nullstr = [{_missing_words(contract)}], "
        "store_rejects = true, rejects_limit = 100000)"
    )


def sql_text(text: str) -> str:
    return text.replace("'", "''")


# ---- rows that are not the shape of the table ----------------------------------------------------------------------


def _misshapen(con: duckdb.DuckDBPyConnection, arrival: Arrival, table: Table) -> tuple[Misshapen, ...]:
    """The rows DuckDB could not cut into cells. Raises UnreadableExtract where they show that the file itself is spoilt."""
    errors = con.execute(
        "SELECT line, any_value(error_type ORDER BY error_type), any_value(csv_line), max(error_message) "
        "FROM reject_errors GROUP BY line ORDER BY line"
    ).fetchall()
    offset = table.first_line - table.skip_lines - 1
    rows = []
    for line, kind, text, message in errors:
        if "UNQUOTED" in kind or "QUOTE" in kind:
            check_quotes(arrival, table)
        cells = message.rsplit("Found: ", 1)[-1].strip()
        rows.append(
            Misshapen(
                line + offset,
                f"has {cells} cells where {len(table.headings)} headings stand",
                (text or "").strip("\r\n"),
            )
        )
    if rows and not arrival.ends_in_newline and rows[-1].line == (last := arrival.count_lines()):
        raise UnreadableExtract(
            f"{arrival.name} stops in the middle of line {last}: it was cut short. Export it again."
        )
    return tuple(rows)
