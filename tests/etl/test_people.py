"""People are kept as keyed hashes: the same person meets, nobody can be told, and no other key is ever mixed in."""

import hashlib
import hmac
import json
import os
import stat
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.config import contracts
from etl.intake import conform, land, lookups, read
from etl.intake.cell_sql import Meanings
from etl.privacy import pseudonyms
from etl.privacy.pseudonyms import Key
from etl.store.receipts import read_receipts

SHIFTS = """
title: Shifts
owner: x
file: shifts*
published: true
each_file: adds
key: [shift]
columns:
  shift: {headers: [Shift]}
  person: {headers: [Staff Number], person: true, optional: true}
  post: {headers: [Post], person: true, optional: true, heading_optional: true}
  hours: {headers: [Hours], type: number}
"""
KEY = Key(bytes(range(32)))
ids = st.text(st.sampled_from("0123456789abzAZ- \u00a0\tßéŵ"), max_size=9)


def expected(person: str, key: Key = KEY) -> int | None:
    """Worked out apart from the engine: HMAC-SHA256's first 64 bits of the trimmed identifier without leading zeros."""
    said = "".join(letter.upper() if letter.isascii() else letter for letter in person.strip(" \t\u00a0")).lstrip("0")
    digest = hmac.new(key.secret, said.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big", signed=True) if said else None


def hashed_in_place(persons: list[str]) -> list[int | None]:
    with duckdb.connect() as con:
        con.execute("CREATE TABLE key (inner_pad BLOB, outer_pad BLOB)")
        con.execute("INSERT INTO key VALUES (?, ?)", list(KEY.pads.values()))
        con.execute("CREATE TABLE given AS SELECT unnest($1::VARCHAR[]) AS person", [persons])
        told = con.execute(
            f"SELECT {pseudonyms.hash_sql('person', 'inner_pad', 'outer_pad')} FROM given, key"
        ).fetchall()
        return [each for (each,) in told]


@settings(max_examples=50, deadline=None)
@given(st.lists(ids, min_size=1, max_size=30))
def test_duckdb_and_python_hash_alike(persons):
    assert hashed_in_place(persons) == [expected(person) for person in persons]
    assert [KEY.hash(person) for person in persons] == [expected(person) for person in persons]


def test_what_a_spreadsheet_does_to_a_number_makes_no_difference_and_zeros_name_nobody():
    assert len({KEY.hash(person) for person in ("00123a", "123A", " 123a\u00a0", "0123A")}) == 1
    assert KEY.hash("000") is None and KEY.hash(" ") is None and KEY.hash("123A") != KEY.hash("123B")


# ---- in a file -----------------------------------------------------------------------------------------------------


def conformed(
    tmp_path: Path, rows: list[str], meanings: Meanings, heading: str = "Shift,Staff Number,Hours"
) -> list[tuple]:
    """(shift, person) as they come out of a file, in its order."""
    folder = tmp_path / "shifts"
    folder.mkdir(exist_ok=True)
    (folder / "contract.yaml").write_text(SHIFTS, encoding="utf-8")
    (folder / "suite.yaml").write_text("expectations: []\n", encoding="utf-8")
    contract = contracts.load([tmp_path])["shifts"]
    path = tmp_path / "shifts.csv"
    path.write_text("\n".join([heading, *rows, ""]), encoding="utf-8")
    arrival = land.arrive(path, tmp_path)
    with duckdb.connect() as con:
        table = read.readable(arrival, contract, tmp_path)
        conform.conform(con, arrival, table, contract, tmp_path / "out.parquet", meanings)
        left = con.execute(
            "SELECT table_name FROM duckdb_tables() UNION ALL SELECT type_name FROM duckdb_types() WHERE logical_type = 'ENUM' "
            "AND NOT internal"
        ).fetchall()
        assert [name for (name,) in left if "lookup" in name or "reject" in name] == []  # nothing holds an identifier
        return con.execute(
            "SELECT shift, person FROM read_parquet(?, file_row_number = true) ORDER BY file_row_number",
            [str(tmp_path / "out.parquet")],
        ).fetchall()


def test_rows_keep_their_order_and_people_their_hashes_whether_met_before_or_not(tmp_path, monkeypatch):
    persons = [f"{(number * 7919) % 30_000:05}" for number in range(60_000)]
    rows = [f"D{number},{person},7.5" for number, person in enumerate(persons)]
    wanted = [(f"D{number}", expected(person)) for number, person in enumerate(persons)]
    assert conformed(tmp_path, rows, Meanings(KEY)) == wanted
    # In pieces of a file some people are not seen: they are hashed in place, to the same.
    monkeypatch.setattr(lookups, "BLOCK", 512)
    monkeypatch.setattr(lookups, "PIECES", 400)
    monkeypatch.setattr(lookups, "UNSEEN", 1)
    meanings = Meanings(KEY)
    assert conformed(tmp_path, rows, meanings) == wanted
    assert 0 < len(meanings.met["person"]) < 30_000
    # Those met in the files before are not looked for again.
    met = {"person": {f"{number:05}": expected(f"{number:05}") for number in range(30_000)}}
    assert conformed(tmp_path, rows, Meanings(KEY, met=met)) == wanted


def test_pieces_that_promise_too_little_are_not_relied_on(tmp_path, monkeypatch):
    """As of a file that is sorted by person: each stands in one piece alone."""
    monkeypatch.setattr(lookups, "BLOCK", 512)
    monkeypatch.setattr(lookups, "PIECES", 200)
    rows = [f"D{number},{number // 20 + 1},7.5" for number in range(60_000)]
    meanings = Meanings(KEY)
    told = conformed(tmp_path, rows, meanings)
    assert told == [(f"D{number}", expected(str(number // 20 + 1))) for number in range(60_000)]
    assert len(meanings.met["person"]) == 3000


# ---- the key -------------------------------------------------------------------------------------------------------


def test_the_key_is_made_on_first_use_and_for_its_owner_alone(engine, source):
    source("shifts", SHIFTS)
    engine.run("build")
    assert not engine.workspace.secret_key.exists()
    engine.drop("shifts.csv", "Shift,Staff Number,Hours\nD1,00123,7.5\n")
    engine.run("build")
    path = engine.workspace.secret_key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and len(bytes.fromhex(path.read_text())) == 32
    [receipt] = read_receipts(engine.workspace, "shifts")
    assert receipt.key == pseudonyms.key(engine.workspace).fingerprint and receipt.key not in path.read_text()
    [(kept,)] = duckdb.execute(
        "SELECT person FROM read_parquet(?)", [str(receipt.path(engine.workspace, "parquet"))]
    ).fetchall()
    assert kept == expected("123", pseudonyms.key(engine.workspace))
    path.chmod(0o644)
    pseudonyms.key(engine.workspace)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_of_two_who_make_a_key_at_once_one_is_believed_by_both(engine, monkeypatch):
    link = os.link

    def overtaken(unfinished, path):
        path.write_text("ab" * 32)  # another build makes it in the meantime
        return link(unfinished, path)

    monkeypatch.setattr(os, "link", overtaken)
    assert pseudonyms.key(engine.workspace) == pseudonyms.key(engine.workspace) == Key(bytes.fromhex("ab" * 32))
    assert list(engine.workspace.work.iterdir()) == []


@pytest.mark.parametrize("how", ["lost", "another", "spoilt"])
def test_without_the_old_key_nothing_is_built_until_it_is_put_back(engine, source, how):
    source("shifts", SHIFTS)
    engine.drop("shifts_1.csv", "Shift,Staff Number,Hours\nD1,123,7.5\n")
    engine.run("build")
    path, before = engine.workspace.secret_key, engine.workspace.secret_key.read_text()
    path.unlink()
    if how != "lost":
        path.write_text("ab" * 32 if how == "another" else "spoilt")
    engine.drop("shifts_2.csv", "Shift,Staff Number,Hours\nD2,123,7.5\n")
    built = engine.run("build")
    assert built.code == 1 and "put the old key back" in built.said and built.said.count("\n") == 1
    assert len(read_receipts(engine.workspace, "shifts")) == 1 and path.exists() == (how != "lost")
    path.write_text(before)
    engine.run("build")
    assert [receipt.outcome for receipt in read_receipts(engine.workspace, "shifts")] == ["accepted", "accepted"]


# ---- nothing of a person is kept -----------------------------------------------------------------------------------

BAD = (
    "Shift,Staff Number,Post,Hours\n"
    "D1,77001,A77001,7.5\n"
    "D2,77002,A77002,many\n"  # set aside for another cell
    "D3,77003,A77003,7.5\nD3,77004,A77003,7.5\n"  # a key that stands twice
    "D4,Smith 77005,7.5\n"  # a row whose cells have slipped
    ",77006,,\n"  # empty but for the person
)


def test_no_identifier_is_kept_of_rows_that_are_set_aside(engine, source):
    source("shifts", SHIFTS)
    engine.drop("shifts.csv", BAD)
    said = engine.run("build").said + engine.run("receipts", "--rows").said + engine.run("receipts").said
    [receipt] = read_receipts(engine.workspace, "shifts")
    assert (receipt.rows_read, receipt.rows_accepted, receipt.rows_quarantined) == (6, 1, 5)
    rejected = duckdb.execute(
        "SELECT line, cells FROM read_parquet(?) ORDER BY line",
        [str(receipt.path(engine.workspace, "rejected.parquet"))],
    ).fetchall()
    cells = {line: json.loads(text) for line, text in rejected}
    key = pseudonyms.key(engine.workspace)
    assert cells[3] == {
        "Shift": "D2", "Staff Number": pseudonyms.shown(key.hash("77002")), "Post": pseudonyms.shown(key.hash("A77002")), "Hours": "many",
    }  # fmt: skip
    assert cells[3]["Staff Number"].startswith("person ") and cells[4]["Staff Number"] != cells[5]["Staff Number"]
    assert cells[6] == {}
    assert "Hours “many” is not a number" in said and "line 6" in said
    for path in (path for path in engine.home.rglob("*") if path.is_file() and path.parent != engine.workspace.inbox):
        assert b"7700" not in path.read_bytes() or path.suffix == ".parquet", path
    for path in engine.workspace.store.rglob("*.parquet"):
        told = duckdb.execute(
            "SELECT coalesce(string_agg(every::VARCHAR), '') FROM read_parquet(?) AS every", [str(path)]
        ).fetchall()[0][0]
        assert "7700" not in told and "Smith" not in told
    assert "7700" not in said and "Smith" not in said


@pytest.mark.parametrize("ending", ["parquet", "xlsx"])
def test_other_formats_hash_alike(engine, source, ending, tmp_path):
    import openpyxl

    source("shifts", SHIFTS)
    path = tmp_path / f"made.{ending}"
    if ending == "parquet":
        rows = '(VALUES (\'D1\', 123.0, 7.5), (\'D2\', 124.0, NULL)) AS t("Shift", "Staff Number", "Hours")'
        duckdb.execute(f"COPY (FROM {rows}) TO '{path}' (FORMAT parquet)")
    else:
        book = openpyxl.Workbook()
        for row in (["Shift", "Staff Number", "Hours"], ["D1", 123, 7.5], ["D2", 124, None]):
            book.active.append(row)
        book.save(path)
    engine.drop(f"shifts.{ending}", path.read_bytes())
    engine.run("build")
    [receipt] = read_receipts(engine.workspace, "shifts")
    kept = duckdb.execute(
        "SELECT person FROM read_parquet(?)", [str(receipt.path(engine.workspace, "parquet"))]
    ).fetchall()
    assert kept == [(expected("00123", pseudonyms.key(engine.workspace)),)]
    assert (
        pseudonyms.shown(pseudonyms.key(engine.workspace).hash("124"))
        in duckdb.execute(
            "SELECT cells FROM read_parquet(?)", [str(receipt.path(engine.workspace, "rejected.parquet"))]
        ).fetchall()[0][0]
    )
