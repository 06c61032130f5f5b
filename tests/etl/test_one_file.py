"""One file never takes the others with it: whatever it is, it is refused in a sentence, and the rest goes on."""

import datetime as dt
import errno
import io
import json
import os
import socket
import zipfile

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl.intake import file_group, size_limits, take_in
from etl.paths import DiskFull
from etl.printable import printable
from etl.store import receipts
from tests.etl.taken import BEDS, SHIFTS, TREE, Intake, beds, intake_in

GOOD = beds("Elm,31/01/2023,5", "Oak,31/01/2023,7")
ADDS = BEDS.format(each_file="adds")


@pytest.fixture
def inbox(tmp_path) -> Intake:
    taken = intake_in(tmp_path / "workspace")
    taken.source("beds", ADDS)
    return taken


def assert_refused(inbox: Intake, name: str, words: str) -> str:
    """The file is refused in one sentence, the good one beside it accepted."""
    receipt = inbox.receipts()[name]
    assert receipt.outcome == "refused" and words in receipt.sentence, receipt.sentence
    assert receipt.sentence.endswith(".") and "\n" not in receipt.sentence
    assert len(receipt.sentence) <= size_limits.MAX_SENTENCE_CHARACTERS
    assert inbox.receipts()["beds_good.csv"].rows_accepted == 2
    return receipt.sentence


# ---- rows that cannot be cut, with people in them ------------------------------------------------------------------


@pytest.mark.parametrize("row", ["2,Oak,222", "2,Oak,222,02/01/2023 07:00,8,9", '2,Oak,222,"02/01/2023\n07:00",8,9'])
@pytest.mark.parametrize("others_bad", [False, True])
def test_a_row_with_a_cell_too_many_or_too_few_is_set_aside_where_people_are_named(tmp_path, row, others_bad):
    inbox = intake_in(tmp_path / "workspace")
    inbox.source("rota", SHIFTS.format(each_file="adds"))
    bad = "3,Oak,333,no day,8\n" if others_bad else ""
    inbox.drop("rota.csv", f"Shift,Ward,Staff Number,Starts,Hours\n1,Elm,111,01/01/2023 07:00,8\n{row}\n{bad}")
    assert inbox.take() == []
    receipt = inbox.receipts("rota")["rota.csv"]
    assert (receipt.outcome, receipt.rows_accepted, receipt.rows_quarantined) == ("accepted", 1, 1 + others_bad)
    assert len(inbox.rows(receipt)) == 1
    with duckdb.connect() as con:
        aside = con.read_parquet(str(receipt.path(inbox.workspace, "rejected.parquet"))).fetchall()
    assert aside[0][0] == 3 and len(aside) == 1 + others_bad
    assert not any("222" in cells or "333" in cells for *_, cells in aside)
    inbox.assert_tidy()


# ---- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [b"beds_\xff\xfe.csv", b"sub\xe9/beds.csv", b"\x80"])
def test_a_name_that_is_not_utf_8_is_refused_and_can_be_written_down(inbox, name):
    inbox.drop("beds_good.csv", GOOD)
    inbox.drop(name, GOOD.replace("Elm", "Ash"))
    [refusal] = inbox.take()
    assert "is not UTF-8" in refusal.sentence and "\\udc" in refusal.file
    json.dumps([refusal.file, refusal.sentence], ensure_ascii=False).encode()
    assert inbox.receipts()["beds_good.csv"].rows_accepted == 2
    assert inbox.take() == [refusal] or inbox.take()[0].sentence == refusal.sentence


@pytest.mark.parametrize(
    "name", ["beds\x1b[31m.csv", "beds\n2.csv", "beds'; DROP.csv", "beds[1]*?.csv", "beds\u202egpj.csv"]
)
def test_a_name_of_odd_characters_is_taken_and_shown_without_those_that_steer(inbox, name):
    inbox.drop(name, GOOD)
    assert inbox.take() == []
    [receipt] = inbox.receipts().values()
    assert receipt.rows_accepted == 2 and printable(receipt.file) == receipt.file
    inbox.take()
    assert inbox.said == [], "known again"


def test_what_is_no_file_is_said(inbox, tmp_path, monkeypatch):
    inbox.drop("beds_good.csv", GOOD)
    there = inbox.workspace.inbox
    os.mkfifo(there / "beds_pipe.csv")
    (there / "beds_gone.csv").symlink_to(tmp_path / "nowhere")
    (there / "beds_link").symlink_to(tmp_path, target_is_directory=True)
    (there / "beds_2023.csv").mkdir()
    (there / "done").mkdir()
    monkeypatch.chdir(there)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("beds_socket.csv")
        said = {refusal.file: refusal.sentence for refusal in inbox.take()}
    assert "is a pipe" in said["beds_pipe.csv"] and "is a socket" in said["beds_socket.csv"]
    assert "is a link" in said["beds_gone.csv"] and "is a link" in said["beds_link"]
    assert "is an empty folder and not a file" in said["beds_2023.csv"]
    assert "done is an empty folder." in inbox.said and set(said) == {
        "beds_pipe.csv", "beds_socket.csv", "beds_gone.csv", "beds_link", "beds_2023.csv",
    }  # fmt: skip
    assert inbox.receipts()["beds_good.csv"].rows_accepted == 2


# ---- what nobody expected --------------------------------------------------------------------------------------------


def without_sheets() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(
            "[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
        )
        archive.writestr(
            "xl/workbook.xml", '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>',
        )
    return file.getvalue()


def test_a_workbook_without_sheets_is_refused(inbox):
    inbox.drop("beds_good.csv", GOOD)
    inbox.drop("beds_bad.xlsx", without_sheets())
    inbox.take()
    assert_refused(inbox, "beds_bad.xlsx", "beds_bad.xlsx")


class Odd(Exception):
    """What nobody has thought of. Its message holds a cell."""


STEPS = {
    "looking what it is": (file_group.read, "kind_of"),
    "reading it": (file_group.read, "readable"),
    "bringing it into our columns": (file_group, "conform"),
    "judging it": (file_group, "expect_acceptable"),
    "keeping it": (file_group, "keep"),
}


@pytest.mark.parametrize("error", [Odd("secret cell"), OSError(errno.EIO, "broken disk")])
@pytest.mark.parametrize("step", STEPS)
def test_any_exception_about_a_file_refuses_that_file(inbox, monkeypatch, step, error):
    owner, name = STEPS[step]
    does = getattr(owner, name)

    def fails(*arguments):
        if "beds_bad.csv" in str(arguments):
            raise error
        return does(*arguments)

    monkeypatch.setattr(owner, name, fails)
    inbox.drop("beds_bad.csv", GOOD.replace("Elm", "Ash"))
    inbox.drop("beds_good.csv", GOOD)
    assert inbox.take() == []
    sentence = assert_refused(inbox, "beds_bad.csv", "did not expect")
    log = (inbox.workspace.home / "errors.log").read_text(encoding="utf-8")
    assert type(error).__name__ in log and name in log and "errors.log" in sentence
    assert "secret" not in log + sentence and "Traceback" not in sentence
    assert (inbox.workspace.home / "errors.log").stat().st_mode & 0o077 == 0
    inbox.assert_tidy()


def test_what_goes_wrong_in_judging_several_together_refuses_the_one_at_fault(inbox, monkeypatch):
    from etl.intake.expectations import judge

    asked = judge._asked

    def fails(con, name, *arguments):
        rows = con.execute("SELECT count(*) FROM arrived WHERE unit = 'Ash'").fetchone()[0]
        if rows:
            raise Odd
        return asked(con, name, *arguments)

    monkeypatch.setattr(judge, "_asked", fails)
    for number in range(4):
        inbox.drop(
            f"beds_{number}.csv",
            GOOD.replace("31/01", f"{20 + number}/01").replace("Elm", "Ash" if number == 2 else "Elm"),
        )
    inbox.take()
    assert {name: receipt.outcome for name, receipt in inbox.receipts().items()} == {
        "beds_0.csv": "accepted", "beds_1.csv": "accepted", "beds_2.csv": "refused", "beds_3.csv": "accepted",
    }  # fmt: skip


NO_FILES_FAULT = [
    MemoryError(),
    duckdb.OutOfMemoryException("failed to allocate"),
    DiskFull("There is no room left on the disk."),
    OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    OSError(errno.EMFILE, os.strerror(errno.EMFILE)),
]


@pytest.mark.parametrize("error", NO_FILES_FAULT, ids=repr)
@pytest.mark.parametrize("step", ["reading it", "bringing it into our columns", "keeping it"])
def test_no_room_and_no_memory_are_not_about_a_file_and_end_the_build(inbox, monkeypatch, step, error):
    owner, name = STEPS[step]

    def fails(*_):
        raise error

    monkeypatch.setattr(owner, name, fails)
    inbox.drop("beds_good.csv", GOOD)
    with pytest.raises(type(error)):
        inbox.take()
    assert inbox.receipts() == {}
    monkeypatch.undo()
    assert inbox.take() == [] and inbox.receipts()["beds_good.csv"].rows_accepted == 2


# ---- what has no bounds ----------------------------------------------------------------------------------------------

MEGABYTE = 1 << 20
ENDLESS = {
    "zeros": (bytes(20 * MEGABYTE), "holds zeros and no text"),
    "one endless line": (b"Unit,Month,Beds\n" + b"x" * (20 * MEGABYTE), "a line of more than 4 MB"),
    "one endless line in utf-16": (("Unit,Month,Beds\n" + "x" * (10 * MEGABYTE)).encode("utf-16"), "a line of more than 4 MB"),
    "zeros after a table": (GOOD.encode() + bytes(20 * MEGABYTE), "a line of more than 4 MB"),
    "a heading without end": (b"Unit,Month,Beds" + b"x" * (3 * MEGABYTE) + b"\n1,2,3\n", "headings is longer than 1 MB"),
    "a long heading": (b"Unit,Month,Beds," + b"x" * 5000 + b"\n1,2,3,4\n", "has a heading of 5,000 characters (xxx"),
    "many headings": (b"Unit,Month,Bedz" + b",a" * 20_000 + b"\n1,2,3\n", "20,003 columns"),
    "many wrong headings": (b"Unit,Month,Bedz" + b",abcdefgh" * 5_000 + b"\n1,2,3\n", "and 4,973 more"),
    "a quoted cell without end": (
        b"Unit,Month,Beds,Note\n" + b'"' + b"Elm,31/01/2023,5,x\n" * 400_000, "a quotation mark opens",
    ),
    "a quoted cell of megabytes": (
        b'Unit,Month,Beds,Note\nElm,31/01/2023,5,"' + b"y\n" * (3 * MEGABYTE) + b'"\nOak,31/01/2023\n', "beds_bad.csv",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDLESS)
def test_what_has_no_bounds_is_refused_in_a_short_sentence(inbox, name):
    content, words = ENDLESS[name]
    inbox.drop("beds_good.csv", GOOD)
    inbox.drop("beds_bad.csv", content)
    inbox.take()
    assert_refused(inbox, "beds_bad.csv", words)
    assert max(map(len, inbox.said)) < size_limits.MAX_SENTENCE_CHARACTERS + 100
    inbox.assert_tidy()


def test_names_that_nobody_knew_are_kept_as_far_as_anybody_could_match_them(tmp_path):
    inbox = intake_in(tmp_path / "workspace")
    inbox.source("teams", TREE)
    inbox.source("beds", ADDS.replace("headers: [Unit]}", "headers: [Unit], refers_to: teams}").replace(
        "brings_teams: [{level: team, column: unit}, {level: organisation, unit: ORG, title: Northmere}]\n", ""))  # fmt: skip
    inbox.drop("teams.csv", "Unit,Level,Title,Parent,From,To\nElm,team,,,01/01/2020,\n")
    strangers = [f"{'x' * 500}{number},31/01/2023,1" for number in range(3)] + [
        f"N{number},31/01/2023,1" for number in range(1500)
    ]
    inbox.drop("beds.csv", beds("Elm,31/01/2023,5", *strangers))
    inbox.take()
    names = inbox.receipts()["beds.csv"].unknown_names
    assert len(names) == size_limits.MAX_UNKNOWN_NAMES and max(map(len, names)) == size_limits.MAX_NAME_CHARACTERS


# ---- Parquet -----------------------------------------------------------------------------------------------------------


def parquet(table: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


def shift(**columns: pa.Array) -> pa.Table:
    usual = {
        "Shift": pa.array(["1"]), "Ward": pa.array(["Elm"]), "Staff Number": pa.array(["7"]),
        "Starts": pa.array([dt.datetime(2023, 7, 1, 7)]), "Hours": pa.array([8.0]),
    }  # fmt: skip
    return pa.table(usual | columns)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris", "+05:30"])
def test_moments_with_a_time_zone_are_read_by_the_local_clock(tmp_path, zone):
    inbox = intake_in(tmp_path / "workspace")
    inbox.source("rota", SHIFTS.format(each_file="adds"))
    moment = dt.datetime(2023, 6, 30, 23, 30, tzinfo=dt.UTC)  # half past midnight in London: another day, another month
    inbox.drop("rota.parquet", parquet(shift(Starts=pa.array([moment], pa.timestamp("us", tz=zone)))))
    assert inbox.take() == []
    [row] = inbox.rows(inbox.receipts("rota")["rota.parquet"])
    assert row[3:5] == (dt.datetime(2023, 7, 1, 0, 30), dt.datetime(2023, 6, 30, 23, 30))
    assert row[-1] == dt.date(2023, 7, 1)


NO_CELLS = {
    "a duration": (pa.array([dt.timedelta(hours=8)]), "durations"),
    "a time of day": (pa.array([dt.time(8)]), "times of day"),
    "a list": (pa.array([[1, 2]]), "lists"),
    "a record": (pa.array([{"a": 1}]), "records"),
    "bytes": (pa.array([b"\x00\x01"]), "bytes"),
}


@pytest.mark.parametrize("name", NO_CELLS)
@pytest.mark.parametrize("heading", ["Hours", "Ward"])
def test_what_is_no_cell_is_refused_with_its_heading(tmp_path, name, heading):
    inbox = intake_in(tmp_path / "workspace")
    inbox.source("rota", SHIFTS.format(each_file="adds"))
    array, word = NO_CELLS[name]
    inbox.drop("rota.parquet", parquet(shift(**{heading: array})))
    inbox.drop("rota_other.parquet", parquet(shift(Note=array)))
    inbox.take()
    taken = inbox.receipts("rota")
    assert taken["rota.parquet"].outcome == "refused"
    assert f"{heading} holds {word}" in taken["rota.parquet"].sentence
    assert taken["rota_other.parquet"].rows_accepted == 1, "what is not asked for does not matter"


@pytest.mark.parametrize(
    "counts",
    [
        pa.array([5, 18446744073709551615], pa.uint64()),
        pa.array([5, -(1 << 60)], pa.int64()),
        pa.array([5, 10**30], pa.decimal128(38, 0)),
    ],
    ids=str,
)
def test_counts_that_no_number_holds_exactly_are_refused(inbox, counts):
    def of(counts: pa.Array) -> bytes:
        return parquet(pa.table({"Unit": ["Elm", "Oak"], "Month": ["31/01/2023"] * 2, "Beds": counts}))

    inbox.drop("beds_bad.parquet", of(counts))
    inbox.drop("beds_good.csv", GOOD)
    inbox.drop("beds_also.parquet", of(pa.array([5, 1 << 53]).cast(counts.type)))
    inbox.take()
    assert_refused(inbox, "beds_bad.parquet", "Beds holds counts beyond 9,007,199,254,740,992")
    assert inbox.receipts()["beds_also.parquet"].rows_accepted == 2


# ---- a store that was harmed -------------------------------------------------------------------------------------------


def cut(text: str) -> str:
    return text[: len(text) // 2]


HARM = {
    "cut short": cut,
    "cut to nothing": lambda text: "",
    "cut in its first field": lambda text: text[:20],
    "another record": lambda text: "[1, 2]",
    "a field more": lambda text: text.replace('"size"', '"sise"'),
    "a field of another kind": lambda text: text.replace('"months": [', '"months": 5, "x": ['),
    "no moment": lambda text: json.dumps(json.loads(text) | {"arrived": "yesterday"}),
    "months that are none": lambda text: json.dumps(json.loads(text) | {"months": ["2023-13-01"]}),
    "of another file": lambda text: json.dumps(json.loads(text) | {"content": "0" * 64}),
    "deep": lambda text: "[" * 100_000,
    "no UTF-8": lambda text: "\udcff",
}


@pytest.mark.parametrize("harm", HARM)
def test_a_receipt_that_cannot_be_read_vouches_for_nothing_and_its_file_is_taken_in_again(inbox, harm):
    inbox.source("beds", BEDS.format(each_file="replaces_its_months"))
    inbox.drop("beds_1.csv", GOOD)
    inbox.drop("beds_2.csv", GOOD.replace(",5", ",6"))
    inbox.take()
    before = inbox.receipts()["beds_1.csv"]
    path = before.path(inbox.workspace, "receipt.json")
    path.write_bytes(HARM[harm](path.read_text(encoding="utf-8")).encode(errors="surrogateescape"))
    os.utime(path, (1_700_000_000,) * 2)
    assert list(inbox.receipts()) == ["beds_2.csv"]
    assert inbox.take() == [] and "beds_1.csv: All 2 rows accepted." in inbox.said
    again = inbox.receipts()
    assert again["beds_1.csv"].rows_accepted == 2
    assert list(again) == ["beds_1.csv", "beds_2.csv"], "it is no later word than it was"
    inbox.assert_tidy()
    inbox.take()
    assert inbox.said == []


def test_a_receipt_that_cannot_be_read_and_whose_file_is_gone_is_told_of_and_nothing_is_thrown_away(inbox):
    dropped = inbox.drop("beds.csv", GOOD)
    inbox.take()
    [receipt] = inbox.receipts().values()
    path = receipt.path(inbox.workspace, "receipt.json")
    path.write_text(cut(path.read_text(encoding="utf-8")), encoding="utf-8")
    content = dropped.read_bytes()
    dropped.unlink()
    [refusal] = inbox.take()
    assert path.name in refusal.sentence and "Send that again" in refusal.sentence
    assert receipt.path(inbox.workspace, "parquet").exists()
    inbox.drop("beds.csv", content)
    assert inbox.take() == [] and inbox.receipts()["beds.csv"].rows_accepted == 2


def test_a_file_that_comes_after_a_clock_was_set_ahead_is_still_the_later_word(inbox, monkeypatch):
    inbox.source("beds", BEDS.format(each_file="replaces_its_months"))
    inbox.drop("beds_1.csv", GOOD)

    class Ahead(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return dt.datetime(2040, 1, 1, tzinfo=tz)

    with monkeypatch.context() as patch:
        patch.setattr(receipts.dt, "datetime", Ahead)
        inbox.take()
    inbox.drop("beds_2.csv", GOOD.replace(",5", ",6"))
    inbox.take()
    inbox.drop("beds_3.csv", GOOD.replace(",5", ",8"))
    inbox.take()
    assert list(inbox.receipts()) == ["beds_1.csv", "beds_2.csv", "beds_3.csv"]


# ---- many files ----------------------------------------------------------------------------------------------------


def test_each_group_of_files_is_kept_before_the_next_is_read(inbox, monkeypatch):
    monkeypatch.setattr(take_in, "FILES_AT_ONCE", 2)
    readable, at_work = file_group.read.readable, []

    def fails(arrival, *arguments):
        at_work.append(len(list(inbox.workspace.work.glob("*.parquet"))))
        if arrival.name == "beds_4.csv":
            raise MemoryError
        return readable(arrival, *arguments)

    for number in range(7):
        inbox.drop(f"beds_{number}.csv", beds(f"Elm,{number + 1}/01/2023,5"))
    with monkeypatch.context() as patch:
        patch.setattr(file_group.read, "readable", fails)
        with pytest.raises(MemoryError):
            inbox.take()
    assert list(inbox.receipts()) == [f"beds_{number}.csv" for number in range(4)], "what was kept stays kept"
    assert max(at_work) <= 2
    inbox.take()
    assert [sentence.split(":")[0] for sentence in inbox.said] == ["beds_4.csv", "beds_5.csv", "beds_6.csv"]


def test_receipts_are_read_a_few_times_each_however_many_there_are(inbox, monkeypatch):
    reads, read_receipt = [], receipts._read_receipt
    monkeypatch.setattr(receipts, "_read_receipt", lambda *given: reads.append(given) or read_receipt(*given))
    for number in range(10):
        inbox.drop(f"beds_{number}.csv", beds(f"Elm,{number + 1}/01/2023,5"))
    inbox.take()
    first = len(reads)
    for number in range(10, 20):
        inbox.drop(f"beds_{number}.csv", beds(f"Elm,{number + 1}/01/2023,5"))
    reads.clear()
    inbox.take()
    assert len(inbox.receipts()) == 20 and first <= 10 * 10 and len(reads) <= 20 * 12
