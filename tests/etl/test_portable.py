"""The SQL of `sql/core`, `sql/indicators` and `sql/survey` keeps to what DuckDB, Apache Spark and Sail answer alike.

What is allowed is what is in use and was seen to give the same answers; tests/etl/test_spark.py holds it to that. Whoever
needs more adds it here, if that test then still passes.
"""

import re
from collections.abc import Iterator

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.tokens import TokenType

from etl.config import contracts
from etl.config.indicators import AGREEING
from etl.paths import EXPECTATIONS, SQL
from etl.survey import queries

FUNCTIONS = re.findall(
    r"\w+",
    """
    avg bool_and bool_or cast coalesce count date_diff date_trunc extract greatest lag last_day lead least max min nullif
    replace row_number sum
    """,
)
WORDS = re.findall(
    r"\w+",
    """
    all and as between by case distinct else exists filter from having in is join not on or over select then union values
    when where with
    """,
)
ORDERED = (exp.RowNumber, exp.Lag, exp.Lead)
COMPARES = {TokenType.GT, TokenType.GTE, TokenType.LT, TokenType.LTE, TokenType.EQ, TokenType.NEQ}
# What DuckDB reads and others do not, or read otherwise.
OF_DUCKDB_ALONE = {
    exp.AtTimeZone: "a time zone, which sqlglot turns the wrong way round: conform to UTC",
    exp.Except: "* EXCEPT or EXCLUDE",
    exp.Lambda: "a lambda",
    exp.Array: "a list",
    exp.Struct: "a struct",
    exp.Bracket: "a subscript",
    exp.Pivot: "PIVOT",
    exp.TableSample: "a sample",
    exp.Unnest: "unnest",
    exp.Placeholder: "a parameter",
}
FILES = sorted(path for folder in ("core", "indicators", "survey") for path in (SQL / folder).glob("*.sql"))
WRITTEN = {
    "agreeing": AGREEING.format("SELECT team, month, denominator, positive, answers, people, published FROM core.t"),
    **queries.queries(contracts.load([EXPECTATIONS])),
}


def not_portable(sql: str) -> list[str]:
    """What in the query only DuckDB answers so, each with its line."""
    found = {*_of_tokens(sql), *_of_tree(sql)}
    return [f"line {line}: {what}" for line, what in sorted(found)]


def _of_tokens(sql: str) -> Iterator[tuple[int, str]]:
    tokens = sqlglot.tokenize(sql, dialect="duckdb")
    if tokens[0].text.upper() not in ("SELECT", "WITH"):
        yield tokens[0].line, f"begins with {tokens[0].text}"
    for number, token in enumerate(tokens):
        before = tokens[number - 1] if number else None
        word, after = token.text.lower(), tokens[number + 1] if number + 1 < len(tokens) else None
        named = before is not None and before.token_type == TokenType.ALIAS  # AS item (item, part) names columns
        calls = after is not None and after.token_type == TokenType.L_PAREN and word.isidentifier()
        if calls and not named and word not in (*FUNCTIONS, *WORDS):
            yield token.line, f"{word}()"
        in_cast = number > 1 and tokens[number - 2].text.upper() == "CAST"
        if token.token_type == TokenType.NUMBER and "." in word and not in_cast and before.token_type not in COMPARES:
            yield token.line, f"{word} is a decimal, which divides otherwise elsewhere: CAST({word} AS DOUBLE)"
        if word in ("name", "all") and before is not None and before.text.upper().endswith("BY"):
            yield token.line, f"BY {word.upper()}"


def _of_tree(sql: str) -> Iterator[tuple[int, str]]:
    for node in sqlglot.parse_one(sql, dialect="duckdb").walk():
        for kind, what in OF_DUCKDB_ALONE.items():
            if type(node) is kind:
                yield _line(node), what
        in_order = node.args.get("order") or node.args.get("alias")  # a window's alias names one described below
        if isinstance(node, exp.Window) and isinstance(node.this, ORDERED) and not in_order:
            yield _line(node), f"{node.this.sql_name().lower()} without an order"
        if isinstance(node, exp.Case):
            branches = [branch.args["true"] for branch in node.args["ifs"]] + [node.args.get("default")]
            counted_first = isinstance(branches[0], exp.Literal) and branches[0].is_int
            if counted_first and not all(isinstance(branch, exp.Literal | None) for branch in branches):
                yield _line(node), "a whole number as the first branch, whose kind Sail takes for all: put it last"


def _line(node: exp.Expression) -> int:
    """The first line that anything within it is known to stand on."""
    return min((each.meta["line"] for each in node.walk() if "line" in each.meta), default=1)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_query_is_portable(path):
    found = not_portable(path.read_text(encoding="utf-8"))
    assert not found, f"{path.relative_to(SQL.parent)}: {'; '.join(found)}"


@pytest.mark.parametrize("name", WRITTEN)
def test_what_the_engine_writes_itself_is_portable(name):
    assert not not_portable(WRITTEN[name])


@pytest.mark.parametrize(
    ("planted", "line"),
    [
        ("SELECT team,\n    quantile_cont(hours, 0.5) AS middle\nFROM core.t", 2),
        ("SELECT team,\n\n    strftime(month, '%Y') AS year\nFROM core.t", 3),
        ("-- why\nFROM core.t SELECT team", 2),
        ("SELECT team\nFROM generate_series(1, 3) AS t (m)", 2),
        ("SELECT team,\n    hours / 37.5 AS share\nFROM core.t", 2),
        ("SELECT team,\n    row_number() OVER (PARTITION BY team) AS place\nFROM core.t", 2),
        ("SELECT team,\n    CASE WHEN off THEN 0 ELSE sum(hours) END AS hours\nFROM core.t", 2),
        ("SELECT team,\n    CASE WHEN off THEN 0 ELSE hours END AS hours\nFROM core.t", 2),
        ("SELECT team,\n    start AT TIME ZONE 'Europe/London' AS here\nFROM core.t", 2),
        ("SELECT team, count(*) AS many\nFROM core.t\nGROUP BY ALL", 3),
        ("SELECT * EXCLUDE (team)\nFROM core.t", 1),
        ("SELECT team FROM core.t\nUNION ALL BY NAME\nSELECT team FROM core.u", 2),
    ],
)
def test_what_only_duckdb_answers_is_found_on_its_line(planted, line):
    found = not_portable(planted)
    assert any(each.startswith(f"line {line}:") for each in found), found
