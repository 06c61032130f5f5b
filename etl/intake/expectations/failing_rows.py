"""Makes the query for the rows that an expectation finds wrong, from the expectation's own record.

Great Expectations counts such rows and also gives a query for them, but as text for people to read: a quotation mark in a value
ends the literal there. So nothing of that text is ever run. Here columns are quoted, values are bound, and the count must be
the one that Great Expectations comes to.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import duckdb

from etl.paths import NO_ROOM
from etl.quoting import quoted_name

Record = dict[str, Any]
FREE = "unexpected_rows_expectation"  # whose query an analyst has written
NOT_ITS_FAULT = re.compile(f"{NO_ROOM.pattern}|out of memory", re.IGNORECASE)
COLUMN, PAIR, SEVERAL = ("column",), ("column_A", "column_B"), ("column_list",)
MISSING = {  # `ignore_row_if`: how the columns' IS NULL are joined; None: no row is passed over
    "both_values_are_missing": " AND ",
    "either_value_is_missing": " OR ",
    "neither": None,
    "all_values_are_missing": " AND ",
    "any_value_is_missing": " OR ",
    "never": None,
}


class NoRows(Exception):
    """Of this expectation it cannot be said which rows are wrong; the message says why, after its name."""


@dataclass(frozen=True)
class Query:
    """A SELECT of the column `row`, and the values of its parameters in their order."""

    sql: str
    values: tuple = ()


@dataclass(frozen=True)
class Condition:
    """What must hold of a row, as an expression, and the values of its parameters in their order."""

    sql: str
    values: tuple = ()

    @classmethod
    def joined(cls, word: str, conditions: list["Condition"]) -> "Condition":
        sql = f" {word} ".join(f"({condition.sql})" for condition in conditions)
        return cls(sql, tuple(value for condition in conditions for value in condition.values))


# ---- by type: what must hold of a row --------------------------------------------------------------------------------


def _in_set(column: str, given: Record) -> Condition:
    if given.get("value_set") is None:
        return Condition("true")
    values = [value for value in given["value_set"] if value is not None]
    return _one_of(column, values)


def _not_in_set(column: str, given: Record) -> Condition:
    values = list(given.get("value_set") or ())
    return Condition(f"NOT ({_one_of(column, values).sql})", tuple(values)) if values else Condition("true")


def _one_of(column: str, values: list) -> Condition:
    return Condition(f"{column} IN ({', '.join('?' for _ in values)})", tuple(values)) if values else Condition("false")


def _between(column: str, given: Record) -> Condition:
    ends = [("min_value", "strict_min", ">"), ("max_value", "strict_max", "<")]
    conditions = [
        Condition(f"{column} {sign}{'' if given.get(strict) else '='} ?", (given[end],))
        for end, strict, sign in ends
        if given.get(end) is not None
    ]
    if not conditions:
        raise NoRows("says neither min_value nor max_value")
    return Condition.joined("AND", conditions)


def _lengths_between(column: str, given: Record) -> Condition:
    return _between(f"length({column})", given)


def _length(column: str, given: Record) -> Condition:
    return Condition(f"length({column}) = ?", (given["value"],))


def _matches(column: str, given: Record) -> Condition:
    return Condition(f"regexp_matches({column}, ?)", (given["regex"],))


def _matches_several(column: str, given: Record) -> Condition:
    word = "AND" if given.get("match_on") == "all" else "OR"
    return Condition.joined(word, [_matches(column, {"regex": regex}) for regex in given["regex_list"]])


def _like(column: str, given: Record) -> Condition:
    escape = given.get("escape")
    ends = " ESCAPE ?" if escape is not None else ""
    return Condition(f"{column} LIKE ?{ends}", (given["like_pattern"], *([escape] if ends else [])))


def _like_several(column: str, given: Record) -> Condition:
    word = "AND" if given.get("match_on") == "all" else "OR"
    listed = [_like(column, given | {"like_pattern": pattern}) for pattern in given["like_pattern_list"]]
    return Condition.joined(word, listed)


def _unique(column: str, _: Record) -> Condition:
    return Condition(f"count(*) OVER (PARTITION BY {column}) < 2")


def _greater(one: str, other: str, given: Record) -> Condition:
    if given.get("or_equal"):
        return Condition(f"{one} >= {other} OR ({one} IS NULL AND {other} IS NULL)")
    return Condition(f"{one} > {other}")


def _equal(one: str, other: str, _: Record) -> Condition:
    return Condition(f"{one} = {other} AND NOT ({one} IS NULL OR {other} IS NULL)")


def _pair_in_set(one: str, other: str, given: Record) -> Condition:
    if given.get("value_pairs_set") is None:
        return Condition("true")

    def is_value(column: str, value: Any) -> Condition:
        return Condition(f"{column} IS NULL") if value is None else Condition(f"{column} = ?", (value,))

    pairs = [Condition.joined("AND", [is_value(one, a), is_value(other, b)]) for a, b in given["value_pairs_set"]]
    return Condition.joined("OR", pairs) if pairs else Condition("false")


def _sum(columns: list[str], given: Record) -> Condition:
    return Condition(f"{' + '.join(columns)} = ?", (given["sum_total"],))


def _all_equal(columns: list[str], _: Record) -> Condition:
    same = [Condition(f"{columns[0]} IS NOT DISTINCT FROM {column}") for column in columns[1:]]
    return Condition.joined("AND", same) if same else Condition("true")


def _differ_in_row(columns: list[str], _: Record) -> Condition:
    same = [
        Condition(f"{one} = {other} OR ({one} IS NULL AND {other} IS NULL)") for one, other in combinations(columns, 2)
    ]
    return _negated(Condition.joined("OR", same)) if same else Condition("true")


def _compound_unique(columns: list[str], _: Record) -> Condition:
    # Rows are met by equality, so one with an empty cell meets none and counts as unique.
    whole = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    return Condition(f"NOT ({whole}) OR count(*) OVER (PARTITION BY {', '.join(columns)}) < 2")


def _negated(condition: Condition) -> Condition:
    return Condition(f"NOT ({condition.sql})", condition.values)


def _not(holds: Callable[..., Condition]) -> Callable[..., Condition]:
    return lambda *arguments: _negated(holds(*arguments))


ENDS = {"min_value", "max_value", "strict_min", "strict_max"}
# Of each type its columns, what must hold of a row, what else its record may say, and which rows are passed over unless it
# says otherwise. Great Expectations passes over a row whose one column is empty.
TYPES: dict[str, tuple[tuple[str, ...], Callable[..., Condition], set[str], str]] = {
    **{
        f"expect_column_{name}": (COLUMN, holds, more, "both_values_are_missing")
        for name, (holds, more) in {
            "values_to_be_in_set": (_in_set, {"value_set"}),
            "values_to_not_be_in_set": (_not_in_set, {"value_set"}),
            "values_to_be_between": (_between, ENDS),
            "values_to_match_regex": (_matches, {"regex"}),
            "values_to_not_match_regex": (_not(_matches), {"regex"}),
            "values_to_match_regex_list": (_matches_several, {"regex_list", "match_on"}),
            "values_to_not_match_regex_list": (_not(_matches_several), {"regex_list"}),
            "values_to_match_like_pattern": (_like, {"like_pattern", "escape"}),
            "values_to_not_match_like_pattern": (_not(_like), {"like_pattern", "escape"}),
            "values_to_match_like_pattern_list": (_like_several, {"like_pattern_list", "match_on", "escape"}),
            "values_to_not_match_like_pattern_list": (_not(_like_several), {"like_pattern_list", "escape"}),
            "value_lengths_to_be_between": (_lengths_between, ENDS),
            "value_lengths_to_equal": (_length, {"value"}),
            "values_to_be_unique": (_unique, set()),
        }.items()
    },
    **{
        f"expect_column_pair_{name}": (PAIR, holds, more | {"ignore_row_if"}, "both_values_are_missing")
        for name, (holds, more) in {
            "values_a_to_be_greater_than_b": (_greater, {"or_equal"}),
            "values_to_be_equal": (_equal, set()),
            "values_to_be_in_set": (_pair_in_set, {"value_pairs_set"}),
        }.items()
    },
    **{
        f"expect_{name}": (SEVERAL, holds, more | {"ignore_row_if"}, "all_values_are_missing")
        for name, (holds, more) in {
            "multicolumn_sum_to_equal": (_sum, {"sum_total"}),
            "multicolumn_values_to_be_equal": (_all_equal, set()),
            "select_column_values_to_be_unique_within_record": (_differ_in_row, set()),
            "compound_columns_to_be_unique": (_compound_unique, set()),
        }.items()
    },
}
EMPTY = {"expect_column_values_to_be_null": "IS NOT NULL", "expect_column_values_to_not_be_null": "IS NULL"}


def query_of(given: Record, relation: str = "staged") -> Query:
    """The rows of `relation` that an expectation finds wrong, by its record. Raises NoRows."""
    kind, said = given["type"], given["kwargs"]
    if kind == FREE:
        _expect_known(said, {"unexpected_rows_query"})
        return Query(said["unexpected_rows_query"].replace("{batch}", relation))
    if kind in EMPTY:
        _expect_known(said, {"column", "mostly"})
        return Query(f"SELECT row FROM {relation} WHERE {quoted_name(said['column'])} {EMPTY[kind]}")
    if kind not in TYPES:
        raise NoRows("does not speak of single rows")
    roles, holds, more, usually = TYPES[kind]
    _expect_known(said, {*roles, *more, "mostly"})
    try:
        columns = [
            quoted_name(name) for role in roles for name in (said[role] if role == "column_list" else [said[role]])
        ]
        condition = holds(columns, said) if roles == SEVERAL else holds(*columns, said)
        joined = MISSING[said.get("ignore_row_if") or usually]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NoRows("lacks something, or says it in another way than Great Expectations does") from None
    there = f"NOT ({joined.join(f'{column} IS NULL' for column in columns)})" if joined else "true"
    # Rows that are passed over do not count for what must hold among several rows either.
    judged = f"SELECT row, {condition.sql} AS holds FROM {relation} WHERE {there}"
    return Query(f"SELECT row FROM ({judged}) AS judged WHERE NOT holds", condition.values)


def _expect_known(said: Record, known: set[str]) -> None:
    if strange := sorted(set(said) - known):
        raise NoRows(f"says {', '.join(strange)}, by which nothing here finds rows")


def is_one_select(con: duckdb.DuckDBPyConnection, given: Record) -> bool:
    """Whether its query, if an analyst has written one, is one SELECT."""
    if given["type"] != FREE:
        return True
    try:
        statements = con.extract_statements(query_of(given).sql)
    except duckdb.Error:
        return False
    return [statement.type for statement in statements] == [duckdb.StatementType.SELECT]


def answered_once(con: duckdb.DuckDBPyConnection, given: Record, number: int) -> Record:
    """The same expectation, of a table that holds what its query gives: Great Expectations runs a query twice, for its rows
    and for their count. In place of one that cannot be run, or is more than one SELECT, it gets one that cannot be run."""
    if given["type"] != FREE:
        return given
    table = f"answer_{number}"
    try:
        if is_one_select(con, given):
            con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {query_of(given).sql}")
        else:
            table = '"not one SELECT"'
    except NoRows:
        return given  # and is refused with its suite
    except duckdb.Error as error:
        table = '"out of memory"' if NOT_ITS_FAULT.search(str(error)) else '"cannot be run"'
    rows = f"SELECT * FROM {table} /* of {{batch}} */"  # it warns of a query that does not name the batch
    return given | {"kwargs": {"unexpected_rows_query": rows}}
