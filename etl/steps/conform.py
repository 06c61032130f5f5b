"""Turns a readable table into our columns and types, in one pass of DuckDB: CSV (or Parquet) in, typed Parquet out.

A cell that cannot be read as its type does not stop the file: its text is kept beside the typed column, as
`unread_<column>`, where an expectation finds it. On ten million rows this costs no more than reading the types outright.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from etl.contracts import Column, Contract
from etl.paths import room_on_disk
from etl.steps.headings import matched
from etl.steps.land import Arrival, UnreadableExtract
from etl.steps.read import Table, check_quotes, cut, damaged, literally, records

EMPTY_ROW = "is an empty row"
MISSHAPEN_LIMIT = 100_000
ISO_DATES = ["%Y-%m-%d", "%Y-%m-%d 00:00:00", "%Y-%m-%dT00:00:00"]  # a day, at midnight where a database adds the time
ISO_MOMENTS = [
    f"%Y-%m-%d{time}" for time in (" %H:%M:%S", " %H:%M", "T%H:%M:%S", "T%H:%M", " %H:%M:%S.%f", "T%H:%M:%S.%f", "")
]
YEARS = (1900, 2199)  # a date outside is a slip of the keyboard, or means "open"


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
    misshapen: tuple[Misshapen, ...]


def conform(con: duckdb.DuckDBPyConnection, arrival: Arrival, table: Table, contract: Contract, out: Path) -> Conformed:
    """Writes the file's rows as typed Parquet to `out`. Raises UnreadableExtract."""
    places = match_headings(arrival, table, contract)
    copy = f"COPY (\n{rows_sql(table, contract, places)}\n) TO '{sql_text(str(out))}' (FORMAT parquet, COMPRESSION lz4_raw)"
    con.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
    try:
        with room_on_disk(out):
            rows = con.execute(copy).fetchone()[0]
    except duckdb.Error as error:
        arrival.check_unchanged()
        if table.kind == "parquet":
            raise UnreadableExtract(damaged(arrival)) from error
        # What DuckDB says shows cells, which must not reach a release.
        raise UnreadableExtract(
            f"{arrival.name} cannot be read as a table: its rows do not follow one pattern. Export it again as CSV."
        ) from error
    misshapen: tuple[Misshapen, ...] = ()
    if table.kind == "csv":
        misshapen = _misshapen(con, arrival, table)
        _expect_every_line(arrival, table, rows + len(misshapen))
    arrival.check_unchanged()
    _expect_order_of_dates(con, arrival, table, contract, places, out)
    headings = {name: table.headings[place] for name, place in places.items()}
    return Conformed(out, rows, headings, places, misshapen)


def match_headings(arrival: Arrival, table: Table, contract: Contract) -> dict[str, int]:
    """our column → its place. Raises UnreadableExtract naming the column, the headings accepted and those found."""
    found = matched(table.headings, contract)
    for column in contract.columns:
        where = found.get(column.name, [])
        if len(where) > 1:
            both = " and ".join(repr(table.headings[place]) for place in where)
            raise UnreadableExtract(f"{arrival.name}: {both} both mean {column.name}; leave only one of them in.")
        if not where and not column.heading_optional:
            raise UnreadableExtract(
                f"{arrival.name} has no heading for {column.name}: it may be called {' or '.join(column.headers)}. "
                f"{_headings_found(table, found)} Rename the heading, or add the new one to the contract."
            )
    return {name: where[0] for name, where in found.items()}


def _headings_found(table: Table, found: dict[str, list[int]]) -> str:
    """What stands where headings should. Where none is known it may be a row of data, which must not reach a release."""
    if not found:
        return "None of the headings found is known; the row of headings may be missing."
    return f"The headings found are {', '.join(heading for heading in table.headings if heading)}."


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
        name = f'"{table.headings[places[column.name]].replace(chr(34), chr(34) * 2)}"'
        cell, floating = f"{name}::VARCHAR", f"typeof({name}) IN ('DOUBLE', 'FLOAT')"
        if column.type == "text":  # a code that was kept as a number is that code, without a point
            cell = f"CASE WHEN {floating} THEN regexp_replace({cell}, '\\.0$', '') ELSE {cell} END"
        elif column.thousands == ".":
            cell = (
                f"CASE WHEN {floating} OR typeof({name}) LIKE 'DECIMAL%' THEN replace({cell}, '.', ',') ELSE {cell} END"
            )
    else:
        cell = f"c{places[column.name]}"
    missing = _missing_words(contract)
    if column.type == "text":
        # Trimming is the dearest thing here, so only cells that look padded are trimmed.
        padded, words = f"starts_with({cell}, ' ') OR ends_with({cell}, ' ')", cell
        if not table.ascii_only:
            padded += f" OR contains({cell}, '\u00a0')"
            words = f"replace({cell}, '\u00a0', ' ')"
        tidy = _trimmed(words)
        cell = f"CASE WHEN {padded} THEN CASE WHEN {tidy} NOT IN ({missing}) THEN {tidy} END ELSE {cell} END"
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
        number, text = _number(column), _plain_number(column)
        whole = f"coalesce(try_cast({text} AS BIGINT), try_cast({number} AS BIGINT))"
        return f"CASE WHEN {number} = floor({number}) THEN {whole} END"
    return f"CASE WHEN year({_moment(column)}) BETWEEN {YEARS[0]} AND {YEARS[1]} THEN {_moment(column)} END"


def _number(column: Column) -> str:
    text = _plain_number(column)
    value = f"coalesce(try_cast({text} AS DOUBLE), try_cast({_trimmed(text)} AS DOUBLE))"
    return f"CASE WHEN isfinite({value}) THEN {value} END"


def _plain_number(column: Column) -> str:
    """The text without the marks between thousands, and with a decimal point."""
    text = f"text_{column.name}"
    if not column.thousands:
        return text
    # Only marks that stand where thousands do are taken out: 1,5 is not fifteen.
    point = "," if column.thousands == "." else "."
    marks = {" ": " \u00a0\u202f", "'": "''’"}.get(column.thousands, column.thousands)
    trimmed = _trimmed(text)
    grouped = f"regexp_full_match({trimmed}, '[-+]?[0-9]{{1,3}}([{marks}][0-9]{{3}})+([{point}][0-9]+)?')"
    plain = f"regexp_replace({trimmed}, '[{marks}]', '', 'g')"
    if point == ",":
        return (
            f"CASE WHEN regexp_full_match({trimmed}, '[-+]?[0-9]+(,[0-9]+)?') THEN replace({trimmed}, ',', '.') "
            f"WHEN {grouped} THEN replace({plain}, ',', '.') END"
        )

    def marked(words: str) -> str:
        return f"contains({words}, '{marks}')" if len(marks) == 1 else f"regexp_matches({words}, '[{marks}]')"

    return (
        f"CASE WHEN NOT {marked(text)} THEN {text} WHEN {grouped} THEN {plain} "
        f"WHEN NOT {marked(trimmed)} THEN {trimmed} END"
    )


def _moment(column: Column) -> str:
    iso = ISO_DATES if column.type == "date" else ISO_MOMENTS
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
    pairs = {other.lower(): spelling for spelling, others in column.spellings.items() for other in (spelling, *others)}
    if not pairs:
        return text
    cases = " ".join(f"WHEN '{sql_text(other)}' THEN '{sql_text(spelling)}'" for other, spelling in pairs.items())
    lengths = ", ".join(str(length) for length in sorted({len(other.encode()) for other in pairs}))
    return f"CASE WHEN strlen({text}) IN ({lengths}) THEN CASE lower({text}) {cases} ELSE {text} END ELSE {text} END"


def _relation(table: Table, contract: Contract) -> str:
    if table.kind == "parquet":
        return f"read_parquet('{sql_text(literally(table.path))}')"
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(table.headings)))
    return (
        f"read_csv('{sql_text(literally(table.path))}', auto_detect = false, header = false, skip = {table.skip_lines}, "
        f"delim = '{sql_text(table.delimiter)}', quote = '\"', escape = '\"', columns = {{{columns}}}, "
        f"nullstr = [{_missing_words(contract)}], "
        f"store_rejects = true, rejects_limit = {MISSHAPEN_LIMIT})"
    )


def sql_text(text: str) -> str:
    return text.replace("'", "''")


# ---- rows that are not the shape of the table ----------------------------------------------------------------------


def _misshapen(con: duckdb.DuckDBPyConnection, arrival: Arrival, table: Table) -> tuple[Misshapen, ...]:
    """The rows DuckDB could not cut into cells. Raises UnreadableExtract where they show that the file itself is spoilt."""
    errors = con.execute(
        "SELECT line, list_distinct(list(error_type::VARCHAR)), any_value(csv_line), count(*) "
        "FROM reject_errors GROUP BY line ORDER BY line"
    ).fetchall()
    if not errors:
        return ()
    if sum(error[3] for error in errors) >= MISSHAPEN_LIMIT:
        raise UnreadableExtract(
            f"{arrival.name}: too many rows have more or fewer cells than the {len(table.headings)} headings. "
            "Export it again, or name its delimiter in the contract's format."
        )
    offset = table.first_line - table.skip_lines - 1
    lines = {number: number + offset for number, *_ in errors}
    if table.quoted:  # DuckDB counts records, and one may span lines
        lines = {number: line for number, line, _ in records(table) if number in lines}
    rows = []
    for number, kinds, text, _ in errors:
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


# ---- dates whose day and month changed places ----------------------------------------------------------------------


def _expect_order_of_dates(
    con: duckdb.DuckDBPyConnection,
    arrival: Arrival,
    table: Table,
    contract: Contract,
    places: dict[str, int],
    path: Path,
) -> None:
    """Raises UnreadableExtract where dates can be read only with day and month exchanged and none only as agreed: then
    those that could be read either way are wrong too, and nothing would show it."""
    for column in contract.columns:
        form = column.format or ""
        if (
            column.name not in places
            or column.type not in ("date", "timestamp")
            or not {"%d", "%m"} <= set(_marks(form))
        ):
            continue
        exchanged = form.replace("%d", "%?").replace("%m", "%d").replace("%?", "%m")
        only_so = con.execute(
            f"SELECT count(*) FROM read_parquet(?) WHERE try_strptime(trim(unread_{column.name}), ?) IS NOT NULL",
            [literally(path), exchanged],
        ).fetchone()[0]
        if (
            only_so
            and not con.execute(
                f"SELECT 1 FROM read_parquet(?) WHERE day({column.name}) > 12 LIMIT 1", [literally(path)]
            ).fetchone()
        ):
            raise UnreadableExtract(
                f"{arrival.name}: day and month have changed places in {table.headings[places[column.name]]} "
                f"({only_so:,} of its dates cannot be read otherwise), as when a file is opened and saved again in "
                "another country's settings. Export it again, or change the column's format in the contract."
            )


def _marks(form: str) -> list[str]:
    return re.findall(r"%.", form)
