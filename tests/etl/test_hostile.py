"""What somebody who means harm may put where the engine reads: workbooks that would become huge, YAML without end, links, names."""

import datetime as dt
import os
import re
import tracemalloc
import zipfile
from pathlib import Path

import pytest
import yaml

from etl import safe_yaml
from etl.intake import workbook_limits
from etl.paths import Workspace
from tests.conftest import PROJECT, sickness, sickness_row

SHEET = "xl/worksheets/sheet1.xml"
MOST = 100 << 20


def workbook(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return path


def sheet(rows: str) -> bytes:
    return f"<worksheet><sheetData>{rows}</sheetData></worksheet>".encode()


def spread(rows: str) -> bytes:
    return (
        f'<o xmlns:table="t" xmlns:office="o" xmlns:text="x"><table:table>{rows}</table:table></o>'
    ).encode()  # what an .ods holds


def record(kind: int, content: bytes) -> bytes:
    """Of an .xlsb: a kind and a length, each in seven bits a byte, and so many bytes."""

    def varied(number: int) -> bytes:
        return bytes([number]) if number < 128 else bytes([number & 0x7F | 0x80]) + varied(number >> 7)

    return varied(kind) + varied(len(content)) + content


def binary(*cells: tuple[int, int]) -> dict[str, bytes]:
    rows = [
        record(0, row.to_bytes(4, "little") + bytes(13)) + record(5, column.to_bytes(4, "little") + bytes(12))
        for row, column in cells
    ]
    said = [record(0x81, b""), record(0x93, bytes(300)), record(0x91, b""), *rows, record(0x92, b"")]
    return {"xl/workbook.bin": b"", "xl/worksheets/sheet1.bin": b"".join(said)}


FAR = {
    "far cell": {SHEET: sheet('<row r="1"><c r="A1"/></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')},
    "far row, and cells without a place": {
        SHEET: sheet('<row r="1"><c r="XFD1"/></row><row r="1048576"><c><v>1</v></c></row>')
    },
    "written otherwise": {SHEET: sheet(f"<row r='1'><c x='>' s='{'y' * 500}' r = 'XFD1048576'/></row>")},
    "with a prefix": {
        SHEET: b'<x:w xmlns:x="m"><x:sheetData><x:row r="1"><x:c r="XFD1048576"/></x:row></x:sheetData></x:w>'
    },
    "in UTF-16": {SHEET: sheet('<row r="1"><c r="XFD1048576"/></row>').decode().encode("utf-16")},
    "called a picture": {"xl/media/image1.png": sheet('<row r="1"><c r="XFD1048576"/></row>')},
    "repeated": {
        "content.xml": spread(
            '<table:table-row table:number-rows-repeated="1048576"><table:table-cell '
            'table:number-columns-repeated="1000" office:value-type="float" office:value="1"/></table:table-row>'
        )
    },
    "binary": binary((0, 0), (1_048_575, 16_383)),
}
USUAL = {
    "a small sheet": {SHEET: sheet('<row r="1"><c r="A1"/><c r="B1"/></row><row r="2"><c r="A2"/></row>')},
    "empty cells to the edge": {
        "content.xml": spread(
            '<table:table-row><table:table-cell office:value-type="float" office:value="1"/><table:table-cell '
            'table:number-columns-repeated="16383"/></table:table-row><table:table-row table:number-rows-repeated="1048575">'
            '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
        )
    },
    "old notes that are not sound": {
        SHEET: sheet('<row r="1"><c r="A1"/></row>'),
        "xl/drawings/vmlDrawing1.vml": b"<xml><br></xml>",
    },
    "a picture": {SHEET: sheet('<row r="1"><c r="A1"/></row>'), "xl/media/image1.png": bytes(range(256)) * 50},
    "binary": binary((0, 0), (1000, 30)),
}


@pytest.mark.parametrize("parts", FAR.values(), ids=FAR)
def test_a_workbook_whose_cells_stand_absurdly_far_apart_is_refused_however_it_says_so(tmp_path, parts):
    with pytest.raises(workbook_limits.TooLarge, match=r"^a\.xlsx has a cell so far from the others"):
        workbook_limits.expect_small(workbook(tmp_path / "a.xlsx", parts), "a.xlsx", MOST)


@pytest.mark.parametrize("parts", USUAL.values(), ids=USUAL)
def test_usual_workbooks_pass(tmp_path, parts):
    workbook_limits.expect_small(workbook(tmp_path / "a.xlsx", parts), "a.xlsx", MOST)


@pytest.mark.parametrize(
    "part",
    [
        b"x" + sheet('<row r="1"><c r="XFD1048576"/></row>'),
        sheet('<row r="1"><c r="A1"></row>'),
        b'<!DOCTYPE a [<!ENTITY x "row">]>' + sheet(""),
        sheet('<row r="many"/>'),
        sheet('<row r="1"><c r="1A"/></row>'),
    ],
    ids=["begins with words", "unsound", "with words of its own", "a row of no number", "a cell of no place"],
)
def test_what_nobody_could_walk_is_no_workbook(tmp_path, part):
    with pytest.raises(workbook_limits.NoWorkbook):
        workbook_limits.expect_small(workbook(tmp_path / "a.xlsx", {SHEET: part}), "a.xlsx", MOST)


def test_another_kind_of_compression_hides_nothing(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_BZIP2) as file:
        file.writestr(SHEET, sheet('<row r="1"><c r="A1"/></row>'))
    with pytest.raises(workbook_limits.NoWorkbook):
        workbook_limits.expect_small(tmp_path / "a.xlsx", "a.xlsx", MOST)


def test_a_bomb_is_refused_in_little_memory(tmp_path):
    bomb = workbook(tmp_path / "a.xlsx", {"xl/media/image1.png": bytes(150 << 20)})
    assert bomb.stat().st_size < 200_000
    tracemalloc.start()
    try:
        with pytest.raises(workbook_limits.TooLarge, match="unpacks to more than 100 MB"):
            workbook_limits.expect_small(bomb, "a.xlsx", MOST)
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


# ---- YAML ------------------------------------------------------------------------------------------------------------

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)
ENDLESS = {
    "a billion laughs": LAUGHS,
    "deep lists": f"a: {'[' * 600}",
    "deep records": "{a: " * 600,
    "deep dashes": "- " * 600 + "x",
    "itself": "a: &a [*a]",
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_yaml_without_end_is_refused_before_it_is_made(text):
    with pytest.raises(yaml.YAMLError):
        safe_yaml.load(text)


def test_what_is_named_once_and_used_again_is_read():
    assert safe_yaml.load("a: &a [1, 2]\nb: *a\nc: 'r & d'") == {"a": [1, 2], "b": [1, 2], "c": "r & d"}


@pytest.mark.parametrize("file", ["expectations/beds/contract.yaml", "expectations/beds/suite.yaml", "settings.yaml"])
def test_every_yaml_that_a_build_reads_is_read_so(engine, source, file):
    source("beds", "title: x\nowner: x\nfile: x*\neach_file: adds\nkey: [a]\ncolumns: {a: {headers: [A]}}\n")
    (engine.home / file).write_text(LAUGHS)
    said = engine.run("build")
    assert said.code == 1 and "not readable YAML" in said.said and len(said.said) < 1000


def test_no_yaml_is_read_in_another_way():
    reads = {
        path.relative_to(PROJECT).as_posix()
        for place in ("etl", "pages")
        for path in (PROJECT / place).rglob("*.py")
        if re.search(r"(?<!safe_)yaml\.(safe_|full_|unsafe_)?load(_all)?\(", path.read_text(encoding="utf-8"))
    }
    # The two of the app's are short records, which tests/app/test_hostile_names.py tries; the demonstration reads our own.
    assert reads == {
        "etl/safe_yaml.py",
        "etl/demo/make.py",
        "pages/parts/access/access.py",
        "pages/parts/journal/connection.py",
    }


# ---- the inbox -------------------------------------------------------------------------------------------------------


def test_a_build_refuses_each_in_a_sentence_and_takes_the_others(engine, tmp_path, monkeypatch):
    monkeypatch.setattr(workbook_limits, "UNPACKED", 10 << 20)
    outside = tmp_path / "sickness_return_secret.csv"
    outside.write_text("password\nhunter2\n")
    (engine.workspace.inbox / "sickness_return_link.csv").symlink_to(outside)
    (engine.workspace.inbox / "elsewhere").symlink_to(tmp_path, target_is_directory=True)
    engine.drop("sickness_return_a.csv", sickness(sickness_row()))
    engine.drop("sickness_return_bomb.xlsx", workbook(tmp_path / "b.xlsx", {SHEET: bytes(11 << 20)}).read_bytes())
    engine.drop("sickness_return_far.ods", workbook(tmp_path / "f.ods", FAR["repeated"]).read_bytes())
    said = engine.run("build")
    assert said.code == 3
    assert "sickness_return_link.csv is a link to somewhere else" in said.said
    assert "sickness_return_bomb.xlsx unpacks to more than 10 MB" in said.said
    assert "sickness_return_far.ods has a cell so far from the others" in said.said
    assert "All 1 rows accepted" in said.said and "hunter2" not in said.said and "password" not in said.said


# ---- whose files they are --------------------------------------------------------------------------------------------


def test_whatever_is_made_in_a_workspace_is_its_owners_alone(engine, source, tmp_path):
    """Whatever the account is used to: here it would let everybody write."""
    this_month = dt.date.today().replace(day=1)
    source(
        "beds",
        "title: x\nowner: x\nfile: beds*\neach_file: replaces_its_months\nkey: [unit, first]\nmonth_of: first\npublished: true\n"
        "brings_teams: [{level: team, column: unit}, {level: organisation, unit: ORG}]\ncolumns:\n  unit: {headers: [Unit]}\n"
        "  person: {headers: [Person], person: true}\n  first: {headers: [Month], type: date, format: '%Y-%m-%d'}\n",
    )
    engine.drop("beds.csv", f"Unit,Person,Month\nElm,1,{this_month}\nElm,2,no day\n")
    engine.workspace.settings.write_text("retention: {inbox_days: 0}\n")
    ours = set(engine.home.rglob("*"))
    before = os.umask(0)
    try:
        for verb in (["build"], ["backup", str(tmp_path / "b.tar")], ["purge"]):
            os.umask(0)
            assert engine.run(*verb).code == 0, verb
    finally:
        os.umask(before)
    made = [tmp_path / "b.tar", *(path for path in engine.home.rglob("*") if path not in ours)]
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in made if path.stat().st_mode & 0o077} == {}
    assert {path.name for path in made} >= {"last_build.json", "CURRENT", "secret.key", "FORMAT", "b.tar"}
    assert list(engine.workspace.store.glob("*/*.rejected.parquet")), "with rows set aside"
    key = engine.workspace.secret_key.read_text().strip()
    holds_it = {
        path.name
        for path in made
        if path.is_file()
        for said in (key.encode(), bytes.fromhex(key))
        if said in path.read_bytes()
    }
    assert holds_it == {"secret.key"}, "neither a release nor a backup nor anything else"
    fresh = Workspace(tmp_path / "fresh")
    fresh.make()
    assert {path.stat().st_mode & 0o777 for path in fresh.home.rglob("*")} == {0o700}
