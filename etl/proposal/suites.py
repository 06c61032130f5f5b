"""Proposes what a contract cannot say, as native Great Expectations records: few, and each with what is feared."""

import re
from typing import Any

Record = dict[str, Any]
NEWEST_MONTH = """\
WITH months AS (SELECT month, count(*) AS counted FROM {batch} WHERE month IS NOT NULL GROUP BY month),
newest AS (SELECT max(month) AS month FROM months),
usual AS (
  SELECT median(counted) AS counted, count(*) AS months
  FROM months, newest
  WHERE months.month < newest.month AND months.month >= newest.month - INTERVAL 6 MONTH
)
SELECT months.month
FROM months JOIN newest ON newest.month = months.month, usual
WHERE usual.months = 6 AND months.counted NOT BETWEEN 0.75 * usual.counted AND 1.25 * usual.counted
"""
FREE = "unexpected_rows_expectation"
SAYS = {
    "expect_column_values_to_be_between": {"column", "min_value"},
    "expect_column_pair_values_a_to_be_greater_than_b": {"column_A", "column_B", "or_equal", "ignore_row_if"},
}
BEGINS, ENDS = r"start|begin|from|starts", r"end|finish|until|to|ends"


def suite_of(proposal: Record) -> list[Record]:
    """The records. What they name are columns of the proposal that are loaded as they stand."""
    loaded = [column for column in proposal["columns"] if column["use"] == "load"]
    records = [_not_below_zero(column) for column in loaded if is_never_below_zero(column)]
    records += [_in_order(begin, end) for begin, end in spans(loaded)]
    if proposal.get("month_of") and proposal.get("each_file") != "replaces_all":
        records.append(
            {
                "type": FREE,
                "kwargs": {"unexpected_rows_query": NEWEST_MONTH},
                "severity": "info",
                "meta": {
                    "about": "The newest month has about as many rows as the six before it",
                    "why": "An export cut off in the middle of a month looks like a sudden change.",
                },
            }
        )
    return records


def is_plain(record: Record) -> bool:
    """Whether an expectation is one of those drawn up here, with no query but the one that stands here: a proposal comes from
    whoever may try a sample, and what is written into suites by hand may hold SQL."""
    kind, said = record["type"], record["kwargs"]
    if kind == FREE:
        return said == {"unexpected_rows_query": NEWEST_MONTH}
    return set(said) <= SAYS.get(kind, set())


def is_never_below_zero(column: Record) -> bool:
    return (
        column.get("type") in ("number", "whole_number")
        and (column.get("least") or 0) >= 0
        and column.get("least") is not None
    )


def spans(loaded: list[Record]) -> list[tuple[Record, Record]]:
    """Columns of one type whose headings differ only in that one begins what the other ends."""
    dated = [column for column in loaded if column.get("type") in ("date", "timestamp")]
    found = []
    for begin in dated:
        for end in dated:
            if begin["type"] != end["type"] or begin is end:
                continue
            rest = [
                re.sub(rf"\b({words})\b", "", re.sub(r"[_\W]+", " ", column["heading"].casefold())).split()
                for column, words in ((begin, BEGINS), (end, ENDS))
            ]
            cut = [re.sub(r"[_\W]+", " ", column["heading"].casefold()).split() for column in (begin, end)]
            if rest[0] == rest[1] and rest[0] != cut[0] and rest[1] != cut[1]:
                found.append((begin, end))
    return found


def _not_below_zero(column: Record) -> Record:
    return {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": column["name"], "min_value": 0},
        "severity": "warning",
        "meta": {
            "says": "is below zero",
            "why": "None of the sample was; an amount below zero would be taken off the others.",
        },
    }


def _in_order(begin: Record, end: Record) -> Record:
    return {
        "type": "expect_column_pair_values_a_to_be_greater_than_b",
        "kwargs": {
            "column_A": end["name"],
            "column_B": begin["name"],
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
        "severity": "warning",
        "meta": {
            "about": f"No {end['heading']} is before {begin['heading']}",
            "says": f"is before {begin['heading']}",
            "why": "One of the two is a slip, and nothing says which.",
        },
    }
