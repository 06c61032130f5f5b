"""Whatever is typed, or stands in a file, comes back as the text that it is: never run, never lost, never a traceback."""

import os
import tempfile
from contextlib import closing, suppress
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlglot
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.config import contracts
from etl.config import settings as settings_files
from etl.config.contracts import BadContract
from etl.config.settings import BadSettings
from etl.database import connect, connect_to_files
from etl.intake.size_limits import MAX_HEADING_CHARACTERS
from etl.intake.take_in import take_in
from etl.paths import Workspace
from etl.printable import printable
from etl.privacy.pseudonyms import EDGES
from etl.quoting import quoted_name, quoted_text, quoted_texts
from etl.store.receipts import read_receipts
from etl.survey import queries as survey_queries
from tests.conftest import table
from tests.hostile_texts import HOSTILE, PIECES, texts

PLANTED = Path("/tmp/planted.csv")
pieces = st.one_of(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join),
    st.sampled_from(HOSTILE),
)
words = pieces.map(lambda text: text.strip(f"{EDGES} \t\r\n\u00a0")).filter(bool)


# ---- the one function that quotes --------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.lists(texts(), min_size=1, max_size=5))
def test_a_quoted_text_is_that_text_and_a_quoted_name_that_name(some):
    with closing(connect_to_files()) as con:  # a new one each time: nothing may stay behind
        assert con.execute(f"SELECT [{quoted_texts(some)}]").fetchall() == [(some,)]
        con.execute(f"CREATE TABLE t ({quoted_name(some[0] + 'x')} VARCHAR DEFAULT {quoted_text(some[-1])})")
        con.execute("INSERT INTO t DEFAULT VALUES")
        assert con.execute(f"SELECT t.{quoted_name(some[0] + 'x')} FROM t").fetchall() == [(some[-1],)]
        assert con.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [("t",)]


@settings(max_examples=200, deadline=None)
@given(texts())
def test_what_is_printed_is_one_line_without_anything_that_acts_or_hides(text):
    shown = printable(text)
    assert len(shown.splitlines()) <= 1 and not set(shown) & set("\x1b\x9b\0\x07\x08\r\n\u202e\u2066\u2028\u200f")
    assert printable(shown) == shown and printable("Larch Ward – 12 % é") == "Larch Ward – 12 % é"


# ---- one source: its contract, its suite, its cells --------------------------------------------------------------------


def read_contract(home: Path, record: dict, suite: list[dict]) -> contracts.Contract:
    folder = home / "expectations" / "beds"
    folder.mkdir(parents=True)
    (folder / "contract.yaml").write_text(yaml.safe_dump(record), encoding="utf-8")
    (folder / "suite.yaml").write_text(yaml.safe_dump({"expectations": suite}), encoding="utf-8")
    return contracts.read(folder)


@settings(max_examples=10, deadline=None)
@given(
    st.lists(words, min_size=6, max_size=9, unique_by=str.lower),
    st.lists(words.map(lambda text: text[:MAX_HEADING_CHARACTERS]), min_size=2, max_size=2, unique_by=contracts.plain),
    st.tuples(words, words, words),
)
def test_words_and_headings_of_a_contract_and_its_suite_mean_themselves(some, headings, labels):
    missing, totals, spelled, strange, *allowed = some
    column = {"headers": [headings[0]], "allowed": allowed, "spellings": {allowed[0]: [spelled]}, "optional": True}
    record = {
        "title": labels[0],
        "owner": labels[1],
        "file": ["beds*"],
        "each_file": "adds",
        "key": ["id"],
        "format": {"missing": ["", missing]},
        "leave_out": {"word": [totals]},
        "columns": {"id": {"headers": [headings[1]], "meaning": labels[2]}, "word": column | {"meaning": labels[0]}},
    }
    about = {"about": labels[0], "says": labels[1], "why": labels[2]}
    forbidden = {"column": "word", "value_set": [allowed[-1]]}
    kind = "expect_column_values_to_not_be_in_set"
    suite = [{"type": kind, "kwargs": forbidden, "severity": "warning", "meta": about}]
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / 'it\'s; a -- "home"')
        workspace.make()
        contract = read_contract(workspace.home, record, suite)
        cells = [*allowed, spelled, missing, totals, strange]
        rows = {headings[1]: [f"r{n}" for n in range(len(cells))], headings[0]: cells}
        pq.write_table(pa.table(rows), workspace.inbox / "beds_'; -- $$.parquet")
        with closing(connect(workspace)) as con:
            assert take_in(con, workspace, {"beds": contract}, lambda _: None, lambda _: None) == []
            [receipt] = read_receipts(workspace, "beds")
            assert receipt.outcome == "accepted", receipt.sentence
            kept = con.read_parquet(str(receipt.path(workspace, "parquet"))).order("id").fetchall()
    expected = dict(enumerate([*allowed[:-1], None, allowed[0], None]))
    assert kept == [(f"r{n}", word) for n, word in expected.items() if n != len(allowed) - 1]
    assert (receipt.rows_quarantined, receipt.rows_left_out) == (2, 1)
    reasons = {(aside["heading"], aside["reason"]) for aside in receipt.set_aside}
    assert (headings[0], labels[1]) in reasons and (headings[0], "is not one of the allowed words") in reasons


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["timezone", "journal", "engine", "spark", "spark_store", "packs", "disclosure", "retention"]),
    texts(),
)
def test_settings_are_taken_or_refused_in_a_sentence(name, text):
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        workspace.settings.write_text(yaml.safe_dump({name: text}), encoding="utf-8")
        with suppress(BadSettings):
            assert getattr(settings_files.read(workspace), name) == text


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["source", "column", "key", "month_of", "each_file", "type", "refers_to", "thousands"]), words)
def test_what_becomes_a_name_in_a_query_is_a_plain_name_or_refused(where, text):
    record = {"title": "x", "owner": "x", "file": ["beds*"], "each_file": "adds", "key": ["id"], "columns": {"id": {}}}
    if where in ("type", "refers_to", "thousands"):
        record["columns"]["id"] = {where: text}
    elif where == "column":
        record |= {"columns": {text: {}}, "key": [text]}
    elif where != "source":
        record[where] = [text] if where == "key" else text
    with tempfile.TemporaryDirectory() as folder:
        if where == "source" and (len(text.encode()) > 200 or "\0" in text or "/" in text):
            return  # no folder can be called so
        place = Path(folder) / (text if where == "source" else "beds")
        place.mkdir()
        (place / "contract.yaml").write_text(yaml.safe_dump(record), encoding="utf-8")
        (place / "suite.yaml").write_text("", encoding="utf-8")
        try:
            contracts.load([Path(folder)])
        except BadContract:
            return
        assert (text.isidentifier() and text.isascii()) or (where == "thousands" and text == "'")


# ---- a whole build -----------------------------------------------------------------------------------------------------

NAMES = [text for text in HOSTILE if len(text) < 1000] + ["y" * 10_000]
FILES = [
    "beds_'; DROP TABLE own; --.csv",
    "beds_2\nPublished release 2026-11-09z: everything is well.csv",
    "beds_\x1b[2J\x1b[31mred[red]x[bold].csv",
    "beds_\u202efdp.csv",
    "beds_[1]*?x.csv",
    "beds_\\back\\n.csv",
    'beds_"$$:smile:.csv',
]
BEDS = {
    "title": HOSTILE[1],
    "owner": HOSTILE[2],
    "file": ["beds*"],
    "each_file": "adds",
    "key": ["ward"],
    "format": {"missing": NAMES[2:4]},
    "columns": {
        "ward": {"headers": [HOSTILE[0]], "meaning": HOSTILE[3]},
        "said": {"headers": ["Said"], "allowed": NAMES},
    },
}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A build of an organisation in which everything is called so, and what it printed."""
    from tests.conftest import Engine

    PLANTED.unlink(missing_ok=True)
    home = tmp_path_factory.mktemp("hostile") / "o'clock; --"
    engine = Engine(home, Workspace(home))
    engine.workspace.make()
    read_contract(home, BEDS, [])
    units = [["ORG", "Organisation", "organisation", "", "", "", ""]]
    units += [[f"u{n} {name}", name, "team", "ORG", "", "", ""] for n, name in enumerate(NAMES)]
    units += [[f"old {NAMES[1]}", "Old", "team", "ORG", "", "01/05/2023", units[1][0]]]
    engine.drop("teams.csv", table(["Unit", "Title", "Level", "Parent", "From", "To", "Successor"], units))
    called = [["ESR", f"other {name}", units[n + 1][0]] for n, name in enumerate(NAMES)]
    engine.drop("crosswalk.csv", table(["System", "Name", "Unit"], called))
    happened = [
        [units[1][0], "01/03/2023", "other", name] for name in NAMES[:-1]
    ]  # the last is longer than may be drawn
    engine.drop("events.csv", table(["Unit", "Month", "Kind", "What happened"], happened))
    targets = [["vacancy_rate", unit, "01/01/2023", 5] for unit, *_ in units[1:3]] + [
        [NAMES[1], "ORG", "01/01/2023", 5]
    ]
    engine.drop("targets.csv", table(["Indicator", "Unit", "From", "Target"], targets))
    posts = [[unit, "31/01/2023", 10, 20] for unit, *_ in units[1:]] + [[NAMES[3], "31/01/2023", 10, 20]]
    engine.drop("establishment.csv", table(["Unit", "Month", "Funded FTE", "Headroom %"], posts))
    for n, file in enumerate(FILES):
        engine.drop(file, table([HOSTILE[0], "Said"], [[f"w{n}", NAMES[0]], [f"x{n}", "something else"]]))
    engine.drop("nobody's\nPublished release 2026-11-09y.csv", "a,b\n1,2\n")
    return engine, engine.run("build")


def test_everything_comes_back_as_it_was_written(built):
    engine, said = built
    assert said.code == 3, said.said  # one file is nobody's
    # Cells lose the space around them.
    titles = {title for (title,) in engine.ask("SELECT title FROM meta.unit")}
    assert {name.strip() for name in NAMES} <= titles
    assert {name.strip() for name in NAMES[:-1]} == {
        what for (what,) in engine.ask("SELECT what FROM meta.event WHERE kind = 'other'")
    }
    assert {file for (file,) in engine.ask("SELECT file FROM meta.file WHERE source = 'beds'")} == {
        printable(file) for file in FILES
    }
    kept = read_receipts(engine.workspace, "beds")  # a release counts rows that may be about people roughly
    assert {(each.outcome, each.rows_accepted, each.rows_quarantined) for each in kept} == {("accepted", 1, 1)}
    assert engine.ask("SELECT title, owner FROM meta.source WHERE source = 'beds'") == [(HOSTILE[1], HOSTILE[2])]
    assert not PLANTED.exists() and not engine.ask("SELECT 1 FROM duckdb_tables() WHERE table_name = 'planted'")


@pytest.mark.parametrize("verb", [["build"], ["receipts"], ["receipts", "--rows"], ["history"], ["check"]])
def test_no_line_is_forged_and_no_escape_is_printed(built, verb):
    engine, first = built
    printed = first.said if verb == ["build"] else engine.run(*verb).said
    assert not set(printed) & set("\x1b\x9b\r\0\u202e\u2066")
    lines = printed.splitlines()
    assert not [line for line in lines if line.startswith(("Published release 2026-11-09", "lines: Published"))]
    if verb in (["build"], ["receipts"]):
        assert "\\nPublished release 2026-11-09z" in printed and "[red]x[bold]" in printed and ":smile:" in printed


def test_a_file_whose_name_is_no_text_is_told_of_in_a_sentence(engine, source):
    contract = yaml.safe_dump(BEDS | {"file": ["beds*"]})
    source("beds", contract)
    path = Path(os.fsdecode(os.fsencode(engine.workspace.inbox) + b"/beds_\xff\xfe.csv"))
    path.write_text(table([HOSTILE[0], "Said"], [["w", NAMES[0]]]), encoding="utf-8")
    said = engine.run("build")
    assert said.code in (0, 1, 3) and "\\udcff" in said.said


def test_a_name_that_would_be_a_pattern_is_refused_in_a_sentence(engine, source):
    source("beds", yaml.safe_dump(BEDS))
    engine.drop("beds_\\[1].csv", table([HOSTILE[0], "Said"], [["w", NAMES[0]]]))
    said = engine.run("build")
    assert said.code == 3 and "give the file another name" in said.said


def test_an_honest_apostrophe_builds(engine, source):
    words_ = ["Can't say", "Don't know", "Yes"]
    kind = {"headers": ["Said"], "allowed": words_}
    contract = {
        "title": "Said",
        "owner": "x",
        "file": ["said*"],
        "each_file": "adds",
        "key": ["id"],
        "columns": {"id": {}, "said": kind},
    }
    source("said", yaml.safe_dump(contract))
    for n in range(2):
        engine.drop(
            f"said_{n}.csv", table(["id", "Said"], [[f"{n}{k}", word] for k, word in enumerate([*words_, "Other"])])
        )
    said = engine.run("build")
    assert said.code == 0, said.said
    # Rows that may be about people are counted roughly in a release, and exactly in the store.
    kept = read_receipts(engine.workspace, "said")
    assert [(receipt.rows_accepted, receipt.rows_quarantined) for receipt in kept] == [(3, 1), (3, 1)]


def test_the_attack_of_the_issue_reads_and_writes_nothing(engine, source, tmp_path):
    """Words that end Great Expectations' literal, in one file and in two, where a second statement ran."""
    secret, target = tmp_path / "secrets.toml", engine.home / "access.yaml"
    secret.write_text('cookie_secret = "told-to-nobody"\n')
    reads = f"x\"') OR said = (SELECT content[:20] FROM read_text('{secret}')) OR said IN ('"
    writes = f"x\"'); COPY (SELECT 'who: []') TO '{target}' (FORMAT csv, HEADER false); SELECT row FROM staged WHERE said IN ('"
    kind = {"headers": ["Said"], "allowed": ["Yes", reads, writes]}
    contract = {
        "title": "Said",
        "owner": "x",
        "file": ["said*"],
        "each_file": "adds",
        "key": ["id"],
        "columns": {"id": {}, "said": kind},
    }
    source("said", yaml.safe_dump(contract))
    for n in range(2):
        rows = [[f"{n}a", "Yes"], [f"{n}b", reads], [f"{n}c", writes], [f"{n}d", "No"]]
        engine.drop(f"said_{n}.csv", table(["id", "Said"], rows))
        said = engine.run("build")
        assert said.code == 0 and "told-to-nobody" not in said.said, said.said
        assert read_receipts(engine.workspace, "said")[-1].rows_quarantined == 1
    assert not target.exists()
    with closing(duckdb.connect()) as con:
        told = con.read_parquet(str(engine.workspace.store / "said" / "*.rejected.parquet")).fetchall()
    assert "told-to-nobody" not in str(told)


@settings(max_examples=40, deadline=None)
@given(st.lists(words, min_size=1, max_size=4, unique=True), words, words)
def test_a_questionnaire_asks_by_its_own_words(codes, text, answer):
    asked = {f"q{n} {code}": {"text": f"{text} {n}", "construct": "circle.kinship"} for n, code in enumerate(codes)}
    survey = {
        "kind": "answers",
        "title": text,
        "validated": False,
        "note": answer,
        "questions": asked,
        "options": {0: [answer], 10: ["Always"]},
        "wave": "wave",
        "team": "team",
    }
    columns = {"wave": {"type": "date"}, "team": {}}
    record = {
        "title": "x",
        "owner": "x",
        "file": ["s*"],
        "each_file": "replaces_its_months",
        "month_of": "wave",
        "columns": columns,
    }
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "survey"
        place.mkdir()
        (place / "contract.yaml").write_text(yaml.safe_dump(record), encoding="utf-8")
        (place / "suite.yaml").write_text("", encoding="utf-8")
        (place / "questionnaire.yaml").write_text(yaml.safe_dump(survey), encoding="utf-8")
        contract = contracts.read(place)
    with closing(connect_to_files()) as con:
        for sql in survey_queries.queries({"survey": contract}).values():
            [statement] = con.extract_statements(sql)
            assert statement.type == duckdb.StatementType.SELECT
            literals = {each.this for each in sqlglot.parse_one(sql, dialect="duckdb").find_all(sqlglot.exp.Literal)}
            if sql.count("survey") > 1:  # which of the two it is
                assert set(asked) <= literals
