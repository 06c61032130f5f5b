"""What leaders write, and what reaches the analyst: the pages of the journal, run without a browser."""

import datetime as dt
import re
import sqlite3
from urllib.parse import parse_qs

import pytest
import streamlit as st

from pages.parts.conversation import answering, before_and_since
from pages.parts.indicator import questions
from pages.parts.journal import connection, notes, session, sheets
from pages.parts.shell import pages
from tests.app import small_release
from tests.app.conftest import datasets, headings, html_of, links, nothing_written, opener, words_on
from tests.app.journal_writers import SEEN
from tests.conftest import staffing, staffing_row

TRYING, ASKED, QUALITY = pages.of("trying").path, pages.of("asked").path, pages.of("quality").path
INDICATOR = pages.of("indicator").path
JUNE, NOVEMBER = dt.date(2026, 6, 10), dt.date(2026, 11, 23)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("journal")
    small_release.build(folder)
    return folder


@pytest.fixture
def home(workspace, monkeypatch):
    """The workspace with nothing written in it yet, in the month in which its release was built."""
    nothing_written(workspace)
    monkeypatch.setattr(session, "today", lambda: JUNE)
    return workspace


@pytest.fixture
def open_page(home, monkeypatch):
    opened = opener(home, monkeypatch)

    def newly_opened(*page, **address):
        session.notes_of.clear()  # which remembers for a while what this process has not written through a page
        return opened(*page, **address)

    return newly_opened


def press(test, label):
    return next(button for button in test.button if button.label == label).click().run()


def box(test, label):
    return next(each for each in [*test.selectbox, *test.multiselect, *test.text_input] if each.label == label)


def warnings(test) -> str:
    return " ".join(each.value.replace("\\", "") for each in test.warning)


def write(test, words="keep team time on Thursdays", help="team", signals=("sickness_rate",), i=1):
    box(test, f"{i}. We will …").set_value(words)
    box(test, f"{i}. Which help it is").set_value(help)
    box(test, f"{i}. Signals we hope to move").set_value(list(signals))
    return press(test, "Keep the sheet")


def begun(unit="larch", today=dt.date(2026, 2, 10), signals=("sickness_rate",), review=dt.date(2026, 5, 1)):
    thing = sheets.Thing("keep team time", "team", signals)
    sheets.begin(unit, [thing], review, "leader", today)


# ---- sheets --------------------------------------------------------------------------------------------------------


def test_a_unit_that_tries_nothing_says_so_and_how_to_begin(open_page):
    test = open_page(TRYING, unit="larch")
    said = words_on(test)
    assert headings(test, 1)[0] == "What are we trying in Larch Ward?"
    assert "Nothing is being tried on purpose just now" in said
    assert "Sickness absence. Eight months in a row above this team’s own average" in said.replace("**", "")
    assert [button.label for button in test.button] == ["Begin a sheet"]


def test_a_sheet_is_written_kept_and_read_by_the_level_above(open_page, home):
    test = write(press(open_page(TRYING, unit="larch"), "Begin a sheet"))
    said = words_on(test)
    assert "One thing, since June 2026. We look back in August 2026." in said
    assert "We will **keep team time on Thursdays**" in said and "We hope to move: sickness absence" in said
    assert "Write about conditions, never about a person" in said
    assert [badge.value for badge in test.get("markdown") if "violet-badge" in badge.value]
    assert "No month since June 2026 is settled yet; the newest is April 2026." in said
    assert not test.get("vega_lite_chart")
    above = open_page(TRYING, unit="AC")
    assert "Larch Ward" in [link.proto.label for link in above.get("page_link")]
    assert "One thing, since June 2026. We look back in August 2026." in words_on(above)
    assert "None of the 4 units below has an open sheet" in words_on(open_page(TRYING, unit="CC"))
    [sheet] = sheets.of(["larch"])
    assert sheet.now.author == "demonstration" and sheet.now.things[0].signals == ("sickness_rate",)


def test_what_has_changed_is_offered_first_as_a_signal(open_page):
    test = press(open_page(TRYING, unit="larch"), "Begin a sheet")
    assert box(test, "1. Signals we hope to move").options[:3] == [
        "Rota lead time (has changed)", "Sickness absence (has changed)", "Shifts filled",
    ]  # fmt: skip
    assert len(box(test, "1. Which help it is").options) == 5
    assert box(test, "We look back in").options == ["July 2026", "August 2026", "September 2026"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"words": "ask Dr Okafor"}, "leave out the name"),
        ({"words": "a.b@c.example"}, "leave out the e-mail address"),
        ({"help": None}, "Thing 1, which help: choose one."),
        ({"signals": ()}, "Thing 1: choose the signals it hopes to move"),
    ],
)
def test_what_may_not_be_kept_is_said_and_the_words_stay(open_page, given, said):
    test = write(press(open_page(TRYING, unit="larch"), "Begin a sheet"), **given)
    assert said in warnings(test) and sheets.of(["larch"]) == []
    assert box(test, "1. We will …").value == given.get("words", "keep team time on Thursdays")
    assert box(test, "1. We will …").proto.max_chars == 140


def test_a_sheet_is_changed_looked_back_on_and_closed_and_all_of_it_stays(open_page):
    test = write(press(open_page(TRYING, unit="larch"), "Begin a sheet"))
    test = write(press(test, "Change it"), "ask the bank desk first", "services", ("fill_rate",), i=2)
    assert "Two things, since June 2026" in words_on(test)
    test = press(test, "Look back")
    assert len(test.get("vega_lite_chart")) == 2
    test = press(test, "It goes on as it is")
    assert "Looked back, and goes on" in words_on(test)
    test = press(press(test, "Look back"), "Close the sheet")
    assert "What came of it: choose one." in warnings(test)
    test.radio[0].set_value("no_change")
    test = press(test, "Close the sheet")
    assert "Nothing is being tried on purpose just now" in words_on(test)
    assert "June 2026 to " in test.expander[0].label and "Nothing beyond what chance explains" in test.expander[0].label
    table = test.dataframe[0].value
    assert list(table["What happened"]) == [
        "Looked back, and closed", "Looked back, and goes on", "Changed", "Begun",
    ]  # fmt: skip
    assert table["What we try"].iloc[-1] == "keep team time on Thursdays" and set(table["By"]) == {
        "a reader of the demonstration"
    }


def test_leaving_keeps_nothing(open_page):
    test = press(open_page(TRYING, unit="larch"), "Begin a sheet")
    box(test, "1. We will …").set_value("keep team time")
    assert "Nothing is being tried" in words_on(press(test, "Leave it as it was")) and sheets.of(["larch"]) == []


def test_what_is_begun_in_one_unit_is_not_written_in_another(open_page):
    test = press(open_page(TRYING, unit="larch"), "Begin a sheet")
    test.selectbox(key="filter_unit").set_value("AC").run()
    assert not [each for each in test.text_input if "We will" in each.label]


def test_who_is_overtaken_sees_both_and_may_keep_theirs(open_page):
    begun()
    test = press(open_page(TRYING, unit="larch"), "Change it")
    [sheet] = sheets.of(["larch"])
    theirs = sheets.Thing("what somebody else wrote", "team", ("fill_rate",))
    sheets.change("larch", sheet, [theirs], dt.date(2026, 5, 1), "leader", JUNE)
    box(test, "We look back in").set_value(dt.date(2026, 8, 1))
    test = write(test, "what I wrote")
    assert "Somebody has changed this sheet meanwhile" in warnings(test)
    assert "We will **what somebody else wrote**" in words_on(test)
    assert box(test, "1. We will …").value == "what I wrote" and len(sheets.of(["larch"])[0].versions) == 2
    test = press(test, "Keep the sheet")
    assert "We will **what I wrote**" in words_on(test)
    assert [version.things[0].words for version in sheets.of(["larch"])[0].versions] == [
        "keep team time", "what somebody else wrote", "what I wrote",
    ]  # fmt: skip


def test_when_it_is_time_to_look_back_the_charts_come_with_the_start_marked(open_page):
    begun()
    test = open_page(TRYING, unit="larch")
    said = words_on(test)
    assert "It is time to look back: that was agreed for May 2026" in said
    assert "Before: 4.2" in said and "Since February 2026: " in said and "in 3 settled months" in said
    assert "Eight months in a row above this team’s own average" in said
    assert "We began in February 2026.</p>" in html_of(test)
    held = datasets(test)
    assert held["chosen"] == [{"month": "2026-02-01T00:00:00Z", "what": "we began"}]
    assert {point["segment"] for point in held["limits"]} == {"0"}  # nothing begins afresh at the start
    test.toggle[0].set_value(False).run()
    assert not test.get("vega_lite_chart")


def test_limits_that_began_afresh_on_the_way_are_said_to_have(open_page):
    begun(today=dt.date(2025, 1, 10), signals=("fill_rate",), review=dt.date(2025, 4, 1))
    said = words_on(open_page(TRYING, unit="larch"))
    assert "Average and limits have begun afresh on the way" in said and "① February 2025: eight beds opened" in said


def test_before_and_since_are_spans_of_settled_months():
    def row(month, value, settled=True):
        return {"month": dt.date(2026, month, 1), "value": value, "settled": settled, "segment": 0 if settled else None}

    now = {"shown": "yes", "settled": True, "limits": "given", "rule": None, "month": dt.date(2026, 4, 1)}
    series = [row(1, 5.0), row(2, 4.5), row(3, None), row(4, 4.0), row(5, 9.9, settled=False)]
    said = before_and_since.in_words(series, dt.date(2026, 3, 1), "%", now, "team")
    assert said.replace("\u00a0", " ") == (
        "Before: 4.5 to 5.0 % in 2 settled months. Since March 2026: 4.0 % in 1 settled month. "
        "Within the range that chance explains."
    )


def test_a_signal_that_no_release_has_any_more_is_said_to_have_gone(open_page):
    begun(signals=("an_older_one", "sickness_rate"))
    said = words_on(open_page(TRYING, unit="larch"))
    assert "an_older_one: no longer among the numbers of this release" in said and "could not be drawn" not in said


# ---- notes ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def dialogs_open(monkeypatch):
    """Both dialogs, drawn within the page: AppTest draws a whole page anew where a browser draws the dialog."""

    def opened(view, rows):
        if view.unit["unit"] == "larch":
            questions.question(view, rows["sickness_rate"])

    def offer(view, row):
        questions.event(view, row)
        waiting(view, row)

    waiting = questions.offer
    monkeypatch.setattr(questions, "opened", opened)
    monkeypatch.setattr(questions, "offer", offer)


def asked_of(test) -> dict[str, str]:
    """indicator → what its card says of questions"""
    found = [(parse_qs(link.query_string), link.label) for link in links(test)]
    return {asked["doubt"][0]: label for asked, label in found if "doubt" in asked}


def doubt(test, why="too_high", words=""):
    box(test, "What looks wrong").set_value(why)
    box(test, "In a few words, if it needs any").set_value(words)
    return press(test, "Tell the analyst")


@pytest.mark.usefixtures("dialogs_open")
def test_looks_wrong_reaches_the_analyst_and_the_answer_comes_back(open_page):
    test = open_page(unit="larch")
    assert asked_of(test)["sickness_rate"] == "Looks wrong?"
    test = doubt(test, words="Two posts are counted twice")
    assert "Asked " in asked_of(test)["sickness_rate"]
    assert "1 question of readers to answer" in [link.proto.label for link in open_page(QUALITY).get("page_link")]
    test = open_page(ASKED)
    said = words_on(test)
    assert "This needs you: 1 number looks wrong to a reader." in said
    assert (
        "Sickness absence, Larch Ward" in said
        and "April 2026: 7.08 % · seen in release 2026-06-09a" in said.replace("\u00a0", " ")
    )
    assert "It looks too high: Two posts are counted twice" in said
    link = test.get("page_link")[-1].proto
    assert "unit=larch" in link.query_string and "indicator=sickness_rate" in link.query_string
    assert "Answer: choose one." in warnings(press(test, "Answer"))
    box(test, "Answer").set_value("right")
    box(test, "In a few words, if it needs any").set_value("The payroll says the same")
    test = press(test, "Answer")
    assert "Nothing needs you" in words_on(test) and "Nothing waits for an answer" in words_on(test)
    test.selectbox(key="status").set_value("Answered").run()
    assert "The number is right. The payroll says the same" in words_on(test).replace("**", "")
    test = open_page(unit="larch")
    assert "Answered " in asked_of(test)["sickness_rate"]
    assert "The number is right. The payroll says the same" in words_on(test).replace("**", "")


@pytest.mark.usefixtures("dialogs_open")
def test_a_question_about_a_person_is_not_kept(open_page):
    test = doubt(open_page(unit="larch"), why="other", words="Nurse Jones was away")
    assert "leave out the name" in warnings(test) and notes.of(["larch"]) == []


def test_nothing_is_asked_of_a_number_that_is_not_shown(open_page):
    asked = asked_of(open_page(unit="larch")).keys()
    assert "sickness_rate" in asked and not asked & {"stress_share", "thinking"}


def proposed(open_page, words="Moved to the new building", month=dt.date(2026, 3, 1)):
    test = open_page(INDICATOR, unit="larch", indicator="fill_rate")
    box(test, "From which month").set_value(month)
    box(test, "What kind").set_value("move")
    box(test, "What happened").set_value(words)
    return press(test, "Propose it")


def answered(test, outcome, rebase=""):
    box(test, "Answer").set_value(outcome)
    box(test, "Begin average and limits afresh").set_value(rebase)
    return press(test, "Answer")


@pytest.mark.usefixtures("dialogs_open")
def test_an_event_is_proposed_and_waits_below_its_chart(open_page, home):
    test = proposed(open_page)
    assert "waiting for the analyst: March 2026: Moved to the new building" in words_on(test)
    assert not list((home).glob("inbox/*"))


@pytest.mark.usefixtures("dialogs_open")
def test_an_event_that_is_accepted_lies_in_the_inbox_as_an_extract(open_page, home):
    proposed(open_page)
    test = answered(open_page(ASKED), "accepted", "one")
    assert "Nothing needs you" in words_on(test)
    [note] = notes.of(["larch"])
    [file] = (home / "inbox").iterdir()
    assert file.name == f"written_events_{note.id}.csv"
    assert file.read_text(encoding="utf-8").splitlines() == [
        "Unit,Month,Kind,What happened,Re-base",
        "larch,01/03/2026,move,Moved to the new building,fill_rate",
    ]
    assert "waiting for the analyst" not in words_on(open_page(INDICATOR, unit="larch", indicator="fill_rate"))


@pytest.mark.usefixtures("dialogs_open")
def test_where_the_inbox_is_shut_nothing_is_answered_and_the_event_can_be_taken_as_a_file(open_page, home):
    proposed(open_page)
    (home / "inbox").rmdir()
    (home / "inbox").write_text("not a folder", encoding="utf-8")
    test = answered(open_page(ASKED), "accepted")
    assert "The inbox cannot be written to from here" in warnings(test) and notes.of(["larch"])[0].open
    assert "This event (CSV)" in [button.proto.label for button in test.get("download_button")]
    answered(test, "listed")
    assert not notes.of(["larch"])[0].open


@pytest.mark.usefixtures("dialogs_open")
def test_an_event_that_is_declined_leaves_no_file(open_page, home):
    proposed(open_page)
    answered(open_page(ASKED), "declined")
    assert list((home / "inbox").iterdir()) == [] and not notes.of(["larch"])[0].open


def test_an_accepted_event_is_drawn_by_the_next_build(engine, monkeypatch):
    monkeypatch.setenv("KINSHIP_HOME", str(engine.home))
    april = dt.date(2021, 4, 1)
    notes.propose(notes.Seen("Larch", "fill_rate", april, SEEN.release), "rota change", "Longer shifts began", "leader")
    answering.into_inbox(notes.of(["Larch"])[0], "fill_rate")
    months = [f"01/{number % 12 + 1:02}/{2020 + number // 12}" for number in range(30)]
    fill = [(90 if number < 15 else 100) + (-1) ** number for number in range(30)]
    rows = [staffing_row("Larch", month, [100, held, *[0] * 6]) for month, held in zip(months, fill, strict=True)]
    engine.drop("staffing_return.csv", staffing(*rows))
    engine.drop("events.csv", "Unit,Month,Kind,What happened\nLarch,01/02/2022,other,The roof was mended\n")
    assert engine.run("build").code == 0
    assert engine.ask("SELECT month, kind, what FROM meta.event WHERE unit = 'Larch' ORDER BY month") == [
        (april, "rota change", "Longer shifts began"),
        (dt.date(2022, 2, 1), "other", "The roof was mended"),
    ]
    said = words_on(opener(engine.home, monkeypatch)(INDICATOR, unit="Larch", indicator="fill_rate"))
    assert "① April 2021: Longer shifts began; average and limits begin afresh" in said


def test_many_notes_come_in_pages(open_page):
    for number in range(14):
        notes.looks_wrong(SEEN, "other", f"note {'abcdefghijklmn'[number]}", "leader")
    test = open_page(ASKED)
    assert len([button for button in test.button if button.label == "Answer"]) == 12


# ---- out of reach -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("dialogs_open")
@pytest.mark.parametrize("harm", ["locked", "gone", "damaged"])
def test_without_the_journal_the_pages_go_on_and_writing_says_why_not(open_page, home, monkeypatch, harm):
    monkeypatch.setattr(connection, "READS", 50)
    monkeypatch.setattr(connection, "WRITES", 50)
    notes.looks_wrong(SEEN, "too_high", "", "leader")
    file, holder = home / "journal.db", None
    if harm == "locked":
        holder = sqlite3.connect(file, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
    elif harm == "gone":
        file.unlink()
    else:
        file.write_bytes(b"no database" * 1000)
    said = {"locked": "busy with somebody else", "gone": "has gone from the workspace", "damaged": "file is damaged"}[
        harm
    ]
    st.cache_data.clear()
    test = open_page(unit="larch")
    assert "Eight months in a row above this team’s own average" in words_on(test)
    assert said in warnings(doubt(test))
    test = open_page(INDICATOR, unit="larch", indicator="sickness_rate")
    assert test.get("vega_lite_chart") and not test.exception
    for page in (TRYING, ASKED):
        test = open_page(page, unit="larch")
        assert said in words_on(test) and "could not be drawn" not in words_on(test) and not test.exception
    assert "Rota" in set(open_page(QUALITY).dataframe[0].value["Source"])
    if holder:
        holder.execute("ROLLBACK")
        holder.close()
    assert not (home / "journal.db").exists() if harm == "gone" else file.stat().st_size


def test_what_is_written_is_nothing_but_words(open_page):
    thing = sheets.Thing("**bold** <img src=x> [a](http://evil.test) $x$", "team", ("fill_rate",))
    sheets.begin("larch", [thing], dt.date(2026, 8, 1), "leader", JUNE)
    notes.looks_wrong(SEEN, "other", "<img src=x> :red[hi]", "leader")
    for page in (TRYING, ASKED):
        test = open_page(page, unit="larch")
        drawn = "\n".join(each.value for each in test.markdown)
        assert not re.search(r"(?<!\\)<img|(?<!\\)\]\(|(?<!\\)\$|(?<!\\):red|https?:", drawn)
