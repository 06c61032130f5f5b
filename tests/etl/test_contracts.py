"""A contract that cannot be kept is refused in a sentence that names the file and what was expected."""

import pytest
import yaml

from etl.config import contracts
from etl.config.contracts import BadContract, plain
from tests.conftest import sickness, sickness_row

BEDS = {
    "title": "Beds",
    "owner": "x",
    "file": ["beds_*.csv"],
    "each_file": "replaces_its_months",
    "key": ["unit", "month_end"],
    "month_of": "month_end",
    "columns": {
        "unit": {"headers": ["Unit"]},
        "month_end": {"headers": ["Month"], "type": "date", "format": "%d/%m/%Y"},
        "beds": {"headers": ["Beds"], "type": "number"},
    },
}
EXPECTATION = {
    "type": "expect_column_values_to_be_between",
    "kwargs": {"column": "beds", "min_value": 0},
    "severity": "warning",
    "meta": {"why": "x"},
}


@pytest.fixture
def read(tmp_path):
    """Reads a contract of beds with some of it said otherwise."""

    def make(columns=None, suite=(EXPECTATION,), without=(), **said):
        record = BEDS | {"columns": BEDS["columns"] | (columns or {})} | said
        folder = tmp_path / "beds"
        folder.mkdir(exist_ok=True)
        kept = {name: value for name, value in record.items() if name not in without}
        (folder / "contract.yaml").write_text(yaml.safe_dump(kept), encoding="utf-8")
        (folder / "suite.yaml").write_text(yaml.safe_dump({"expectations": suite}), encoding="utf-8")
        return contracts.load([tmp_path])["beds"]

    return make


def test_a_sound_contract_is_read(read):
    contract = read()
    assert contract.source == "beds" and contract.column("unit").heading == "Unit" and len(contract.suite) == 1


@pytest.mark.parametrize(
    "said, sentence",
    [
        ({"without": ["title"]}, "the contract needs title"),
        ({"without": ["columns"]}, "expected columns, each with its headers"),
        ({"without": ["file"]}, "expected file: the pattern of its files' names"),
        ({"without": ["key"]}, "expected key: the columns that no two rows share"),
        ({"without": ["month_of"]}, "a source whose files replace their months needs month_of"),
        ({"purpose": "x"}, "the contract says 'purpose', which means nothing here"),
        ({"each_file": "appends"}, "each_file is 'appends', expected one of adds, replaces_its_months, replaces_all"),
        ({"key": ["ward"]}, "key names 'ward', which is not one of its columns: beds, month_end, unit"),
        ({"leave_out": {"ward": ["Total"]}}, "leave_out names 'ward', which is not one of its columns"),
        ({"leave_out": ["Total"]}, "leave_out says for each column which words mark a totals row"),
        ({"month_of": "beds"}, "month_of beds must be a date or a timestamp"),
        ({"complete_after_days": "ten"}, "complete_after_days is 'ten', expected a whole number of days"),
        ({"published": "perhaps"}, "published is 'perhaps', expected true or false"),
        ({"brings_teams": {"level": "team"}}, "brings_teams is a list of levels"),
        ({"brings_teams": [{"level": "team"}]}, "level team of brings_teams needs either a column or a unit"),
        ({"brings_teams": [{"level": "team", "column": "ward"}]}, "brings_teams names 'ward'"),
        ({"brings_teams": ["team"]}, "brings_teams is a record, not 'team'"),
        ({"format": "wide"}, "format is a record"),
        ({"format": {"lines": 2}}, "format says 'lines', which means nothing here"),
        ({"format": {"skip_rows": -1}}, "skip_rows of format is -1, expected a whole number from 0"),
        ({"format": {"header_rows": 0}}, "header_rows of format is 0, expected a whole number from 1"),
        ({"format": {"end_of_time": ["never"]}}, "end_of_time of format is never, expected years"),
        ({"format": {"delimiter": ";;"}}, "delimiter of format is ';;', expected one character"),
        ({"format": {"encoding": "windows"}}, "encoding of format is 'windows', which is none"),
        ({"columns": {"Beds": {}}}, "'Beds' cannot name a column"),
        ({"columns": {"row": {}}}, "'row' cannot name a column"),
        ({"columns": {"beds": "Beds"}}, "column beds: expected its headers and meaning"),
        ({"columns": {"beds": {"headers": []}}}, "column beds has no headers"),
        ({"columns": {"beds": {"type": "integer"}}}, "column beds has type 'integer', expected one of text, number"),
        ({"columns": {"beds": {"size": 3}}}, "column beds says 'size', which means nothing here"),
        ({"columns": {"beds": {"type": "number", "thousands": "_"}}}, "column beds: thousands is '_'"),
        ({"columns": {"beds": {"type": "date", "format": "dd/mm/yyyy"}}}, 'column beds: format is \'dd/mm/yyyy\'; write it as "%d/%m/%Y"'),
        ({"columns": {"beds": {"type": "number", "person": True}}}, "column beds says person, so its type must be text"),
        ({"columns": {"unit": {"person": "yes"}}}, "column unit: person is 'yes', expected true or false"),
        ({"columns": {"unit": {"person": True, "allowed": ["a"]}}}, "only a keyed hash is kept; allowed means nothing there"),
        ({"columns": {"unit": {"person": True}}, "leave_out": {"unit": ["Total"]}}, "leave_out names unit, which is a person"),
        ({"columns": {"unit": {"person": True}}, "brings_teams": [{"level": "team", "column": "unit"}]}, "unit, which is a person"),
        ({"columns": {"day": {"weekday_of": "beds"}}}, "column day: weekday_of names 'beds', which is none of its dates"),
        ({"columns": {"day": {"weekday_of": "month_end", "type": "date"}}}, "column day says weekday_of, so its type must be text"),
        ({"columns": {"unit": {"first_characters": 0}}}, "column unit: first_characters is 0, expected a whole number from 1"),
        ({"columns": {"unit": {"last_characters": "6"}}}, "column unit: last_characters is '6', expected a whole number from 1"),
        ({"columns": {"unit": {"first_characters": 1, "last_characters": 1}}}, "both first_characters and last_characters"),
        ({"columns": {"open": {"type": "yes_no", "spellings": {True: ["Open"]}}}}, "(in quotes), not 'True'"),
        ({"columns": {"unread_beds": {}}}, "column unread_beds has a name that the engine needs beside beds"),
        ({"columns": {"at": {"type": "timestamp"}, "at_utc": {}}}, "column at_utc has a name that the engine needs beside at"),
        ({"columns": {"beds": {"spellings": ["a"]}}}, "column beds: spellings says for each spelling"),
        ({"columns": {"unit": {"refers_to": "teams"}}}, "column unit refers to teams, which is no source; there are beds"),
        ({"suite": [{"type": "x"}]}, "each expectation needs type, kwargs, severity and meta.why"),
        ({"suite": ["x"]}, "expectations is a list of records"),
        ({"suite": [EXPECTATION | {"severity": "fatal"}]}, "has severity 'fatal', expected one of critical, warning, info"),
        ({"suite": [EXPECTATION | {"kwargs": {"column": "bedz"}}]}, "names 'bedz', which is not one of the contract's columns"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_contract_is_said_in_a_sentence(read, said, sentence):
    with pytest.raises(BadContract) as refused:
        read(**said)
    assert sentence in str(refused.value)
    assert str(refused.value).endswith(".") and "beds/" in str(refused.value)


@pytest.mark.parametrize(
    "content, sentence",
    [
        (b"title: [", "is not readable YAML"),
        (b"- title", "is not a record of names"),
        ("title: Café".encode("cp1252"), "is not UTF-8; save it as UTF-8"),
        (None, "is missing; a source is a folder of contract.yaml, suite.yaml and sample.csv"),
    ],
)
def test_a_contract_that_cannot_be_read_is_named(tmp_path, content, sentence):
    (tmp_path / "beds").mkdir()
    if content is not None:
        (tmp_path / "beds" / "contract.yaml").write_bytes(content)
    with pytest.raises(BadContract, match=sentence):
        contracts.load([tmp_path])


def test_one_word_stands_for_a_list_of_one(read):
    contract = read(
        file="beds*",
        key="unit",
        leave_out={"unit": "Total"},
        format={"missing": "n/a", "end_of_time": 4712},
        columns={"unit": {"headers": "Unit", "allowed": "Elm", "spellings": {"Elm": "elm ward", "Oak": None}}},
    )
    unit = contract.column("unit")
    assert (contract.file, contract.key, contract.leave_out) == (("beds*",), ("unit",), {"unit": ["Total"]})
    assert (contract.format.missing, contract.format.end_of_time) == (("n/a",), ("4712",))
    assert (unit.headers, unit.allowed, unit.spellings) == (("Unit",), ("Elm",), {"Elm": ["elm ward"], "Oak": []})


@pytest.mark.parametrize(
    "name", ["beds_1.csv", "BEDS_1.XLSX", "beds_1.ods", "beds_1.parquet", "below/beds_1", "beds_ward [2].csv"]
)
def test_a_file_is_known_by_its_name_whatever_its_ending_and_folder(read, name):
    assert read().expects(name)


@pytest.mark.parametrize("name", ["bed_1.csv", "old_beds_1.csv", "beds_1.csv.zip.exe/other.csv"])
def test_a_file_of_another_name_is_not_expected(read, name):
    assert not read().expects(name)


@pytest.mark.parametrize("heading", [" unit  NAME ", "Unit_Name", "\ufeffUnit Name", "unit\u00a0name", "Unit\nName"])
def test_headings_are_compared_without_case_and_spaces(heading):
    assert plain(heading) == plain("Unit Name")


def test_full_and_whole_time_equivalents_are_one_word():
    assert plain("Contracted_WTE") == plain("contracted FTE") and plain("FTEBudget") == plain("wtebudget")


def test_dashes_are_compared_as_one():
    assert len({plain(f"CHPPD {dash} all") for dash in "-‐‑‒–—―−"}) == 1


def test_sources_that_refer_to_each_other_in_a_circle_are_refused(engine, source):
    words = "title: x\nowner: x\nfile: {0}*\neach_file: adds\nkey: [unit]\ncolumns:\n  unit: {{refers_to: {1}}}\n"
    source("beds", words.format("beds", "wards"))
    source("wards", words.format("wards", "beds"))
    built = engine.run("build")
    assert built.code == 1 and "refer to each other in a circle" in built.said


def test_a_wrong_contract_fails_the_build_in_one_sentence(engine, source):
    source("beds", "title: Beds\n")
    built = engine.run("build")
    assert built.code == 1 and "expected columns, each with its headers" in built.said and "Traceback" not in built.said


def test_the_workspaces_folder_replaces_the_one_of_the_same_name(engine, source):
    ours = contracts.load([contracts_folder()])["sickness_return"].folder
    words = (
        (ours / "contract.yaml").read_text(encoding="utf-8").replace("[FTE_DAYS_LOST, WTE_DAYS_LOST]", "[Days Lost]")
    )
    source("sickness_return", words)
    engine.drop("sickness_return.csv", sickness(sickness_row()).replace("FTE_DAYS_LOST", "days lost"))
    assert engine.run("build").code == 0
    assert engine.value("sickness_rate", "ABC", "2023-01-01") == (5.0, "yes")


def contracts_folder():
    from etl.paths import EXPECTATIONS

    return EXPECTATIONS
