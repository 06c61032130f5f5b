"""Nothing that leaves the extracts names a person: not a release, a receipt, a row set aside, nor a word that is printed."""

import csv
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import openpyxl
import pypdf
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.indicator import questions
from pages.parts.journal import notes, session, sheets, wording
from tests.conftest import PROJECT
from tests.etl.conftest import Organisation

# Headings under which the extracts name people, as compared without case, spaces and underscores.
NAMES = re.compile(
    r"employee(number)?|staffnumber|assignment(number)?|asgnumber|(last|first|sur|fore|full|supervisor)names?|forenames"
    r"|ni(number)?|nhsnumber|email(address)?|dateofbirth|approvedby|checkedby"
)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.+]+")  # when a file came: its microseconds may be anybody's number


def people_named(inbox: Path) -> dict[str, set[str]]:
    """What the extracts say of people: heading → the cells below it."""
    found: dict[str, set[str]] = {}
    for path in sorted(inbox.rglob("*.csv")):
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            rows = csv.reader(file)
            headings = [re.sub(r"[\s_\ufeff]", "", heading).casefold() for heading in next(rows)]
            wanted = [(place, heading) for place, heading in enumerate(headings) if NAMES.fullmatch(heading)]
            for row in rows:
                for place, heading in wanted:
                    if place < len(row) and row[place].strip(" -"):
                        found.setdefault(heading, set()).add(row[place].strip())
    return found


@pytest.fixture(scope="module")
def planted(organisation: Organisation) -> set[str]:
    """Every word that names somebody; those of a few letters or digits would be found by chance."""
    named = people_named(organisation.workspace.inbox)
    assert {"employee", "employeenumber", "staffnumber"} & set(named), "the extracts number people"
    assert {"lastname", "surname"} & set(named), "the extracts name people"
    words = {word for cells in named.values() for word in cells}
    words |= {word.lstrip("0") for word in words if word.isdecimal()}
    return {word for word in words if len(word) >= 6}


def strings_of(path: Path) -> Iterator[str]:
    """Every distinct text and whole number in a file of the store or of the releases, as text."""
    if path.suffix == ".parquet":
        with duckdb.connect() as con:
            yield from cells_of(con, "read_parquet($path)", {"path": str(path)})
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as con:
            for schema, table in con.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall():
                yield from cells_of(con, f'"{schema}"."{table}"', {})
    else:
        yield MOMENT.sub("", path.read_text(encoding="utf-8"))


def cells_of(con: duckdb.DuckDBPyConnection, relation: str, parameters: dict[str, str]) -> Iterator[str]:
    for name, kind, *_ in con.execute(f"DESCRIBE FROM {relation}", parameters).fetchall():
        if kind not in ("DOUBLE", "DATE", "TIMESTAMP", "BOOLEAN"):
            found = con.execute(f'SELECT DISTINCT CAST("{name}" AS VARCHAR) FROM {relation}', parameters).fetchall()
            yield from (cell for (cell,) in found if cell is not None)


def named_in(texts: Iterator[str], planted: set[str]) -> set[str]:
    """The planted words that stand in the texts as whole words; names of several words are looked for as they are."""
    single = {word.casefold() for word in planted if re.fullmatch(r"\w+", word)}
    several = [word.casefold() for word in planted if word.casefold() not in single]
    words, sentences = set(), set()
    for text in map(str.casefold, texts):
        if text.isalnum():
            words.add(text)
        else:
            words.update(re.findall(r"\w+", text))
            sentences.add(text)
    everything = "\n".join(sentences)
    return (single & words) | {word for word in several if word in everything}


def test_no_file_of_the_store_or_the_releases_names_a_person(organisation, planted):
    workspace = organisation.workspace
    places = [
        path for folder in (workspace.store, workspace.releases) for path in sorted(folder.rglob("*")) if path.is_file()
    ]
    kinds = {"".join(path.suffixes) for path in places}
    assert {".parquet", ".rejected.parquet", ".receipt.json", ".duckdb"} <= kinds, kinds
    for path in places:
        assert not named_in(strings_of(path), planted), path.name


def test_neither_the_pack_nor_the_workbook_names_a_person(organisation, planted, tmp_path):
    environment = os.environ | {"KINSHIP_HOME": str(organisation.workspace.home)}
    command = [sys.executable, "-m", "pages.parts.review.report", "--out", str(tmp_path)]
    subprocess.run(command, cwd=PROJECT, env=environment, check=True, capture_output=True)
    [pdf], [xlsx] = tmp_path.glob("*.pdf"), tmp_path.glob("*.xlsx")
    pages = [page.extract_text() for page in pypdf.PdfReader(pdf).pages]
    cells = [
        str(cell) for sheet in openpyxl.load_workbook(xlsx) for row in sheet.values for cell in row if cell is not None
    ]
    assert len(pages) > 3 and len(cells) > 200
    assert not named_in(iter([*pages, *cells]), planted)


def test_the_journal_names_nobody(organisation, planted, tmp_path, monkeypatch):
    """Whatever a page adds by itself to what a reader writes, for every number of a page."""
    shutil.copytree(organisation.workspace.releases, tmp_path / "releases")
    monkeypatch.setenv("KINSHIP_HOME", str(tmp_path))
    monkeypatch.chdir(PROJECT)

    def asked(view, rows):
        for row in (row for row in rows if row["shown"] == "yes"):
            seen = questions._seen(view, row, questions._shown(view, row))
            assert session.kept("ask", row["unit"], notes.looks_wrong, seen, "too_high", "two posts are counted twice")
            assert session.kept("ask", row["unit"], notes.propose, seen, "move", "moved to the new building")
        return [""] * len(rows)

    monkeypatch.setattr(questions, "links", asked)
    page = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=60).run()
    assert not page.exception
    thing = sheets.Thing("keep team time on Thursdays", "team", ("sickness_rate",))
    today = session.today()
    unit = page.selectbox(key="filter_unit").value
    sheets.begin(unit, [thing], wording.next_quarter(today)[0], "leader", today)
    with closing(sqlite3.connect(tmp_path / "journal.db")) as journal:
        tables = [name for (name,) in journal.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        cells = [
            MOMENT.sub("", str(cell))
            for table in tables
            for row in journal.execute(f'SELECT * FROM "{table}"')
            for cell in row
        ]
    assert len(cells) > 100 and "two posts are counted twice" in cells
    assert not named_in(iter(cells), planted)


def test_nobody_can_write_a_number_or_an_address_of_the_extracts_into_the_journal(organisation):
    named = people_named(organisation.workspace.inbox)
    named.pop("dateofbirth", None)  # of a date nobody can tell whose it is
    numbers = {word for cells in named.values() for word in cells if "@" in word or sum(map(str.isdigit, word)) >= 6}
    assert len(numbers) > 1000
    kept = {number for number in numbers if not wording.reveals(f"Please ask {number} again")}
    assert not kept


@pytest.mark.parametrize("verb", [["receipts"], ["receipts", "--rows"], ["history"], ["check"]])
def test_no_verb_prints_a_person(organisation, planted, verb):
    said = organisation.engine.run(*verb).said
    assert said.strip()
    assert not named_in(iter([said]), planted)


def test_neither_the_demonstration_nor_the_build_prints_a_person(organisation, planted):
    assert "rows" in organisation.said
    assert not named_in(iter([organisation.said]), planted)


def test_a_person_would_be_found(organisation, planted, tmp_path):
    """The search itself: a number, a name in a sentence, and a cell of a row set aside are found."""
    some = sorted(planted)
    number = next(word for word in some if word.isdecimal())
    path = tmp_path / "x.rejected.parquet"
    with duckdb.connect() as con:
        con.execute(f"COPY (SELECT 7 AS line, '{json.dumps({'Staff Number': number})}'::JSON AS cells) TO '{path}'")
    assert named_in(strings_of(path), planted) == {number}
    for word in (some[0], some[-1]):
        assert named_in(iter([f"Row 3, {word}: set aside."]), planted)
