"""A proposal that comes back in another form than it went out is one sentence; what is typed into it stays a text."""

import copy
import functools
import json
import sys

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from etl.config import contracts
from etl.config.contracts import BadContract
from etl.paths import EXPECTATIONS
from etl.proposal import folder, form, report, suites
from tests.hostile_texts import HOSTILE, PIECES, texts

KNOWN = contracts.load([EXPECTATIONS])
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
COLUMN = {"heading": "Unit", "name": "unit", "use": "load", "type": "text", "allowed": ["Oak", "Elm"]}
DATED = {"heading": "Day", "name": "day", "use": "load", "type": "date", "formats": ["%d/%m/%Y"]}
BEDS = {"heading": "Beds", "name": "beds", "use": "load", "type": "number", "least": 0.0}
PROPOSAL = {
    "source": "ward_beds",
    "file": ["ward_beds*"],
    "each_file": "adds",
    "key": ["unit", "day"],
    "month_of": "day",
    "columns": [COLUMN, DATED, BEDS],
}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts(),
    lambda more: st.lists(more, max_size=3) | st.dictionaries(texts(), more, max_size=3),
    max_leaves=6,
)


def places(value, path=()):
    """The way to everything that stands in a record."""
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


PLACES = [path for path in places(form.expect_form(PROPOSAL)) if path]


def changed(path: tuple, value) -> dict:
    proposal = copy.deepcopy(form.expect_form(PROPOSAL))
    *way, last = path
    inner = functools.reduce(lambda record, key: record[key], way, proposal)
    inner[last] = value
    return proposal


@quick
@given(st.sampled_from(PLACES), anything)
def test_whatever_stands_in_a_part_is_taken_or_refused_in_a_sentence(tmp_path_factory, path, value):
    place = tmp_path_factory.mktemp("place")
    try:
        contract = folder.write(form.expect_form(json.loads(json.dumps(changed(path, value)))), place, KNOWN)
    except BadContract as error:
        assert "Traceback" not in str(error) and "object at 0x" not in str(error)
        return
    assert all(map(suites.is_plain, contract.suite))


@quick
@given(anything)
@example([])
@example({"columns": [None]})
@example({"columns": {}})
@example({"columns": [COLUMN] * 2001})
def test_what_is_no_record_of_a_source_is_refused(value):
    with pytest.raises(BadContract):
        form.expect_form(value)


@pytest.mark.parametrize("name", ["columns", "source", "key", "file", "each_file"])
def test_a_part_that_is_missing_is_named(name):
    with pytest.raises(BadContract, match=name):
        form.expect_form({part: value for part, value in PROPOSAL.items() if part != name})


@pytest.mark.parametrize("name", ["suite", "expectations", "unexpected_rows_query", "questionnaire", "brings_teams"])
def test_no_expectation_and_no_query_comes_with_a_proposal(name):
    with pytest.raises(BadContract, match="means nothing here"):
        form.expect_form(PROPOSAL | {name: [{"type": "unexpected_rows_expectation"}]})
    with pytest.raises(BadContract, match="means nothing here"):
        form.expect_form(PROPOSAL | {"columns": [COLUMN | {name: "SELECT 1"}]})


def test_nor_would_one_that_came_another_way_be_tried(tmp_path, monkeypatch):
    planted = {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": "SELECT 1"}}
    for record in (planted, planted | {"type": "expect_column_values_to_be_in_set", "kwargs": {"row_condition": "x"}}):
        meta = {"severity": "info", "meta": {"why": "x", "about": "x"}}
        monkeypatch.setattr(folder, "suite_of", lambda _, record=record, meta=meta: [record | meta])
        with pytest.raises(BadContract, match="no expectations of its own"):
            folder.write(form.expect_form(PROPOSAL), tmp_path / record["type"], KNOWN)


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "null", "7", '"x"', "{", "{}", "[" * 100_000, '{"columns":' * 5_000, "9" * 10_000, '{"columns": 9' + "9" * 9_000 + "}",
        '{"columns": ["\\ud800"]}', "\x00", "NaN", " " * (5 << 20), json.dumps({**PROPOSAL, "title": "\ud800"}),
        json.dumps({**PROPOSAL, "complete_after_days": 10**30}), json.dumps({**PROPOSAL, "format": {"skip_rows": 10**12}}),
        json.dumps({**PROPOSAL, "columns": [{**BEDS, "last_characters": 10**12}]}),
    ],
)  # fmt: skip
def test_a_file_that_is_no_proposal_is_one_sentence_for_a_program_too(engine, tmp_path, text):
    sample, path = tmp_path / "a.csv", tmp_path / "proposal.json"
    sample.write_text("Unit,Day,Beds\nOak,01/01/2026,7\n")
    path.write_text(text, encoding="utf-8")
    for save in (False, True):
        answer, code = report.for_a_program(sample, engine.workspace, path, save)
        assert code == report.FAILED and list(answer) == ["sentence"]
        assert "\n" not in answer["sentence"] and len(answer["sentence"]) < 300
    said = engine.run("source", "new", str(sample), "--changed", str(path))
    assert said.code == 1 and len(said.said.splitlines()) == 1


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"columns":' * 5_000, '["' + '\\"' * 1_000_000, '"' * 1_000_001 + "[" * 100_000]
)
def test_a_file_of_great_depth_is_refused_however_deep_python_may_go(tmp_path, text):
    """A library that raises the recursion limit must not turn a refusal into the end of the process."""
    path = tmp_path / "proposal.json"
    path.write_text(text, encoding="utf-8")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000_000)
    try:
        with pytest.raises(BadContract, match="is not a proposal"):
            form.read(path)
    finally:
        sys.setrecursionlimit(limit)


@pytest.mark.parametrize("name", ["expect", "self", "cells", "cell", "name"])
def test_a_column_may_be_called_like_a_word_of_ours(tmp_path, name):
    proposal = changed(("columns", 2), BEDS | {"name": name, "heading": name.title()})
    assert folder.write(form.expect_form(proposal), tmp_path, KNOWN).column(name)


def test_hostile_words_come_back_as_words(tmp_path):
    """Into the contract, and out of it as a build reads it."""
    words = [*HOSTILE, *(f"a{piece}b" for piece in PIECES)]
    proposal = changed(("columns", 0), COLUMN | {"allowed": words, "heading": HOSTILE[0], "meaning": HOSTILE[1]})
    proposal |= {"title": HOSTILE[2], "owner": HOSTILE[3], "leave_out": {"unit": words}, "format": {"missing": words}}
    contract = folder.write(form.expect_form(proposal), tmp_path, KNOWN)
    assert contract.column("unit").allowed == tuple(words) and contract.column("unit").headers == (HOSTILE[0],)
    assert contract.leave_out == {"unit": words} and set(words) <= set(contract.format.missing)
    assert contract.title == HOSTILE[2]
