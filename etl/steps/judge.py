"""Judges a conformed file with Great Expectations, pushed down to DuckDB: row accepted, row set aside, or file refused.

Everything a contract says becomes an expectation beside those of the suite. What plain expectations cannot see cheaply
(a cell that could not be read, a key that stands twice, a name nobody knows) is laid beside the row as a column that
must be empty, so that one scan answers them all.
"""

import logging
import os
import re
import warnings
from typing import Any

import duckdb

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # nothing is sent anywhere; must be said before the import
warnings.filterwarnings("ignore", module="great_expectations")
logging.getLogger("great_expectations").setLevel(logging.CRITICAL)

import great_expectations as gx  # noqa: E402
from great_expectations.data_context.types.base import (  # noqa: E402
    DataContextConfig,
    InMemoryStoreBackendDefaults,
)

from etl import dialect  # noqa: E402
from etl.contracts import Contract  # noqa: E402
from etl.paths import NO_ROOM, DiskFull  # noqa: E402
from etl.steps.conform import Conformed, sql_text  # noqa: E402
from etl.steps.keep import RefusedExtract, Result  # noqa: E402

IN_MEMORY = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
NOT_ITS_FAULT = re.compile(f"{NO_ROOM.pattern}|out of memory", re.IGNORECASE)
READS_AS = {
    "number": "a number",
    "whole_number": "a whole number",
    "date": "a date",
    "timestamp": "a date and time",
}


def judge(
    con: duckdb.DuckDBPyConnection, name: str, conformed: Conformed, contract: Contract, known: dict[str, str]
) -> list[Result]:
    """Fills the tables `left_out` and `failed` (row, heading, reason) for the file; `known` gives, for each column that
    refers to another source, the relation whose `name` column lists what may stand there. Raises RefusedExtract."""
    _lay_out(con, conformed, contract, known)
    expectations = [*_of_contract(contract, conformed), *_of_suite(contract, conformed)]
    results = []
    for given, outcome in _asked(con, name, expectations):
        status = _status(outcome)
        meta, severity = given["meta"], given["severity"]
        unexpected = (
            int(outcome.result.get("unexpected_count") or outcome.result.get("observed_value") or 0)
            if status == "failed"
            else 0
        )
        results.append(Result(given["type"], meta["about"], severity, status, unexpected, meta.get("why")))
        if status == "error":
            if NOT_ITS_FAULT.search(str(outcome.exception_info)):
                raise DiskFull(
                    f"{name} could not be checked: there is not enough memory, or room on the disk; free some."
                )
            raise RefusedExtract(
                f"{name}: the expectation “{meta['about']}” could not be checked; mend it in {contract.source}/suite.yaml.",
                results,
            )
        if status == "failed" and severity == "critical":
            raise RefusedExtract(
                f"{name} is refused: “{meta['about']}” does not hold"
                + (f" in {unexpected:,} rows." if unexpected else "."),
                results,
            )
        if status == "failed" and severity == "warning" and (query := _offending_rows(given, outcome)):
            con.execute(f"INSERT INTO failed SELECT row, ?, ? FROM ({query})", [meta["heading"], meta["reason"]])
    return results


# ---- laying the file out -------------------------------------------------------------------------------------------


def _lay_out(con: duckdb.DuckDBPyConnection, conformed: Conformed, contract: Contract, known: dict[str, str]) -> None:
    con.execute("""
        CREATE OR REPLACE TEMP TABLE failed ("row" BIGINT, heading VARCHAR, reason VARCHAR);
        CREATE OR REPLACE TEMP TABLE left_out ("row" BIGINT, heading VARCHAR, reason VARCHAR);
        CREATE OR REPLACE TEMP TABLE conflicts ("row" BIGINT)
    """)
    con.execute(
        "CREATE OR REPLACE TEMP VIEW arrived AS SELECT *, file_row_number AS row "
        f"FROM read_parquet('{sql_text(str(conformed.path))}', file_row_number = true)"
    )
    empty = " AND ".join(
        f"{column.name} IS NULL" + (f" AND unread_{column.name} IS NULL" if column.type != "text" else "")
        for column in contract.columns
    )
    con.execute(f"INSERT INTO left_out SELECT row, '', 'is an empty row' FROM arrived WHERE {empty}")
    for column, words in contract.leave_out.items():
        if column not in conformed.headings:
            continue
        listed = ", ".join(f"'{sql_text(str(word).lower())}'" for word in words)
        con.execute(
            f"INSERT INTO left_out SELECT row, ?, 'is a totals row' FROM arrived "
            f"WHERE lower({column}::VARCHAR) IN ({listed}) AND row NOT IN (SELECT row FROM left_out)",
            [conformed.headings[column]],
        )
    kept = "arrived" if not _any(con, "left_out") else "(FROM arrived WHERE row NOT IN (SELECT row FROM left_out))"
    _find_repeats(con, contract, kept)

    # A cell that could not be read is not empty: `filled_…` says whether anything stands there at all.
    extra = [
        f"CASE WHEN arrived.{column.name} IS NOT NULL OR unread_{column.name} IS NOT NULL THEN true END AS filled_{column.name}"
        for column in contract.columns
        if column.type != "text" and not column.optional
    ]
    joins = ""
    if _any(con, "conflicts"):
        extra.append("CASE WHEN conflicts.row IS NOT NULL THEN 'conflict' END AS conflict")
        joins = " LEFT JOIN conflicts ON conflicts.row = arrived.row"
    else:
        extra.append("NULL::VARCHAR AS conflict")
    for column in known:
        extra.append(f"CASE WHEN known_{column}.name IS NULL THEN arrived.{column} END AS unknown_{column}")
        joins += f" LEFT JOIN (SELECT DISTINCT name FROM {known[column]}) AS known_{column} ON known_{column}.name = arrived.{column}"
    where = " WHERE arrived.row NOT IN (SELECT row FROM left_out)" if _any(con, "left_out") else ""
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW staged AS SELECT arrived.*, {', '.join(extra)} FROM arrived{joins}{where}"
    )


def _find_repeats(con: duckdb.DuckDBPyConnection, contract: Contract, kept: str) -> None:
    """Rows whose key stands more than once: equal ones are left out but for the first, the others conflict.

    Where a unit stands is the hierarchy's affair: two rows that differ only in a parent are equal.
    """
    key = ", ".join(contract.key)
    # Hashes find the few candidates in one cheap pass; the keys themselves decide among them.
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE twice AS SELECT hash({key}) AS h FROM {kept} GROUP BY h HAVING count(*) > 1"
    )
    if not _any(con, "twice"):
        return
    compared = [column.name for column in contract.columns if column.name not in contract.parents]
    compared += [f"unread_{column.name}" for column in contract.columns if column.type != "text"]
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


# ---- the expectations ----------------------------------------------------------------------------------------------


def _of_contract(contract: Contract, conformed: Conformed) -> list[dict[str, Any]]:
    """What the contract says, as native records, each with the words a reader sees."""

    def record(kind: str, heading: str, about: str, reason: str, why: str, **kwargs: Any) -> dict[str, Any]:
        meta = {"about": about, "heading": heading, "reason": reason, "why": why}
        return {
            "type": f"expect_column_values_to_{kind}",
            "kwargs": kwargs,
            "severity": "warning",
            "meta": meta,
        }

    records = []
    for column in contract.columns:
        if column.name not in conformed.headings:
            continue
        heading = conformed.headings[column.name]
        if column.type in READS_AS:
            records.append(
                record(
                    "be_null",
                    heading,
                    f"Every {heading} is {READS_AS[column.type]}",
                    f"is not {READS_AS[column.type]}",
                    "A cell that cannot be read is not zero: its row is set aside until it is mended.",
                    column=f"unread_{column.name}",
                )
            )
        if not column.optional:
            records.append(
                record(
                    "not_be_null",
                    heading,
                    f"Every {heading} is filled in",
                    "is empty",
                    "Without it the row cannot be placed or counted.",
                    column=column.name if column.type == "text" else f"filled_{column.name}",
                )
            )
        if column.allowed:
            records.append(
                record(
                    "be_in_set",
                    heading,
                    f"Every {heading} is one of {', '.join(column.allowed)}",
                    "is not one of the allowed words",
                    "A new word may mean a new thing, which somebody should decide how to count.",
                    column=column.name,
                    value_set=list(column.allowed),
                )
            )
        if column.refers_to:
            records.append(
                record(
                    "be_null",
                    heading,
                    f"Every {heading} is known to {column.refers_to}",
                    "is not known",
                    "A name nobody knows cannot be placed: name it in the crosswalk and it is taken again.",
                    column=f"unknown_{column.name}",
                )
            )
    headings = " and ".join(conformed.headings[name] for name in contract.key if name in conformed.headings)
    records.append(
        record(
            "be_null",
            headings,
            f"No two rows agree in {headings} and differ in what they say",
            "stands twice with different figures",
            "One of the two is wrong and nothing says which; counting both would count the same thing twice.",
            column="conflict",
        )
    )
    return records


def _of_suite(contract: Contract, conformed: Conformed) -> list[dict[str, Any]]:
    records = []
    for given in contract.suite:
        columns = [
            value for key, value in given["kwargs"].items() if key.startswith("column") and isinstance(value, str)
        ]
        columns = columns or list(filter(None, [given["meta"].get("column")]))  # where a query says it, meta.column
        heading = " and ".join(conformed.headings.get(name, name) for name in columns)
        says = given["meta"].get("says", "is not as expected")
        about = given["meta"].get("about") or f"No {heading} {says}"
        first = conformed.headings.get(columns[0], columns[0]) if columns else ""
        records.append(given | {"meta": given["meta"] | {"about": about, "heading": first, "reason": says}})
    return records


def _asked(con: duckdb.DuckDBPyConnection, name: str, expectations: list[dict[str, Any]]):
    """Each expectation with Great Expectations' answer to it."""
    # Without its site of documents, for which it would leave a folder behind: results stand on our own page.
    context = gx.get_context(mode="ephemeral", project_config=DataContextConfig(store_backend_defaults=IN_MEMORY))
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_sql(name="extract", connection_string="duckdb://", kwargs=dialect.engine(con))
    batch = source.add_table_asset("staged", table_name="staged").add_batch_definition_whole_table("whole").get_batch()
    suite = as_suite(name, expectations)
    asked = {
        "result_format": "COMPLETE",
        "unexpected_index_column_names": ["row"],
        "return_unexpected_index_query": True,
        "include_unexpected_rows": False,
    }
    for outcome in batch.validate(suite, result_format=asked).results:
        yield expectations[outcome.expectation_config.meta["number"]], outcome


def as_suite(name: str, expectations: list[dict[str, Any]]) -> gx.ExpectationSuite:
    """The records as Great Expectations has them, each numbered, since answers come in another order."""
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
    return suite


def _status(outcome) -> str:
    """error, not applicable, failed, passed: the first that is true."""
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


def _offending_rows(given: dict[str, Any], outcome) -> str | None:
    """The query for the rows to set aside; None where an expectation is about the table as a whole."""
    if given["type"] == "unexpected_rows_expectation":
        return given["kwargs"]["unexpected_rows_query"].format(batch="staged")
    query = outcome.result.get("unexpected_index_query")
    return query.rstrip(";\n ") if query else None
