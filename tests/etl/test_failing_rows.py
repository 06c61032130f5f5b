"""The rows that an expectation finds wrong are asked for by a query of our own, never by the text that Great Expectations shows."""

import ast
import datetime as dt

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.intake.expectations import failing_rows, judge
from etl.store.receipts import RefusedExtract, read_receipts
from tests.conftest import PROJECT
from tests.hostile_texts import HOSTILE, texts

DAY = dt.date(2024, 1, 31)
ROWS = {
    "word": ["a", "b", None, "Can't say", 'c" OR 1=1 --', "back\\slash", ":colon", "100%", "a", "naïve", "", "$$x$$"],
    "other": ["a", None, None, "Can't say", "x", "back\\slash", "x", "100%", "b", "naïve", "", "y"],
    "number": [1.0, 2.5, None, -3.0, 0.0, 7.0, 7.0, None, 1e9, 12.0, 5.0, 5.0],
    "total": [1.0, None, None, -3.0, 1.0, 7.0, 8.0, None, 1e9, 11.0, 5.0, 4.0],
    "day": [DAY, DAY, None, dt.date(2023, 1, 1), *[DAY] * 8],
    "odd name": ["x", *[None] * 11],
}
WORDS = ["a", "Can't say", 'c" OR 1=1 --', "back\\slash", ":colon", "100%", None]
# Of every type that can set rows aside, records that find some rows wrong, and with what else a record may say.
RECORDS = {
    "column_values_to_be_null": [{"column": "word"}, {"column": "odd name"}],
    "column_values_to_not_be_null": [{"column": "word"}, {"column": "number", "mostly": 0.99}],
    "column_values_to_be_in_set": [
        {"column": "word", "value_set": WORDS},
        {"column": "word", "value_set": []},
        {"column": "number", "value_set": [1, 2.5, 7]},
        {"column": "word", "value_set": HOSTILE},
        {"column": "word", "value_set": ["a"], "mostly": 0.9},
    ],
    "column_values_to_not_be_in_set": [
        {"column": "word", "value_set": WORDS[:-1]},
        {"column": "number", "value_set": [7]},
    ],
    "column_values_to_be_between": [
        {"column": "number", "min_value": 0},
        {"column": "number", "max_value": 7, "strict_max": True},
        {"column": "number", "min_value": 0, "strict_min": True, "max_value": 7},
        {"column": "number", "min_value": 1, "max_value": 7, "strict_max": True},
        {"column": "day", "min_value": dt.date(2024, 1, 1)},
    ],
    "column_values_to_match_regex": [{"column": "word", "regex": r"^[a-z:\\']+$"}, {"column": "word", "regex": "'"}],
    "column_values_to_not_match_regex": [{"column": "word", "regex": r"[\\%'\"]"}],
    "column_values_to_match_regex_list": [
        {"column": "word", "regex_list": ["'", r"\\"]},
        {"column": "word", "regex_list": ["a", "n"], "match_on": "all"},
    ],
    "column_values_to_not_match_regex_list": [{"column": "word", "regex_list": ["'", "%"]}],
    "column_values_to_match_like_pattern": [{"column": "word", "like_pattern": "%a%"}],
    "column_values_to_not_match_like_pattern": [
        {"column": "word", "like_pattern": "%'%"},
        {"column": "word", "like_pattern": "%!%", "escape": "!"},
    ],
    "column_values_to_match_like_pattern_list": [{"column": "word", "like_pattern_list": ["%a%", "%'%"]}],
    "column_values_to_not_match_like_pattern_list": [{"column": "word", "like_pattern_list": ["%a%", "%'%"]}],
    "column_value_lengths_to_be_between": [
        {"column": "word", "min_value": 1, "max_value": 3},
        {"column": "word", "max_value": 9, "strict_max": True},
    ],
    "column_value_lengths_to_equal": [{"column": "word", "value": 1}],
    "column_values_to_be_unique": [{"column": "word"}, {"column": "number"}, {"column": "number", "mostly": 0.9}],
    "column_pair_values_a_to_be_greater_than_b": [
        {"column_A": "number", "column_B": "total"},
        {"column_A": "number", "column_B": "total", "or_equal": True},
        *(
            {"column_A": "number", "column_B": "total", "or_equal": True, "ignore_row_if": ignored}
            for ignored in ("both_values_are_missing", "either_value_is_missing", "neither")
        ),
    ],
    "column_pair_values_to_be_equal": [
        {"column_A": "word", "column_B": "other"},
        {"column_A": "word", "column_B": "other", "ignore_row_if": "either_value_is_missing"},
        {"column_A": "word", "column_B": "other", "ignore_row_if": "neither"},
    ],
    "column_pair_values_to_be_in_set": [
        {"column_A": "word", "column_B": "other", "value_pairs_set": [("a", "a"), ("Can't say", "Can't say")]},
        {"column_A": "word", "column_B": "other", "value_pairs_set": [("b", None), ('c" OR 1=1 --', "x")]},
    ],
    "multicolumn_sum_to_equal": [
        {"column_list": ["number", "total"], "sum_total": 2},
        {"column_list": ["number", "total"], "sum_total": 2, "ignore_row_if": "any_value_is_missing"},
    ],
    "multicolumn_values_to_be_equal": [
        {"column_list": ["word", "other"]},
        {"column_list": ["word", "other"], "ignore_row_if": "any_value_is_missing"},
        {"column_list": ["number", "total"], "ignore_row_if": "never"},
    ],
    "select_column_values_to_be_unique_within_record": [
        {"column_list": ["word", "other"]},
        {"column_list": ["word", "other"], "ignore_row_if": "any_value_is_missing"},
        {"column_list": ["word", "other"], "ignore_row_if": "never"},
    ],
    "compound_columns_to_be_unique": [
        {"column_list": ["word", "day"]},
        {"column_list": ["word", "day"], "ignore_row_if": "any_value_is_missing"},
        {"column_list": ["other", "word"], "ignore_row_if": "never"},
    ],
}


def records(kind: str, *said: dict, severity: str = "warning") -> list[dict]:
    meta = {"about": kind, "heading": "Word", "reason": "is wrong", "why": "x"}
    return [{"type": kind, "kwargs": each, "severity": severity, "meta": meta} for each in said]


def staged(columns: dict[str, list]) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    rows = len(next(iter(columns.values())))
    con.register("given", pa.table(columns | {"row": list(range(rows))}))
    con.execute("CREATE TABLE staged AS FROM given")
    return con


def counts(con: duckdb.DuckDBPyConnection, asked: list[dict]) -> list[tuple[dict, int, int]]:
    """Of each record what Great Expectations counts, and how many rows our query finds."""
    found = []
    for each, outcome in judge._asked(con, "x", asked):
        assert judge._status(outcome) in ("passed", "failed"), (each, outcome.exception_info)
        query = failing_rows.query_of(each)
        rows = con.execute(query.sql, query.values).fetchall()
        assert len(set(rows)) == len(rows)
        found.append((each["kwargs"], judge._unexpected(outcome), len(rows)))
    return found


def test_for_every_type_the_rows_are_as_many_as_great_expectations_counts():
    assert {f"expect_{kind}" for kind in RECORDS} == {*failing_rows.TYPES, *failing_rows.EMPTY}
    asked = [each for kind, said in RECORDS.items() for each in records(f"expect_{kind}", *said)]
    found = counts(staged(ROWS), asked)
    assert len(found) == len(asked)
    assert [each for each in found if each[1] != each[2]] == []
    assert sum(ours > 0 for *_, ours in found) >= len(found) - 2  # they do find something


def test_every_type_that_is_asked_of_several_files_at_once_can_set_rows_aside():
    assert {*failing_rows.TYPES, *failing_rows.EMPTY} >= judge.ROW_BY_ROW


@settings(max_examples=12, deadline=None)
@given(st.lists(texts(), min_size=1, max_size=12, unique=True), st.lists(texts(), max_size=6))
def test_words_are_words_whatever_stands_in_them(cells, others):
    words = [*cells[::2], *others]
    asked = records("expect_column_values_to_be_in_set", {"column": "word", "value_set": words})
    asked += records("expect_column_values_to_not_be_in_set", {"column": "word", "value_set": words})
    con = staged({"word": pa.array(cells, pa.string())})
    inside = sum(cell in words for cell in cells)
    assert [(theirs, ours) for _, theirs, ours in counts(con, asked)] == [(len(cells) - inside,) * 2, (inside,) * 2]


@pytest.mark.parametrize(
    ("kind", "said", "reason"),
    [
        ("expect_column_values_to_be_in_set", {"column": "word", "value_set": ["a"], "row_condition": 'col("n") > 1'}, "row_condition"),
        ("expect_column_mean_to_be_between", {"column": "number", "min_value": 0}, "does not speak of single rows"),
        ("expect_table_row_count_to_equal", {"value": 3}, "does not speak of single rows"),
        ("expect_column_values_to_be_between", {"column": "number"}, "min_value and max_value cannot both be None"),
        ("expect_column_values_to_be_in_set", {"value_set": ["a"]}, "column field required"),
        ("unexpected_rows_expectation", {"unexpected_rows_query": "SELECT row FROM {batch}", "row_condition": "x"}, "row_condition"),
    ],
)  # fmt: skip
def test_a_suite_that_cannot_say_which_rows_is_refused_in_a_sentence(kind, said, reason):
    with pytest.raises(RefusedExtract, match=reason):
        list(judge._asked(staged(ROWS), "x", records(kind, said)))


@pytest.mark.parametrize(
    "query",
    [
        "SELECT row FROM {batch}; CREATE TABLE planted AS SELECT 1",
        "SELECT row FROM staged) AS x; CREATE TABLE planted AS SELECT 1; SELECT (1",
        "CREATE TABLE planted AS SELECT 1",
        "SELECT row FROM {batch.__class__}",
        "COPY (SELECT 1) TO 'x.csv'",
        "SELECT row FROM {batch} WHERE word = ?",
    ],
)
def test_a_suites_query_is_one_select_or_an_error(query):
    con = staged(ROWS)
    [(_, outcome)] = judge._asked(con, "x", records(failing_rows.FREE, {"unexpected_rows_query": query}))
    assert judge._status(outcome) == "error"
    assert con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'planted'").fetchall() == [(0,)]


def test_a_suites_query_may_hold_braces_comments_and_colons():
    query = "SELECT row, {'a': 1} AS x, 'b :c' AS y FROM {batch} WHERE word = 'a' -- the end"
    con = staged(ROWS)
    [(each, outcome)] = judge._asked(con, "x", records(failing_rows.FREE, {"unexpected_rows_query": query}))
    assert judge._unexpected(outcome) == 2
    assert con.execute(failing_rows.query_of(each).sql).fetchall()[0][0] == 0


def test_rows_that_are_counted_otherwise_are_an_error(monkeypatch):
    """Whatever another version of Great Expectations may take for wrong: no row is set aside by another count than its own."""
    con = staged(ROWS)
    con.execute("CREATE TABLE failed (row BIGINT, heading VARCHAR, reason VARCHAR)")
    wrong = failing_rows.Query("SELECT row FROM staged WHERE row < 1")
    monkeypatch.setattr(failing_rows, "query_of", lambda given: wrong)
    asked = records("expect_column_values_to_be_in_set", {"column": "word", "value_set": ["a"]})

    class contract:
        source = "beds"

    with pytest.raises(RefusedExtract, match="count otherwise"):
        judge._checked(con, "beds.csv", contract, asked)


def test_no_text_made_for_people_is_asked_for():
    for path in [*(PROJECT / "etl").rglob("*.py"), *(PROJECT / "pages").rglob("*.py")]:
        words = {
            node.value
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert not words & {"unexpected_index_query", "return_unexpected_index_query"}, path


SUITE = """
expectations:
- type: expect_column_values_to_be_in_set
  kwargs: {column: word, value_set: [a], row_condition: 'col("word") == "b"', condition_parser: great_expectations}
  severity: info
  meta: {about: x, says: is wrong, why: x}
- type: %s
  kwargs: %s
  severity: warning
  meta: {about: The words are few, says: is no word, why: x}
"""
CONTRACT = "title: x\nowner: x\nfile: words*\neach_file: adds\nkey: [id]\ncolumns: {id: {}, word: {}}\n"


@pytest.mark.parametrize(
    ("kind", "said", "ends"),
    [
        ("expect_column_values_to_match_regex", "{column: word, regex: '^[ab]$'}", "accepted"),
        ("unexpected_rows_expectation", "{unexpected_rows_query: \"SELECT row FROM {batch} WHERE word = 'c'\"}", "accepted"),
        ("unexpected_rows_expectation", "{unexpected_rows_query: SELECT row FROM {batch}; SELECT 1}", "could not be checked"),
        ("expect_table_row_count_to_equal", "{value: 7}", "does not speak of single rows"),
    ],
)  # fmt: skip
def test_a_build_sets_those_rows_aside_or_says_what_in_the_suite_is_wrong(engine, source, kind, said, ends, files=2):
    said = said.replace("{batch}; SELECT 1", "staged; SELECT 1")
    source("words", CONTRACT, SUITE % (kind, said))
    for n in range(files):
        engine.drop(f"words_{n}.csv", f"id,word\n{n}1,a\n{n}2,b\n{n}3,c\n")
    built, checked = engine.run("build"), engine.run("check")
    if ends == "accepted":
        assert built.code == 0, built.said
        kept = read_receipts(engine.workspace, "words")
        assert [receipt.rows_quarantined for receipt in kept] == [1] * files
    else:
        assert ends in built.said and checked.code == 1 and "words/suite.yaml" in checked.said, (
            built.said + checked.said
        )
