"""Judges a conformed file with Great Expectations, pushed down to DuckDB: row accepted, row set aside, or file refused.

Everything a contract says becomes an expectation beside those of the suite. What plain expectations cannot see cheaply
(a cell that could not be read, a key that stands twice, a name nobody knows) is laid beside the row as a column that
must be empty, so that one scan answers them all. Where such a column is laid out empty, nothing is left to ask.
"""

import logging
import os
import sys
import warnings
from collections.abc import Collection, Iterator
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # nothing is sent anywhere; must be said before the import
warnings.filterwarnings("ignore", module="great_expectations")
logging.getLogger("great_expectations").setLevel(logging.CRITICAL)

if hidden := "pyspark" not in sys.modules:  # which it would load wherever it is installed, slowly and to no use of ours
    sys.modules["pyspark"] = None

import great_expectations as gx
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
)

if hidden:
    del sys.modules["pyspark"]

from etl.config.contracts import Contract
from etl.intake.cell_sql import odd_of
from etl.intake.conform import Conformed
from etl.intake.date_order import is_other_weekday
from etl.intake.expectations import (
    failing_rows,
    gx_dialect,
)
from etl.intake.expectations.suite import of_contract, of_privacy, of_suite
from etl.paths import DiskFull
from etl.privacy import personal_data
from etl.quoting import quoted_text, quoted_texts
from etl.store.receipts import RefusedExtract, Result

IN_MEMORY = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)


SHIFT = 40  # bits of a row's number that count within its file; those above are the file's place among its like
ROW_BY_ROW = {
    "expect_column_values_to_be_null",
    "expect_column_values_to_not_be_null",
    "expect_column_values_to_be_in_set",
    "expect_column_values_to_not_be_in_set",
    "expect_column_values_to_be_between",
    "expect_column_values_to_match_regex",
    "expect_column_values_to_not_match_regex",
    "expect_column_value_lengths_to_be_between",
    "expect_column_pair_values_a_to_be_greater_than_b",
}  # that say the same of a row whatever other rows are asked about with it


def judged(
    con: duckdb.DuckDBPyConnection, files: list[tuple[str, Conformed]], contract: Contract
) -> Iterator[list[Result] | RefusedExtract]:
    """What was checked of each file (name, conformed) in turn, or why it must not be used. The files have the same headings.

    When it yields, the view `staged` and the tables `left_out` and `failed` (row, heading, reason) are those of that file.
    """
    expectations = of_contract(contract, files[0][1]) + of_suite(contract, files[0][1])
    together = [given for given in expectations if _is_row_by_row(given)]
    alone = [given for given in expectations if given not in together]
    results = _asked_together(con, files, contract, together) if len(files) > 1 else None
    for number, (name, conformed) in enumerate(files):
        try:
            if results:
                _narrow(con, number, conformed)
                yield results[number] + _checked(con, name, contract, alone)
            else:
                given_away, empty = _lay_out(con, [conformed], contract)
                asked = of_privacy(contract, conformed, given_away) + expectations
                yield _checked(con, name, contract, asked, empty)
        except RefusedExtract as refused:
            yield refused


def _is_row_by_row(given: dict[str, Any]) -> bool:
    """Whether what it says of a row does not depend on the other rows that are asked about with it."""
    try:
        asked = failing_rows.query_of(given).sql
        if given["type"] != failing_rows.FREE:
            return given["type"] in ROW_BY_ROW and "mostly" not in given["kwargs"]
        query = sqlglot.parse_one(asked, dialect="duckdb")
    except (sqlglot.ParseError, sqlglot.TokenError, failing_rows.NoRows):
        return False  # what comes of it is seen when it is asked
    return len(list(query.find_all(exp.Table))) == 1 and not query.find(
        exp.AggFunc, exp.Window, exp.Limit, exp.Subquery
    )


def _asked_together(
    con: duckdb.DuckDBPyConnection,
    files: list[tuple[str, Conformed]],
    contract: Contract,
    expectations: list[dict[str, Any]],
) -> list[list[Result]] | None:
    """What was checked of each file; None where a file as a whole is in question, so that each must be asked alone.

    Asking costs Great Expectations the same for ten rows and for a million, so it is asked once for all.
    """
    given_away, empty = _lay_out(con, [conformed for _, conformed in files], contract)
    results: list[list[Result]] = [[] for _ in files]
    if given_away:
        return None
    for given, outcome in _asked(con, contract.source, of_privacy(contract, files[0][1], {}) + expectations, empty):
        status = _status(outcome)
        if status == "error" or (status == "failed" and given["severity"] == "critical"):
            return None
        failed = {}
        if status == "failed":
            query = failing_rows.query_of(given)
            counted = f"SELECT row >> {SHIFT}, count(*) FROM ({query.sql}) GROUP BY 1"
            failed = dict(con.execute(counted, query.values).fetchall())
            status = "passed"
            if sum(failed.values()) != _unexpected(outcome):
                return None  # asked alone, each file says it
            if given["severity"] == "warning":
                _set_aside(con, given)
        for number, of_file in enumerate(results):
            said = "failed" if number in failed else status
            of_file.append(_result(given, said, failed.get(number, 0)))
    con.execute("CREATE OR REPLACE TEMP TABLE all_failed AS FROM failed")
    con.execute("CREATE OR REPLACE TEMP TABLE all_left_out AS FROM left_out")
    return results


def _narrow(con: duckdb.DuckDBPyConnection, number: int, conformed: Conformed) -> None:
    """Makes the tables those of one of the files that were asked about together."""
    first, last = number << SHIFT, (number + 1) << SHIFT
    for table in ("failed", "left_out"):
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT row - {first} AS row, heading, reason FROM all_{table} "
            f"WHERE row >= {first} AND row < {last}"
        )
    con.execute(f"CREATE OR REPLACE TEMP VIEW arrived AS {_rows_of([conformed])}")
    con.execute("CREATE OR REPLACE TEMP VIEW staged AS FROM arrived WHERE row NOT IN (SELECT row FROM left_out)")


def _checked(
    con: duckdb.DuckDBPyConnection,
    name: str,
    contract: Contract,
    expectations: list[dict[str, Any]],
    empty: Collection[str] = (),
) -> list[Result]:
    """Asks about the one file that is laid out; fills `failed`. Raises RefusedExtract."""
    results = []
    for given, outcome in _asked(con, name, expectations, empty):
        status, severity, about = _status(outcome), given["severity"], given["meta"]["about"]
        unexpected = _unexpected(outcome) if status == "failed" else 0
        results.append(_result(given, status, unexpected))
        if status == "error":
            if failing_rows.NOT_ITS_FAULT.search(str(outcome.exception_info)):
                raise DiskFull(
                    f"{name} could not be checked: there is not enough memory, or room on the disk; free some."
                )
            raise RefusedExtract(
                f"{name}: the expectation “{about}” could not be checked; mend it in {contract.source}/suite.yaml.",
                results,
            )
        if status == "failed" and severity == "critical":
            sentence = f"{name} is refused: “{about}” does not hold"
            sentence += f" in {unexpected:,} rows." if unexpected else "."
            raise RefusedExtract(" ".join(filter(None, (sentence, given["meta"].get("hint")))), results)
        if status == "failed" and severity == "warning" and _set_aside(con, given) != unexpected:
            raise RefusedExtract(
                f"{name}: Great Expectations and the query for the rows to set aside count otherwise for “{about}”; say it in "
                f"another way in {contract.source}/suite.yaml.",
                results,
            )
    return results


def _result(given: dict[str, Any], status: str, unexpected: int) -> Result:
    meta = given["meta"]
    return Result(given["type"], meta["about"], given["severity"], status, unexpected, meta.get("why"))


def _set_aside(con: duckdb.DuckDBPyConnection, given: dict[str, Any]) -> int:
    """How many rows it has set aside."""
    query = failing_rows.query_of(given)
    said = [given["meta"]["heading"], given["meta"]["reason"]]
    [(rows,)] = con.execute(
        f"INSERT INTO failed SELECT row, ?, ? FROM ({query.sql})", [*said, *query.values]
    ).fetchall()
    return rows


# ---- laying the file out -------------------------------------------------------------------------------------------


def _rows_of(files: list[Conformed]) -> str:
    """The rows of all of them, each with a number of its own."""
    return "\nUNION ALL BY NAME\n".join(
        f"SELECT *, file_row_number + {number << SHIFT} AS row "
        f"FROM read_parquet({quoted_text(str(conformed.path))}, file_row_number = true)"
        for number, conformed in enumerate(files)
    )


def _lay_out(
    con: duckdb.DuckDBPyConnection, files: list[Conformed], contract: Contract
) -> tuple[dict[str, tuple[str, ...]], set[str]]:
    """Lays the view `staged` over the files; returns the columns in which something has the shape of a person's data, and
    which shapes; and those that it laid beside them and that hold nothing."""
    conformed = files[0]  # whose headings all have
    con.execute("""
        CREATE OR REPLACE TEMP TABLE failed ("row" BIGINT, heading VARCHAR, reason VARCHAR);
        CREATE OR REPLACE TEMP TABLE left_out ("row" BIGINT, heading VARCHAR, reason VARCHAR);
        CREATE OR REPLACE TEMP TABLE conflicts ("row" BIGINT)
    """)
    con.execute(f"CREATE OR REPLACE TEMP VIEW arrived AS {_rows_of(files)}")
    odd = {column.name: odd_of(column, column.name in conformed.named) for column in contract.columns}
    cells = [name for each in odd.items() for name in each if name]
    empty = " AND ".join(f"{name} IS NULL" for name in cells)
    con.execute(f"INSERT INTO left_out SELECT row, '', 'is an empty row' FROM arrived WHERE {empty}")
    for column, words in contract.leave_out.items():
        if column not in conformed.headings:
            continue
        listed = quoted_texts(str(word).lower() for word in words)
        said = f"coalesce({odd[column]}, {column}::VARCHAR)" if odd[column] else column
        con.execute(
            f"INSERT INTO left_out SELECT row, ?, 'is a totals row' FROM arrived "
            f"WHERE lower({said}) IN ({listed}) AND row NOT IN (SELECT row FROM left_out)",
            [conformed.headings[column]],
        )
    kept = "arrived" if not _any(con, "left_out") else "(FROM arrived WHERE row NOT IN (SELECT row FROM left_out))"
    _find_repeats(con, contract, kept, odd)

    # A cell that could not be read is not empty: `filled_…` says whether anything stands there at all.
    extra = ["arrived.*"]
    extra += [
        f"CASE WHEN arrived.{name} IS NOT NULL OR {unread} IS NOT NULL THEN true END AS filled_{name}"
        for name, unread in odd.items()
        if unread and not contract.column(name).optional
    ]
    extra += [
        f"CASE WHEN {is_other_weekday(f'arrived.{column.name}', f'arrived.{column.weekday_of}')} "
        f"THEN arrived.{column.name} END AS other_weekday_{column.name}"
        for column in contract.columns
        if column.weekday_of
    ]
    # A person's own cells are hashes; of the others their text is looked at, wherever it is kept.
    texts = {
        column.name: odd[column.name] or column.name
        for column in contract.columns
        if column.name in conformed.headings and not column.person
    }
    given_away = personal_data.given_away(con, kept, list(texts.values()), f"row >> {SHIFT}")
    extra += [f"{given_away[text].sql} AS private_{name}" for name, text in texts.items() if text in given_away]
    unfilled = {f"private_{name}" for name, text in texts.items() if text not in given_away}
    joins = ""
    if _any(con, "conflicts"):
        extra.append("CASE WHEN conflicts.row IS NOT NULL THEN 'conflict' END AS conflict")
        joins = " LEFT JOIN conflicts ON conflicts.row = arrived.row"
    else:
        unfilled.add("conflict")
    where = " WHERE arrived.row NOT IN (SELECT row FROM left_out)" if _any(con, "left_out") else ""
    con.execute(f"CREATE OR REPLACE TEMP VIEW staged AS SELECT {', '.join(extra)} FROM arrived{joins}{where}")
    return {name: given_away[text].names for name, text in texts.items() if text in given_away}, unfilled


def _find_repeats(con: duckdb.DuckDBPyConnection, contract: Contract, kept: str, odd: dict[str, str | None]) -> None:
    """Rows whose key stands more than once: equal ones are left out but for the first, the others conflict.

    Where a unit stands is the hierarchy's affair: two rows that differ only in a parent are equal.
    """
    if not contract.key:  # answer-sheets: two people may say the same
        return
    key = ", ".join([f"row >> {SHIFT}", *contract.key])  # within a file; between files the later one wins
    # Hashes find the few candidates in one cheap pass; the keys themselves decide among them.
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE twice AS SELECT hash({key}) AS h FROM {kept} GROUP BY h HAVING count(*) > 1"
    )
    if not _any(con, "twice"):
        return
    compared = [column.name for column in contract.columns if column.name not in contract.parents]
    compared += filter(None, odd.values())
    whole = " AND ".join(f"{column} IS NOT NULL" for column in contract.key)
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE repeats AS
        SELECT
            row,
            row_number() OVER same_key AS place,
            count(*) OVER same_key AS times,
            min(hash({", ".join(compared)})) OVER same_key = max(hash({", ".join(compared)})) OVER same_key AS equal
        FROM {kept}
        WHERE hash({key}) IN (SELECT h FROM twice) AND {whole}
        WINDOW same_key AS (PARTITION BY {key} ORDER BY row ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    """)
    con.execute(
        "INSERT INTO left_out SELECT row, '', 'repeats an earlier row' FROM repeats WHERE times > 1 AND equal AND place > 1"
    )
    con.execute("INSERT INTO conflicts SELECT row FROM repeats WHERE times > 1 AND NOT equal")


def _any(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    return con.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None


# ---- Great Expectations ----------------------------------------------------------------------------------------------


def _asked(con: duckdb.DuckDBPyConnection, name: str, expectations: list[dict[str, Any]], empty: Collection[str] = ()):
    """Each expectation with Great Expectations' answer to it; with None where a column that is laid out empty must be."""
    evident = [given for given in expectations if _is_evident(given, empty)]
    yield from ((given, None) for given in evident)
    asked = [given for given in expectations if given not in evident]
    expectations = [failing_rows.answered_once(con, given, number) for number, given in enumerate(asked)]
    if not expectations:
        return
    # Without its site of documents, for which it would leave a folder behind: results stand on our own page.
    context = gx.get_context(mode="ephemeral", project_config=DataContextConfig(store_backend_defaults=IN_MEMORY))
    context._save_project_config = lambda: None  # it would write itself out as YAML three times, for nobody to read
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_sql(name="extract", connection_string="duckdb://", kwargs=gx_dialect.engine(con))
    batch = source.add_table_asset("staged", table_name="staged").add_batch_definition_whole_table("whole").get_batch()
    suite = as_suite(name, expectations)
    answer = {
        "result_format": "BASIC",  # anything more scans the rows again for each expectation, to list the offending ones
        "partial_unexpected_count": 0,
    }
    try:
        outcomes = batch.validate(suite, result_format=answer).results
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
    ) as error:  # of a record it took and cannot make a question of
        kinds = sorted({given["type"] for given in expectations})
        raise RefusedExtract(
            f"{name}: its suite has an expectation that Great Expectations cannot ask, one of {', '.join(kinds)}: something it "
            "needs is wanting, or said in another way."
        ) from error
    for outcome in outcomes:
        yield expectations[outcome.expectation_config.meta["number"]], outcome


def _is_evident(given: dict[str, Any], empty: Collection[str]) -> bool:
    return given["type"] == "expect_column_values_to_be_null" and given["kwargs"]["column"] in empty


def as_suite(name: str, expectations: list[dict[str, Any]]) -> gx.ExpectationSuite:
    """The records as Great Expectations has them, each numbered, since answers come in another order. Raises RefusedExtract."""
    numbered = [
        {key: given[key] for key in ("type", "kwargs", "severity")} | {"meta": {"number": number}}
        for number, given in enumerate(expectations)
    ]
    try:
        suite = gx.ExpectationSuite(name=name, expectations=numbered)
    except Exception as error:  # whatever it raises on a record, the mistake is in the suite
        said = " ".join(str(error).split())
        raise RefusedExtract(
            f"{name}: its suite has an expectation that Great Expectations does not take: {said}"
        ) from error
    taken = {expectation.meta["number"] for expectation in suite.expectations}
    for number, given in enumerate(expectations):
        if number not in taken:  # a name that it does not know it passes over in silence
            raise RefusedExtract(
                f"{name}: its suite asks for {given['type']}, and Great Expectations has no {given['type']}."
            )
        if given["severity"] == "warning" or given["type"] == failing_rows.FREE:
            _expect_rows(name, given)
    return suite


def _expect_rows(name: str, given: dict[str, Any]) -> None:
    try:
        failing_rows.query_of(given)
    except failing_rows.NoRows as error:
        raise RefusedExtract(
            f"{name}: its suite has {given['type']}, which {error}, so it cannot be said which rows to set aside. Write it as an "
            f"{failing_rows.FREE}, or with severity critical or info."
        ) from None


def _status(outcome) -> str:
    """error, not applicable, failed, passed: the first that is true."""
    if outcome is None:
        return "passed"
    if outcome.exception_info and (
        outcome.exception_info.get("raised_exception")
        or any(isinstance(value, dict) and value.get("raised_exception") for value in outcome.exception_info.values())
    ):
        return "error"
    result = outcome.result
    checks_for_null = outcome.expectation_config.type.endswith("to_be_null")
    if "missing_count" in result and result["missing_count"] == result.get("element_count") and not checks_for_null:
        return "not applicable"
    return "passed" if outcome.success else "failed"


def _unexpected(outcome) -> int:
    """How many rows; 0 where it speaks of no rows, and what it observed is a list of columns, a type or a figure of its own."""
    if "unexpected_count" in outcome.result:
        return int(outcome.result["unexpected_count"] or 0)
    if outcome.expectation_config.type != failing_rows.FREE:
        return 0
    return int(outcome.result.get("observed_value") or 0)
