"""The rules of the house, for the app's half of it."""

import ast
import re

import pytest

from pages.parts import warehouse
from tests.app.conftest import ROOT

SCRIPTS = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
PAGES = [path for path in SCRIPTS if path.parent.parent.name == "pages" and path.parent.name != "parts"]
SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|FROM (meta|mart)\.|WITH RECURSIVE)\b")


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_no_script_stands_directly_in_pages():
    assert list((ROOT / "pages").glob("*.py")) == []


def test_there_are_pages():
    assert len(PAGES) >= 3


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_the_app_knows_the_release_and_not_the_engine(path):
    assert not [name for name in imported(path) if name.split(".")[0] == "etl"]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_only_the_warehouse_opens_a_release_and_no_sql_is_in_python(path):
    text = path.read_text(encoding="utf-8")
    assert not SQL.search(text)
    assert ("duckdb" in set(imported(path))) == (path.name in ("database.py", "warehouse.py"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_is_short_and_says_what_it_is(path):
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= 50


def test_every_question_is_asked_and_every_question_asked_exists():
    asked = set()
    for path in SCRIPTS:
        text = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r"\bask\(\s*(?:release, )?\"(\w+)\"", text))
        asked |= set(re.findall(r"_(?:rows|answer_shared)\(path, \"(\w+)\"", text))
    assert asked == {path.stem for path in warehouse.QUESTIONS.glob("*.sql")}


@pytest.mark.parametrize("path", sorted(warehouse.QUESTIONS.glob("*.sql")), ids=lambda path: path.stem)
def test_every_question_says_what_it_asks_and_within_what_scope(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("-- ")
    assert "SELECT *" not in text
    assert "$units" in text or path.stem in {"scope", "top_units", "format", "open", "not_public"}


def test_no_path_of_this_machine_is_written_down():
    for path in [*SCRIPTS, *warehouse.QUESTIONS.glob("*.sql"), *(ROOT / "pages" / "parts" / "assets").glob("*.css")]:
        assert not re.search(r"/(work|tmp|home|Users)/", path.read_text(encoding="utf-8")), path.name
