"""Answer-sheets as survey tools export them: one, two or three heading rows, words or numbers, and nothing of a person."""

import datetime as dt

import duckdb
import pytest

from etl.config import contracts
from etl.intake.headings import headings_of
from etl.paths import EXPECTATIONS
from tests.conftest import Engine, table

ASKED = contracts.load([EXPECTATIONS])["survey_answers"]
CODES = [question.code for question in ASKED.questionnaire.questions]
WORDING = [question.text for question in ASKED.questionnaire.questions]
CONSTRUCTS = {question.construct for question in ASKED.questionnaire.questions}
MARKS = [f'{{"ImportId":"QID{number}"}}' for number in range(26)]
TEAMS = "Unit,Title,Level,Parent,From,To,Successor\nNMC,Northmere,Trust,,,,\nT01,Alder Ward,Team,NMC,,,\nT02,Elm Ward,Team,NMC,,,\n"
WAVES = "Team,Opened,Closed,Eligible\nT01,07/09/2026,28/09/2026,{alder}\nT02,07/09/2026,28/09/2026,20\n"
SECRET = "81.2.69.142"


def sheets(count: int, team: str = "T01", answer: str = "Agree") -> list[list[str]]:
    """Every other one says neither: where all alike agree, or none does, nothing is told."""
    return [[team, "2026-09", *[answer if number % 2 == 0 else "Neither"] * 24] for number in range(count)]


def drop(engine: Engine, answers: str, name: str = "survey_answers_2026-09.csv", alder: int = 20, waves: bool = True):
    engine._clock = max(engine._clock, int(dt.datetime(2026, 10, 2).timestamp()))
    engine.workspace.synthetic.write_text("made up\n", encoding="utf-8")
    engine.drop("teams.csv", TEAMS)
    if waves:
        engine.drop("survey_waves.csv", WAVES.format(alder=alder))
    engine.drop(name, answers)
    return engine.run("build", "--as-of", "2026-10-05")


def scores(engine: Engine, unit: str = "T01") -> dict[str, float]:
    return dict(
        engine.ask(
            "SELECT indicator, value FROM mart.value "
            "WHERE unit = ? AND shown = 'yes' AND indicator LIKE '%.%' AND NOT suffix(indicator, 'agree')",
            unit,
        )
    )


AS_EXPORTED = {
    "codes": [["Team", "Wave", *CODES]],
    "wording": [["Which team do you work in?", "Survey wave", *WORDING]],
    "wording, then Response": [["Your team", "Wave", *WORDING], ["Response"] * 26],
    "a question over all, then wording": [["", "", "How far do you agree?", *[""] * 23], ["Team", "Wave", *WORDING]],
    "codes, wording, marks": [["Q1", "Q2", *[f"Q3_{n}" for n in range(24)]], ["Team", "Wave", *WORDING], MARKS],
    "our codes, their wording, marks": [["Team", "Wave", *CODES], ["", "", *["Say how far you agree"] * 24], MARKS],
}  # fmt: skip


@pytest.mark.parametrize("rows", AS_EXPORTED.values(), ids=AS_EXPORTED)
def test_one_two_or_three_heading_rows_are_understood(rows):
    data = sheets(2)
    headings, before = headings_of([*rows, *data], ASKED)
    if rows is AS_EXPORTED["our codes, their wording, marks"]:
        headings, before = headings_of(
            [rows[0], rows[2], *data], ASKED
        )  # foreign wording between them is no heading of ours
        assert before == 2
    else:
        assert before == len(rows)
    assert sorted(map(contracts.plain, headings[2:])) in (
        sorted(map(contracts.plain, CODES)), sorted(map(contracts.plain, WORDING)),
    )  # fmt: skip


def test_an_answer_sheet_is_never_taken_for_a_heading():
    strange = ["T01", "2026-09", *["Somewhat agree"] * 24]
    assert headings_of([["Team", "Wave", *CODES], strange, *sheets(3)], ASKED)[1] == 1
    empty = ["T01", "2026-09", *[""] * 24]
    assert headings_of([["Team", "Wave", *CODES], empty, *sheets(3)], ASKED)[1] == 1


def test_three_heading_rows_numbers_and_what_nobody_may_load(engine):
    more = ["ResponseId", "IPAddress", "StartDate", "Device", "RecipientEmail", "Comment"]
    headings = [
        [*more, "Q1", *[f"Q3_{n}" for n in range(24)]],
        [*more, "Which team do you work in?", *WORDING],
        [f'{{"ImportId":"a{number}"}}' for number in range(31)],
    ]
    private = ["R_2x8", SECRET, "2026-09-08 09:01:17", "Phone", "a.b@example.org", "They know\nwho I am"]
    answers = [[*private, "Alder Ward", *[answer] * 24] for answer in "43" * 6]
    ran = drop(engine, table(headings[0], [*headings[1:], *answers]), "kindness_survey_2026-09.csv")
    assert ran.code == 0, ran.said
    assert engine.file("kindness_survey_2026-09.csv")["sentence"] == "All of about 10 rows accepted."  # of 12
    found = scores(engine)
    assert len(found) == 19
    assert (
        found["circle.attunement"] == 6.3 and found["hinders.society"] == 3.8 and found["circle.kinship"] == 5
    )  # one item reversed
    kept = [path.read_bytes() for path in engine.workspace.store.rglob("*") if path.is_file()]
    kept += [path.read_bytes() for path in engine.workspace.releases.rglob("*") if path.is_file()]
    for private_text in ("81.2.69", "R_2x8", "09:01:17", "Phone", "example.org", "who I am", "IPAddress", "ResponseId"):
        assert not [content for content in kept if private_text.encode() in content]
    [path] = (engine.workspace.store / "survey_answers").glob("*.parquet")
    columns = [row[0] for row in duckdb.sql(f"DESCRIBE FROM '{path}'").fetchall()]
    assert set(columns) == {"team", "wave", "month", "unknown_team", "unread_wave", *(code.lower() for code in CODES)}


def test_eleven_answers_are_shown(engine):
    drop(engine, table(["Team", "Wave", *CODES], sheets(11)))
    assert len(scores(engine)) == 19


def test_ten_answers_are_not_shown_nor_what_would_give_them_away(engine):
    rows = [*sheets(11), *sheets(10, "T02", "Strongly agree")]
    drop(engine, table(["Team", "Wave", *CODES], rows))
    assert scores(engine) == {} and scores(engine, "T02") == {} and len(scores(engine, "NMC")) == 19
    assert engine.ask("SELECT DISTINCT shown FROM mart.value WHERE unit = 'T02' AND indicator LIKE 'circle.%'") == [
        ("protected",)
    ]
    assert engine.ask("SELECT unit FROM mart.wave ORDER BY unit") == [("NMC",)]
    assert engine.ask("SELECT count(*) FROM mart.score WHERE unit = 'T02'") == [(0,)]


def test_an_item_with_fewer_than_eleven_answers_hides_its_part_of_the_survey(engine):
    rows = sheets(14)
    for row in rows[:4]:
        row[2 + CODES.index("C02")] = "Can't say / not my work"
    drop(engine, table(["Team", "Wave", *CODES], rows))
    assert {name.partition(".")[0] for name in scores(engine)} == {"hinders", "helps"} and len(scores(engine)) == 12


@pytest.mark.parametrize("count", [10, 11])
def test_a_sheet_with_fewer_than_half_its_answers_does_not_count(engine, count):
    half, less = ["Agree"] * 12 + [""] * 12, ["Agree"] * 11 + ["Not my work"] * 13
    rows = [["T01", "2026-09", *half]] * count + [["T01", "2026-09", *less]] * 10
    drop(engine, table(["Team", "Wave", *CODES], rows))
    assert set(scores(engine)) == {name for name in CONSTRUCTS if name.startswith("circle.") and count == 11}


def test_the_response_is_told_in_a_band_and_low_ones_with_caution(engine):
    answers = table(["Team", "Wave", *CODES], sheets(12))
    drop(engine, answers, alder=20)
    assert engine.ask("SELECT response, caution FROM mart.wave WHERE unit = 'T01'") == [("60 % or more", False)]
    assert engine.ask("SELECT response, caution FROM mart.wave WHERE unit = 'NMC'") == [
        ("25 to 39 %", True)
    ]  # 12 of 40
    drop(engine, answers, alder=31)
    assert engine.ask("SELECT response, caution FROM mart.wave WHERE unit = 'T01'") == [("25 to 39 %", True)]


def test_nothing_of_a_wave_is_shown_before_it_is_over(engine):
    answers = table(["Team", "Wave", *CODES], sheets(12))
    drop(engine, answers)
    assert len(scores(engine)) == 19
    engine.run("build", "--as-of", "2026-09-28")
    assert scores(engine) == {} and engine.ask("SELECT count(*) FROM mart.wave") == [(0,)]


def test_an_export_made_while_the_wave_was_open_is_not_shown_later_either(engine):
    drop(engine, table(["Team", "Wave", *CODES], sheets(12)))
    assert len(scores(engine)) == 19
    engine._clock = int(dt.datetime(2026, 9, 20).timestamp())
    engine.drop("survey_answers_2026-09.csv", table(["Team", "Wave", *CODES], sheets(13)))
    engine.run("build", "--as-of", "2026-10-05")
    assert scores(engine) == {}


def test_a_wave_that_nobody_announced_waits_and_says_so(engine):
    drop(engine, table(["Team", "Wave", *CODES], sheets(12)), waves=False)
    assert scores(engine) == {}
    assert engine.ask("SELECT source, name, rows FROM meta.unknown_name") == [
        ("survey_answers", "wave 2026-09, not in survey_waves", 10)  # of 12
    ]
    engine.drop("survey_waves.csv", WAVES.format(alder=20))
    engine.run("build", "--as-of", "2026-10-05")
    assert len(scores(engine)) == 19


def test_a_wave_sent_again_stays_as_it_was_told_unless_it_is_restated(engine):
    """Two releases of one wave would tell of those who make the difference (R9)."""
    drop(engine, table(["Team", "Wave", *CODES], sheets(12)))
    assert engine.ask("SELECT count(*) FROM mart.score WHERE unit = 'T01'") == [(19,)]
    engine.drop(
        "survey_answers_2026-09_corrected.csv", table(["Team", "Wave", *CODES], sheets(16, answer="Strongly agree"))
    )
    engine.run("build", "--as-of", "2026-10-05")
    assert scores(engine)["circle.attunement"] == 6.3
    assert engine.ask("SELECT count(*) FROM mart.score WHERE unit = 'T01'") == [(0,)]
    (engine.home / "settings.yaml").write_text("disclosure: {restate: [2026-09]}\n", encoding="utf-8")
    engine.run("build", "--as-of", "2026-10-05")
    assert scores(engine)["circle.attunement"] == 7.5
    assert engine.ask("SELECT count(*) FROM mart.score WHERE unit = 'T01'") == [(19,)]


def test_two_surveys_that_close_together_are_never_mixed(engine, source):
    source(
        "pulse",
        "title: Pulse\nowner: People team\nfile: pulse*\neach_file: replaces_its_months\nkey: []\nmonth_of: wave\ncolumns:\n"
        "  team: {headers: Team, refers_to: teams, meaning: Where.}\n"
        "  wave: {headers: Wave, type: date, format: '%Y-%m', meaning: When.}\n",
    ).joinpath("questionnaire.yaml").write_text(
        "kind: answers\ntitle: Pulse\nvalidated: false\nnote: Short.\noptions: {0: 'no', 10: 'yes'}\nquestions:\n"
        "  K: {construct: circle.kinship, text: Kin}\n",
        encoding="utf-8",
    )
    engine._clock = int(dt.datetime(2026, 10, 1).timestamp())
    engine.drop(
        "pulse.csv", table(["Team", "Wave", "K"], [["T01", "2026-09", "yes"]] * 18 + [["T01", "2026-09", "no"]] * 12)
    )
    ran = drop(engine, table(["Team", "Wave", *CODES], sheets(12)))
    assert ran.code == 0, ran.said
    assert scores(engine) == {"circle.kinship": 6}
    assert engine.ask("SELECT DISTINCT survey FROM mart.wave") == [("pulse",)]
    assert engine.ask("SELECT answer, share FROM mart.answer") == []  # nobody in between
    engine.drop(
        "pulse.csv", table(["Team", "Wave", "K"], [["T01", "2026-09", "yes"]] * 26 + [["T01", "2026-09", "no"]] * 4)
    )
    (engine.home / "settings.yaml").write_text("disclosure: {restate: [2026-09]}\n", encoding="utf-8")
    engine.run("build", "--as-of", "2026-10-05")
    assert scores(engine) == {}  # 8.7 of yes and no is four who say no


WRONG = {
    "kind: results\n": "lacks note, questions, title, validated",
    "kind: results\ntitle: T\nvalidated: false\nnote: N\nquestions: {C01: {construct: circle.kinship, text: K}}\n": (
        "they need published: true"
    ),
    "kind: guesses\n": "expected kind, one of answers, results",
    "kind: answers\ntitle: T\nvalidated: false\nnote: N\noptions: {0: a, 5: b}\nquestions: {K: {construct: circle.kinship, text: K}}\n": (
        "options must reach from 0 to 10"
    ),
    "kind: answers\ntitle: T\nvalidated: false\nnote: N\noptions: {0: a, 10: b}\nquestions: {K: {construct: kinship, text: K}}\n": (
        "construct of question K is 'kinship'"
    ),
    "kind: answers\ntitle: T\nvalidated: false\nnote: N\noptions: {0: a, 10: b}\nquestions: {K: {text: K}}\n": (
        "question K needs its text and construct"
    ),
    "kind: answers\ntitle: T\nvalidated: perhaps\nnote: N\nquestions: {K: {construct: circle.kinship, text: K}}\n": (
        "validated is 'perhaps'"
    ),
    "kind: [\n": "is not readable YAML",
}


@pytest.mark.parametrize(("text", "sentence"), WRONG.items(), ids=WRONG.values())
def test_a_wrong_questionnaire_is_refused_in_a_sentence(engine, source, text, sentence):
    folder = source("pulse", (EXPECTATIONS / "survey_answers" / "contract.yaml").read_text(encoding="utf-8"))
    (folder / "questionnaire.yaml").write_text(text, encoding="utf-8")
    ran = engine.run("check")
    assert ran.code == 1 and sentence in " ".join(ran.said.split())


def test_a_questionnaire_may_name_no_person(engine, source):
    contract = (EXPECTATIONS / "survey_answers" / "contract.yaml").read_text(encoding="utf-8")
    folder = source("pulse", contract + "  who: {headers: [Staff Number], person: true, meaning: Who.}\n")
    (folder / "questionnaire.yaml").write_text(
        (EXPECTATIONS / "survey_answers" / "questionnaire.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    ran = engine.run("check")
    assert ran.code == 1 and "answers are never linked to people" in " ".join(ran.said.split())


def test_a_file_whose_name_says_no_month_says_what_is_wanting(engine):
    answers = table(["Team", *CODES], [[row[0], *row[2:]] for row in sheets(12)])
    drop(engine, answers, "survey_answers_2026-19.csv")
    assert "its name says 2026-19 for wave, which is no date" in engine.file("survey_answers_2026-19.csv")["sentence"]
    drop(engine, answers + ",".join(["T02"] * 25) + "\n", "survey_answers_autumn.csv")
    assert "or the file's name may say it" in engine.file("survey_answers_autumn.csv")["sentence"]
