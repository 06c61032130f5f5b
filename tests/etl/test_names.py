"""A unit may be named by its code, its title or its system's name for it; the store holds its code."""

import duckdb
import pytest

from etl.config import contracts
from etl.config.contracts import BadContract
from etl.store.receipts import read_receipts

UNITS = """
title: Units
owner: x
file: teams*
published: true
each_file: replaces_all
key: [unit, from_month]
hierarchy: {unit: unit, title: title, level: level, parent: parent, from_month: from_month, to_month: to_month, successor: successor}
columns:
  unit: {headers: [Unit]}
  title: {headers: [Title]}
  level: {headers: [Level]}
  parent: {headers: [Parent], optional: true}
  from_month: {headers: [From], type: date, format: "%d/%m/%Y", optional: true}
  to_month: {headers: [To], type: date, format: "%d/%m/%Y", optional: true, heading_optional: true}
  successor: {headers: [Successor], optional: true, heading_optional: true}
"""
ALIASES = """
title: Aliases
owner: x
file: crosswalk*
published: true
each_file: replaces_all
key: [system, name]
translates: {system: system, name: name, unit: unit}
columns:
  system: {headers: [System], optional: true}
  name: {headers: [Name]}
  unit: {headers: [Unit], refers_to: teams}
"""
BEDS = """
title: Beds
owner: x
file: beds*
system: Bed board
published: true
each_file: adds
key: [place]
columns:
  place: {headers: [Place]}
  unit: {headers: [Unit], refers_to: teams}
  lent_by: {headers: [Lent by], refers_to: teams, optional: true, heading_optional: true}
  beds: {headers: [Beds], type: number}
"""
HOSPITAL = (
    "Unit,Title,Level,Parent,From,To\nNMC,Northmere,organisation,,,\nE1,Elm Ward,team,NMC,,31/03/2025\n"
    "E1,Elm  Unit,team,NMC,01/04/2025,\nO1,Oak Ward,team,NMC,,\nA1,Ash Ward,team,NMC,,\nA2,ash ward,team,NMC,,\n"
)
SYSTEMS = (
    "System,Name,Unit\nbed  BOARD,Tower 1,E1\nPayroll,Tower 1,O1\nall,Old Oak,Oak Ward\n,Everywhere,O1\n"
    "Bed board,O1,E1\nBed board,Oak Ward,E1\nall,Ash Ward,A1\nBed board,Both,E1\nBed board,BOTH,O1\n"
)


@pytest.fixture
def hospital(engine, source):
    source("teams", UNITS)
    source("crosswalk", ALIASES)
    source("beds", BEDS)
    engine.drop("teams.csv", HOSPITAL)
    return engine


def codes(engine) -> dict[str, str]:
    """place → code, of the rows accepted."""
    [receipt] = read_receipts(engine.workspace, "beds")
    path = str(receipt.path(engine.workspace, "parquet"))
    return dict(duckdb.execute("SELECT place, unit FROM read_parquet(?) WHERE unit IS NOT NULL", [path]).fetchall())


def drop_beds(engine, *names: str) -> None:
    engine.drop("beds.csv", "Place,Unit,Beds\n" + "".join(f"{name},{name},5\n" for name in names))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("E1", "E1"),
        ("e1", "E1"),
        ("Elm Ward", "E1"),
        ("ELM   ward ", "E1"),
        ("Elm Unit", "E1"),  # a unit of two rows has two titles
        ("tower 1", "E1"),  # this system's name, not another's
        ("Old Oak", "O1"),
        ("Everywhere", "O1"),  # a blank system is every system
        ("O1", "O1"),  # the code wins over a system's name
        ("Oak Ward", "E1"),  # a system's name wins over the title
        ("Ash Ward", "A1"),  # a name in all systems decides between two titles
        ("Both", None),  # two units of one name
        ("Nowhere", None),
    ],
)
def test_a_unit_is_kept_by_its_code_whatever_it_is_called(hospital, said, code):
    hospital.drop("crosswalk.csv", SYSTEMS)
    drop_beds(hospital, said, "E1")
    hospital.run("build")
    assert codes(hospital).get(said.strip()) == code
    [receipt] = read_receipts(hospital.workspace, "beds")
    assert receipt.unknown_names == ({} if code else {said: 1})


def test_a_title_that_two_units_share_is_nobodys(hospital):
    drop_beds(hospital, "Ash Ward", "A2")
    hospital.run("build")
    assert codes(hospital) == {"A2": "A2"}
    assert read_receipts(hospital.workspace, "beds")[0].unknown_names == {"Ash Ward": 1}


def test_rows_wait_for_their_names_and_are_taken_again_when_these_come(hospital):
    drop_beds(hospital, "Tower 1", "E1", "Nowhere")
    hospital.run("build")
    [receipt] = read_receipts(hospital.workspace, "beds")
    assert (receipt.rows_read, receipt.rows_accepted, receipt.rows_quarantined) == (3, 1, 2)
    assert hospital.ask("SELECT name, rows FROM meta.unknown_name WHERE source = 'beds' ORDER BY name") == [
        ("Nowhere", 1),
        ("Tower 1", 1),
    ]
    assert "beds.csv, line 2: Unit “Tower 1” is not known" in hospital.run("receipts", "--rows").said
    hospital.drop("crosswalk.csv", SYSTEMS)
    assert "beds.csv: 2 of 3 rows accepted" in hospital.run("build").said
    assert codes(hospital) == {"Tower 1": "E1", "E1": "E1"}
    hospital.drop("teams.csv", HOSPITAL + "N1,Nowhere,team,NMC,,\n")
    assert "beds.csv: All 3 rows accepted" in hospital.run("build").said


def test_a_file_waits_for_the_units_themselves(engine, source):
    source("teams", UNITS)
    source("beds", BEDS)
    drop_beds(engine, "E1")
    assert (
        "Beds names things that Units must know, and no file of that has been accepted yet" in engine.run("build").said
    )
    engine.drop("teams.csv", HOSPITAL)
    engine.run("build")
    assert codes(engine) == {"E1": "E1"}


def test_units_that_mean_the_same_read_nothing_anew(hospital):
    drop_beds(hospital, "E1")
    hospital.run("build")
    hospital.drop(
        "teams.csv",
        HOSPITAL.replace("Elm Ward", "ELM  WARD").replace("Oak Ward,team,NMC,", "Oak Ward,team,NMC,01/01/2020"),
    )
    assert "beds.csv" not in hospital.run("build").said
    hospital.drop("teams.csv", HOSPITAL.replace("Elm Ward", "Elder Ward"))
    assert "beds.csv: All 1 rows accepted" in hospital.run("build").said


def test_several_columns_may_name_units_and_a_blank_is_no_unknown(hospital):
    hospital.drop(
        "beds.csv", "Place,Unit,Lent by,Beds\n1,Elm Ward,,5\n2,Elm Ward,oak ward,5\n3,Elm Ward,Oka Ward,5\n4,,O1,5\n"
    )
    hospital.run("build")
    [receipt] = read_receipts(hospital.workspace, "beds")
    path = str(receipt.path(hospital.workspace, "parquet"))
    rows = duckdb.execute("SELECT place, unit, lent_by FROM read_parquet(?) ORDER BY place", [path]).fetchall()
    assert rows == [("1", "E1", None), ("2", "E1", "O1")]
    assert receipt.set_aside == [
        {"heading": "Lent by", "reason": "is not known", "rows": 1},
        {"heading": "Unit", "reason": "is empty", "rows": 1},
    ]


def test_a_totals_row_is_no_unknown_unit(engine, source):
    source("teams", UNITS)
    source("beds", BEDS + "leave_out: {unit: [All wards]}\n")
    engine.drop("teams.csv", HOSPITAL)
    drop_beds(engine, "E1", "all wards")
    engine.run("build")
    [receipt] = read_receipts(engine.workspace, "beds")
    assert (receipt.rows_accepted, receipt.rows_left_out, receipt.unknown_names) == (1, 1, {})


def test_many_rows_keep_their_order(hospital):
    lines = [(f"L{number}", ["e1", "Oak  Ward", "Elm Unit", "Nowhere"][number % 4]) for number in range(30_000)]
    hospital.drop("beds.csv", "Place,Unit,Beds\n" + "".join(f"{line},{unit},5\n" for line, unit in lines))
    hospital.run("build")
    means = {"e1": "E1", "Oak  Ward": "O1", "Elm Unit": "E1"}
    assert codes(hospital) == {line: means[unit] for line, unit in lines if unit in means}
    assert read_receipts(hospital.workspace, "beds")[0].unknown_names == {"Nowhere": 7500}


@pytest.mark.parametrize(
    ("name", "was", "becomes", "sentence"),
    [
        ("teams", "title: title,", "title: name,", "hierarchy names 'name', which is not one of its columns"),
        ("teams", "from_month: from_month", "from_month: title", "hierarchy: from_month is title, which must be a date"),
        ("teams", "level: level,", "level: to_month,", "hierarchy: level is to_month, which must be text"),
        ("teams", "successor: successor}", "successor: successor, colour: unit}", "hierarchy says 'colour', which means nothing here"),
        ("teams", "level: level, ", "", "hierarchy needs level"),
        ("teams", "title: {headers: [Title]}", "title: {headers: [Title], person: true}", "hierarchy names title, which is a person"),
        ("teams", "parent: {headers: [Parent],", "parent: {headers: [Parent], refers_to: beds,", "a hierarchy knows its own units"),
        ("crosswalk", ", refers_to: teams", "", "translates: unit is unit, which must say refers_to"),
        ("crosswalk", "name: {headers: [Name]}", "name: {headers: [Name], type: number}", "translates: name is name, which must be text"),
        ("beds", "refers_to: teams}", "refers_to: teams, spellings: {E1: [e]}}", "which knows how things are spelled"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_reference_is_said_in_a_sentence(engine, source, name, was, becomes, sentence):
    texts = {"teams": UNITS, "crosswalk": ALIASES, "beds": BEDS}
    assert was in texts[name]
    for each, text in texts.items():
        source(each, text.replace(was, becomes, 1) if each == name else text)
    with pytest.raises(BadContract) as refused:
        contracts.load([engine.workspace.expectations])
    assert sentence in str(refused.value)
