"""Any bytes under any name beside a good file: its rows are kept as they were, and the other has one sentence, in little time and
memory. Thousands of them with `--hypothesis-profile nightly`."""

import io
import shutil
import time
import zipfile

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from etl import build as builder
from etl.intake import size_limits
from etl.printable import printable
from tests.etl.taken import BEDS, SHIFTS, TREE, Intake, beds, day, intake_in, peak_megabytes

GOOD = beds("Elm,31/01/2023,5", "Oak,31/01/2023,7")
KEPT = [("Elm", day("2023-01-31"), 5.0), ("Oak", day("2023-01-31"), 7.0)]
MAX_SECONDS, MAX_MEGABYTES = 30, 600  # of one inbox of up to eight files; in addition to what the imports take
NIGHTLY = settings().max_examples > 100
EXAMPLES, BUILDS = (settings().max_examples, 100) if NIGHTLY else (24, 4)  # inboxes, each of up to eight files
PHASES = [Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if NIGHTLY else [])]  # shrinking takes minutes


def _workbook() -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in (["Unit", "Month", "Beds"], ["Ash", "31/01/2023", 5]):
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def _parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"Unit": ["Ash"], "Month": ["31/01/2023"], "Beds": [5]}), file)
    return file.getvalue()


def _archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet><sheetData/></worksheet>")
    return file.getvalue()


SOUND = [
    GOOD.encode(),
    GOOD.encode("utf-16"),
    GOOD.replace(",", ";").encode("cp1252"),
    b'Unit,Month,Beds,Note\nAsh,31/01/2023,5,"a\nb"\n',
    b"Shift,Ward,Staff Number,Starts,Hours\n1,Ash,77,01/01/2023 07:00,8\n",
    b"Unit,Level,Title,Parent,From,To\nNMC,organisation,,,01/01/2020,\nELM,team,,NMC,01/01/2020,\n",
    _workbook(),
    _parquet(),
    _archive(),
    bytes(40),
]
ENDINGS = ["", ".csv", ".CSV", ".txt", ".tsv", ".xlsx", ".xls", ".xlsb", ".xlsm", ".ods", ".parquet", ".zip", ".json"]
ODD_NAMES = [
    b"\xff",
    b"\x1b[2J",
    b"a\nb",
    b"'; DROP TABLE x; --",
    b"[1]*?",
    b"%s{0}",
    "\u202e\u00a0\u0130".encode(),
    b"x" * 200,
]


@st.composite
def contents(draw: st.DrawFn) -> bytes:
    """Bytes that mean nothing, text that may, and sound files with something cut, changed, put in or said again."""
    kind = draw(st.sampled_from(["bytes", "text", "harmed", "harmed", "harmed"]))
    if kind == "bytes":
        return draw(st.binary(max_size=300))
    if kind == "text":
        cells = st.text(st.sampled_from("Elm,;\t|\"'\n\r 0123456789/.-x\u00e9\u0416\x00\ufeff"), max_size=200)
        return b"Unit,Month,Beds\n" + draw(cells).encode()
    content = bytearray(draw(st.sampled_from(SOUND)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(content)))
        match draw(st.sampled_from(["cut", "change", "put in", "repeat", "drop"])):
            case "cut":
                del content[at:]
            case "change":
                content[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
            case "put in":
                content[at:at] = draw(st.sampled_from([b'"', b"\n", b"\0", b",", b"\xff", b"1e999", b"\r", b"=1+1"]))
            case "repeat":
                content[at:at] = content[: draw(st.integers(0, len(content)))]
            case "drop":
                del content[at : at + draw(st.integers(1, 40))]
    return bytes(content)


names = st.builds(
    lambda source, odd, ending: source + odd + ending.encode(),
    st.sampled_from([b"beds_", b"rota_", b"teams_", b"nobodys_", b"beds_sub/"]),
    st.sampled_from(ODD_NAMES) | st.binary(min_size=1, max_size=8).map(lambda some: some.hex().encode()),
    st.sampled_from(ENDINGS),
)
files = st.dictionaries(names, contents(), min_size=1, max_size=8)


def a_workspace(folder) -> Intake:
    taken = intake_in(folder)
    taken.source("beds", BEDS.format(each_file="adds").replace("unit, month_end]", "unit, month_end, beds]"))
    taken.source("rota", SHIFTS.format(each_file="adds"))
    taken.source("teams", TREE)
    return taken


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


def drop_all(inbox: Intake, dropped: dict[bytes, bytes]) -> int:
    inbox.drop("beds_good.csv", GOOD)
    return len({inbox.drop(name, content) for name, content in dropped.items()})


def assert_each_has_a_sentence(inbox: Intake, refusals: list, many: int) -> None:
    """The good file's rows stand as they were; each of the others is accounted for in a sentence that can be written down."""
    receipts = [receipt for source in ("beds", "rota", "teams") for receipt in inbox.receipts(source).values()]
    good = next(receipt for receipt in receipts if receipt.file == "beds_good.csv")
    assert good.outcome == "accepted" and [row[:3] for row in inbox.rows(good)] == KEPT
    others = [*(receipt for receipt in receipts if receipt is not good), *refusals]
    for each in others:
        assert 0 < len(each.sentence) <= size_limits.MAX_SENTENCE_CHARACTERS * 2 and "Traceback" not in each.sentence
        assert printable(each.file + each.sentence) == each.file + each.sentence
        (each.file + each.sentence).encode()
    for receipt in receipts:
        assert receipt.rows_read == receipt.rows_accepted + receipt.rows_quarantined + receipt.rows_left_out
    contents = {receipt.content for receipt in receipts}
    assert len(contents) + len(refusals) >= 1 and len(others) <= many
    inbox.assert_tidy()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
@given(dropped=files)
def test_whatever_lies_beside_a_good_file_is_told_of_and_the_good_file_is_taken(places, dropped):
    folder = places / "taken"
    shutil.rmtree(folder, ignore_errors=True)
    inbox = a_workspace(folder)
    many = drop_all(inbox, dropped)
    before, began = peak_megabytes(), time.process_time()
    refusals = inbox.take()
    assert time.process_time() - began < MAX_SECONDS and peak_megabytes() - before < MAX_MEGABYTES
    assert_each_has_a_sentence(inbox, refusals, many)
    again = inbox.take()
    assert {(each.file, each.sentence) for each in again} == {(each.file, each.sentence) for each in refusals}


@settings(max_examples=BUILDS, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
@given(
    dropped=files.map(
        lambda each: {name: text for name, text in each.items() if name.startswith((b"beds_", b"nobodys_"))}
    )
)
def test_the_figures_of_a_good_file_are_published_whatever_lies_beside_it(places, dropped):
    folder = places / "built"
    shutil.rmtree(folder, ignore_errors=True)
    inbox = intake_in(folder)
    inbox.source("beds", BEDS.format(each_file="adds").replace("unit, month_end]", "unit, month_end, beds]"))
    drop_all(inbox, dropped)
    outcome = builder.build(inbox.workspace, day("2023-06-01"), inbox.said.append)
    assert outcome.outcome == "published"
    with duckdb.connect(str(inbox.workspace.releases / f"{outcome.release}.duckdb"), read_only=True) as con:
        assert {("Elm",), ("Oak",)} <= set(con.execute("SELECT unit FROM meta.unit").fetchall())
        [(rows,)] = con.execute("SELECT rows_accepted FROM meta.file WHERE file = 'beds_good.csv'").fetchall()
        assert rows == 2
        refused = con.execute("SELECT count(*) FROM meta.file WHERE outcome = 'refused'").fetchone()[0]
        assert refused == outcome.refused
