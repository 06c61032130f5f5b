"""A contract proposed for an extract that nobody has described."""

import csv
import datetime as dt
import io
import json
import struct
import tempfile
import zipfile
import zlib
from collections import Counter
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from etl.config import contracts
from etl.config.contracts import BadContract
from etl.intake.land import UnreadableExtract
from etl.paths import EXPECTATIONS, Workspace
from etl.proposal import dates, dry_run, folder, layout, names, upload
from etl.proposal.propose import propose
from tests.conftest import Engine, table
from tests.etl import test_samples
from tests.etl.renamed import differences, renamed

KNOWN = contracts.load([EXPECTATIONS])
quick = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def proposed(path: Path, workspace: Workspace, work: Path | None = None) -> dict:
    with tempfile.TemporaryDirectory() as work_of_its_own:
        return propose(path, workspace, work or Path(work_of_its_own))


def column(proposal: dict, heading: str) -> dict:
    return next(each for each in proposal["columns"] if each["heading"] == heading)


def write(path: Path, headings: list[str], rows: list[list], delimiter: str = ",", encoding: str = "utf-8") -> Path:
    path.write_bytes(table(headings, rows, delimiter).encode(encoding))
    return path


# ---- headings that nobody has seen -----------------------------------------------------------------------------------


RIGHT = ("establishment", "leave_balance_2026", "patients_2026", "rota_2026-01", "sickness_2026", "staff_2026")


@pytest.mark.parametrize("file", RIGHT)
def test_the_contract_of_an_extract_comes_out_right_under_headings_that_say_nothing(organisation, tmp_path, file):
    source = next(path for path in organisation.workspace.inbox.glob("*.csv") if path.stem == file)
    contract = next(contract for contract in KNOWN.values() if contract.expects(source.name))
    headings = renamed(source, tmp_path / "extract.csv")
    proposal = proposed(tmp_path / "extract.csv", organisation.workspace)
    had = [headings[int(each["heading"].split()[1])] for each in proposal["columns"]]
    assert differences(proposal, contract, had) == []
    assert proposal["system"] == contract.system


def test_nothing_of_a_person_is_in_the_proposal_the_folder_or_what_the_trial_says(organisation, tmp_path):
    source = next(organisation.workspace.inbox.glob("leavers_2026.csv"))
    headings = renamed(source, tmp_path / "extract.csv")
    proposal = proposed(tmp_path / "extract.csv", organisation.workspace)
    told = json.dumps(proposal) + "".join(folder.files_of(proposal, KNOWN).values())
    told += json.dumps(dry_run.attempt(tmp_path / "extract.csv", proposal, organisation.workspace))
    with source.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    personal = {"Employee Number", "Assignment Number", "Last Name", "First Name", "Date of Birth", "NI Number"} & set(
        headings
    )
    assert len(personal) == 6
    assert not {row[heading] for row in rows for heading in personal} & set(
        told.replace('"', " ").replace(",", " ").split()
    )


def test_the_folder_is_taken_up_by_a_build_whose_release_holds_it(organisation, tmp_path):
    engine = Engine(tmp_path / "home", Workspace(tmp_path / "home"))
    engine.workspace.make()
    for name in ("teams.csv", "crosswalk.csv"):
        engine.drop(name, (organisation.workspace.inbox / name).read_bytes())
    assert engine.run("build").code == 0
    renamed(organisation.workspace.inbox / "patients_2026.csv", tmp_path / "beds_2026.csv")
    said = engine.run("source", "new", str(tmp_path / "beds_2026.csv"))
    assert said.code == 0 and "All " in said.said and "Wrote " in said.said
    again = engine.run("source", "new", str(tmp_path / "beds_2026.csv"), "--name", "beds")
    assert again.code == 1 and "There is a source called beds" in again.said
    engine.drop("beds_2026.csv", (tmp_path / "beds_2026.csv").read_bytes())
    assert engine.run("build").code == 0
    [(rows, accepted)] = engine.ask("SELECT rows_read, rows_accepted FROM meta.source WHERE source = 'beds'")
    assert rows == accepted > 0


@pytest.mark.parametrize("file", ["leave_balance_2026", "sickness_2026", "sickness_return_2026"])
def test_the_made_up_sample_is_judged_as_it_says(organisation, tmp_path, monkeypatch, file):
    renamed(next(organisation.workspace.inbox.glob(f"{file}.csv")), tmp_path / "extract.csv")
    proposal = proposed(tmp_path / "extract.csv", organisation.workspace)
    contract = folder.write(proposal, tmp_path / "sources", KNOWN)
    with (contract.folder / "sample.csv").open(encoding="utf-8", newline="") as given_rows:
        rows = list(csv.DictReader(given_rows))
    known = test_samples.sample
    monkeypatch.setattr(test_samples, "CONTRACTS", KNOWN | {contract.source: contract})
    monkeypatch.setattr(test_samples, "sample", lambda name: rows if name == contract.source else known(name))
    judged = test_samples.judge(contract.source, rows, tmp_path / "judged")
    expected = [row["expect"] for row in rows]
    assert any(expected) and not all(expected)
    assert judged.receipt.outcome == "accepted", judged.receipt.sentence
    assert judged.found == expected


# ---- dates -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as con:
        yield con


DAYS = st.lists(st.dates(dt.date(1950, 1, 1), dt.date(2060, 12, 31)), min_size=3, max_size=60, unique=True)
FORMS = [form for form in dates.FORMS if "%d" in form and "%y" not in form and "%p" not in form and "%f" not in form]


@quick
@given(DAYS, st.sampled_from(FORMS), st.integers(0, 1439))
def test_dates_are_read_as_they_were_written_or_doubt_is_said(con, days, form, minute):
    at = dt.time(minute // 60, minute % 60)
    moments = [dt.datetime.combine(day, at) for day in days]
    cells = Counter(moment.strftime(form) for moment in moments)
    told = dates.told(con, cells)
    assert told is not None
    wanted = {moment.strftime(form): dt.datetime.strptime(moment.strftime(form), form) for moment in moments}
    if told.sure:
        assert told.moments == wanted
    else:
        assert all(day.day <= 12 for day in days)


@pytest.mark.parametrize(
    ("cells", "formats", "sure"),
    [
        (["01/04/2026", "01/05/2026", "01/06/2026"], ("%d/%m/%Y",), True),  # months, by their first day
        (["04/01/2026", "05/01/2026", "06/01/2026"], ("%m/%d/%Y",), True),
        (["03/04/2026", "05/06/2026"], ("%d/%m/%Y",), False),
        (["03/14/2026", "05/06/2026"], ("%m/%d/%Y",), True),
        (["31/12/4712", "05/06/2026", "25/06/2026"], ("%d/%m/%Y",), True),
        (["2026-06-05", "2026-06-25"], (), True),
        (["20260605", "20260625"], ("%Y%m%d",), True),
        (["05-Jun-2026", "25-Jun-2026"], ("%d-%b-%Y",), True),
        (["Jun-26", "Jul-26"], ("%b-%y",), True),
        (["25/06/2026 14:30", "05/06/2026"], ("%d/%m/%Y %H:%M", "%d/%m/%Y"), True),
    ],
)
def test_the_order_of_day_and_month_is_told_by_evidence(con, cells, formats, sure):
    told = dates.told(con, Counter(cells))
    assert (told.formats, told.sure) == (formats, sure)


@pytest.mark.parametrize(
    "cells", [["20114477", "20114478"], ["7.5", "11.5"], ["Larch", "Heron"], ["1,260.00", "0"], ["12:30"]]
)
def test_what_is_no_date_is_not_taken_for_one(con, cells):
    assert dates.told(con, Counter(cells)) is None


def test_dates_that_show_nothing_follow_those_of_the_same_file_that_do(engine, tmp_path):
    rows = [[n, f"0{1 + n % 9}/{13 + n}/2026", f"0{1 + n % 9}/0{1 + n // 2}/2026"] for n in range(10)]
    proposal = proposed(write(tmp_path / "a.csv", ["Row id", "Shown", "Not shown"], rows), engine.workspace)
    assert column(proposal, "Shown")["formats"] == column(proposal, "Not shown")["formats"] == ["%m/%d/%Y"]


# ---- the layout ------------------------------------------------------------------------------------------------------

ROWS = [[f"Ward {n % 7}", f"{n % 28 + 1:02}/01/2026", n * 3, f"café {n}"] for n in range(60)]


@pytest.mark.parametrize("delimiter", layout.MARKS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_mark_and_the_encoding_are_found(engine, tmp_path, delimiter, encoding):
    path = write(tmp_path / "a.csv", ["Place", "Day", "Beds", "Remark made"], ROWS, delimiter, encoding)
    proposal = proposed(path, engine.workspace)
    assert [each["heading"] for each in proposal["columns"]] == ["Place", "Day", "Beds", "Remark made"]
    assert proposal["rows"] == 60 and column(proposal, "Day")["formats"] == ["%d/%m/%Y"]


@quick
@given(st.integers(0, 6), st.booleans())
def test_the_headings_are_found_below_titles_and_groups(engine, tmp_path, titles, groups):
    lines = [["Beds open", "", "", ""]] * min(titles, 1) + [[""] * 4] * max(0, titles - 1)
    lines += [["", "When", "How many", ""]] if groups else []
    lines += [["Place", "Day", "Beds", "Remark"], *ROWS]
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    (tmp_path / "a.csv").write_text(text.getvalue(), encoding="utf-8")
    with tempfile.TemporaryDirectory() as work:
        sample = layout.read_sample(tmp_path / "a.csv", Path(work))
    assert sample.format.get("skip_rows", 0) == titles
    assert [heading.split()[-1] for heading in sample.headings] == ["Place", "Day", "Beds", "Remark"]
    assert len(sample.rows) == 60


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("just a note\nof two lines\n", "one cell a row"),
        ("Ward,Beds\n", "headings and no rows"),
        ("Larch,1,2026-01-01\nElm,2,2026-01-02\nFern,3,2026-01-03\n", "no row of headings"),
        ("Ward,Beds,Beds\nLarch,1,2\n", "stands 2 times"),
        ("Ward,,Beds\nLarch,one,2\nElm,two,2\n", "has no heading"),
        ("<html><table></table></html>", "web page"),
        ("%PDF-1.4", "PDF"),
        ("PK\x03\x04 not a workbook", "Save it again"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(engine, tmp_path, text, said):
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    with pytest.raises((upload.UnusableSample, UnreadableExtract)) as refused:
        proposed(tmp_path / "a.csv", engine.workspace)
    assert said in str(refused.value)


def test_a_source_whose_rows_nothing_tells_apart_is_not_saved(engine, tmp_path):
    rows = [["Likely", "Often"], ["Likely", "Often"], ["Unlikely", "Never"]] * 30
    proposal = proposed(write(tmp_path / "a.csv", ["First", "Second"], rows), engine.workspace)
    assert any("88 equal another" in sentence for sentence in proposal["look_at"])
    with pytest.raises(BadContract, match="choose the columns"):
        folder.save(proposal | {"key": []}, engine.workspace)


# ---- names -----------------------------------------------------------------------------------------------------------


@quick
@given(st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=8, unique=True))
@example(
    ["Select", "Month", "group", "text_a", "Größe", "名前", "a b", "a-b", "1st", "x_utc", "' OR 1=1 --", "unread_x"]
)
def test_any_heading_gets_a_name_that_the_engine_can_use(con, headings):
    found = names.column_names(con, headings, {})
    assert len(set(found.values())) == len(headings)
    for name in found.values():
        contracts.column_of(name, {"headers": ["x"]}, BadContract)
        con.execute(f"SELECT {name} FROM (SELECT 1 AS {name})")


@pytest.mark.parametrize("name", ["../rota", "/etc/cron", "a/b", "a\\b", "", ".", "..", "A b", "x" * 80, "a\n"])
def test_no_name_leads_out_of_the_folder(engine, tmp_path, name):
    path = write(tmp_path / "a.csv", ["Place", "Day", "Beds", "Remark"], ROWS)
    proposal = proposed(path, engine.workspace)
    with pytest.raises(BadContract):
        folder.save(proposal | {"source": name}, engine.workspace)
    with pytest.raises(BadContract):
        dry_run.attempt(path, proposal | {"file": [f"../{name}*"]}, engine.workspace)
    assert not engine.workspace.expectations.exists() or not list(engine.workspace.expectations.iterdir())


def test_files_that_are_another_sources_are_not_taken(engine, tmp_path):
    proposal = proposed(write(tmp_path / "beds.csv", ["Place", "Day", "Beds", "Remark"], ROWS), engine.workspace)
    with pytest.raises(BadContract, match="belongs to"):
        folder.save(proposal | {"file": ["ro*"]}, engine.workspace)
    with pytest.raises(BadContract, match="belongs to"):  # of names to come, not only of those in the inbox
        folder.save(proposal | {"file": ["rota_new*"]}, engine.workspace)


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        ("beds_2026-10.csv", "beds*"),
        ("NHS Beds Tool, April 2024.csv", "NHS Beds Tool*"),
        ("Mayfield beds Oct-25.xlsx", "Mayfield beds*"),
        ("2026-10.csv", "extract*"),
        ("../../etc/passwd", "passwd*"),
    ],
)
def test_the_pattern_is_what_will_stay_of_a_files_name(file, pattern):
    name = Path(file).name
    assert names.file_pattern(name, names.source_name(name)) == pattern


# ---- what a hostile file may be --------------------------------------------------------------------------------------


def workbook(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_a_workbook_that_unpacks_to_far_more_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(upload, "UNPACKED", 10 << 20)
    bomb = workbook(tmp_path / "bomb.xlsx", {"xl/worksheets/sheet1.xml": b"0" * (30 << 20)})
    assert bomb.stat().st_size < 100_000
    with pytest.raises(upload.UnusableSample, match="unpacks to more than 10 MB"):
        upload.expect_harmless(bomb)


def test_so_is_one_that_lies_about_its_size(tmp_path, monkeypatch):
    monkeypatch.setattr(upload, "UNPACKED", 10 << 20)
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packed.compress(b"0" * (30 << 20)) + packed.flush()
    name = b"xl/worksheets/sheet1.xml"
    said = struct.pack("<IIIHH", 0, len(data), 10, len(name), 0)  # 10 bytes, it says
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 0) + said + name + data
    central = (
        b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 0) + said + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    )
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    (tmp_path / "liar.xlsx").write_bytes(local + central + end)
    with pytest.raises(upload.UnusableSample, match="unpacks to more than"):
        upload.expect_harmless(tmp_path / "liar.xlsx")


def test_so_is_a_sheet_whose_last_cell_is_absurdly_far(tmp_path):
    sheet = b'<sheetData><row r="1"><c r="A1"/></row><row r="1048576"><c r="XFD1048576"/></row></sheetData>'
    with pytest.raises(upload.UnusableSample, match="so far from the others"):
        upload.expect_harmless(workbook(tmp_path / "far.xlsx", {"xl/worksheets/sheet1.xml": sheet}))


def test_a_file_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(upload, "LARGEST", 100)
    (tmp_path / "a.csv").write_text("a,b\n" * 100, encoding="utf-8")
    with pytest.raises(upload.UnusableSample, match="a sample may have"):
        upload.expect_harmless(tmp_path / "a.csv")


def test_so_is_a_parquet_file_of_very_many_rows(engine, tmp_path, con, monkeypatch):
    path = tmp_path / "a.parquet"
    con.execute(
        f"COPY (SELECT 'Larch' AS ward, DATE '2026-01-01' + n::INTEGER AS day FROM range(300) AS t(n)) TO '{path}' (FORMAT parquet)"
    )
    proposal = proposed(path, engine.workspace)
    assert column(proposal, "day")["type"] == "date" and proposal["rows"] == 300
    monkeypatch.setattr(layout, "MOST_ROWS", 200)
    with pytest.raises(upload.UnusableSample, match="300 rows"):
        proposed(path, engine.workspace)


def test_cut_off_archives_are_refused(tmp_path):
    whole = workbook(tmp_path / "a.xlsx", {"xl/worksheets/sheet1.xml": b"<c/>" * 1000}).read_bytes()
    for end in (10, len(whole) // 2, len(whole) - 5):
        (tmp_path / "cut.xlsx").write_bytes(whole[:end])
        with pytest.raises(upload.UnusableSample, match="Save it again"):
            upload.expect_harmless(tmp_path / "cut.xlsx")


# ---- people ----------------------------------------------------------------------------------------------------------

PEOPLE = [f"{20114477 + n * 13}" for n in range(40)]


@pytest.mark.parametrize(
    ("heading", "cells", "use"),
    [
        ("Staff Number", PEOPLE, "person"),
        ("X", PEOPLE, "person"),
        ("Worker ref", [f"W-{n:06}" for n in range(40)], "person"),
        ("Surname", ["Dale"] * 40, "leave out"),
        ("Line Manager", [f"{a}. Dale" for a in "ABCDEFGHIJKLMNOPQRST"] * 2, "leave out"),
        ("X", [f"{a}. Dale" for a in "ABCDEFGHIJKLMNOPQRST"] * 2, "leave out"),
        ("Contact", [f"a{n}@example.org" for n in range(40)], "leave out"),
        ("X", [f"a{n}@example.org" for n in range(40)], "leave out"),
        ("X", [f"AB {n:02} 34 56 C" for n in range(40)], "leave out"),
        ("D.O.B.", ["01/02/1980"] * 40, "leave out"),
        ("Comments", ["fine"] * 40, "leave out"),
        ("Roster unit", [f"{n % 4 + 100000}" for n in range(40)], "load"),
        ("Duty no", [f"{40000000 + n}" for n in range(40)], "load"),
        ("Hours", [f"{n}.5" for n in range(40)], "load"),
    ],
)
def test_columns_about_people_are_found_by_name_and_by_shape(engine, tmp_path, heading, cells, use):
    rows = [[cell, f"2026-01-{n % 28 + 1:02}", f"Ward {n % 3}", n] for n, cell in enumerate(cells)]
    path = write(tmp_path / "a.csv", [heading, "Day worked", "Place", "Score"], rows)
    found = column(proposed(path, engine.workspace), heading)
    assert found["use"] == use
    if use != "load":
        assert found["examples"] == [] and found["type"] == "text"


@quick
@given(st.lists(st.integers(10**7, 10**8 - 1), min_size=20, max_size=80, unique=True), st.booleans())
def test_no_number_of_a_person_is_ever_shown(engine, tmp_path, people, said):
    rows = [[f"{person}", f"2026-01-{n % 28 + 1:02}", n % 5] for n, person in enumerate(people)]
    path = write(tmp_path / "a.csv", ["Employee Number" if said else "Number", "Day worked", "Score"], rows)
    proposal = proposed(path, engine.workspace)
    told = json.dumps(proposal) + "".join(folder.files_of(proposal, KNOWN).values())
    assert column(proposal, proposal["columns"][0]["heading"])["use"] == "person"
    assert not [person for person in people if str(person) in told]


def test_the_limit_on_memory_ends_with_the_proposal(engine, tmp_path, monkeypatch):
    """Whoever draws up a proposal in a process of their own goes on to other things, a browser among them."""
    import resource

    from etl.proposal import report

    during = []

    def answer(*_):
        during.append(resource.getrlimit(resource.RLIMIT_AS)[0])
        return {}

    monkeypatch.setattr(report, "_answer", answer)
    before = resource.getrlimit(resource.RLIMIT_AS)
    assert report.for_a_program(tmp_path / "days.csv", engine.workspace, None, False) == ({}, 0)
    assert 0 < during[0] - report.MAX_MORE_MEMORY < 1 << 46 and resource.getrlimit(resource.RLIMIT_AS) == before
