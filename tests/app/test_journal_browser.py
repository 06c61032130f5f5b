"""What is written in the journal, in a real browser: from a leader's first word to the analyst's answer."""

import re

import pytest

from tests.app import small_release
from tests.app.conftest import Server, axe_finds_nothing, settle

pytestmark = pytest.mark.browser
DOUBT = '[data-indicator="sickness_rate"] .doubt a'


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """The app on a workspace of its own, in which nothing has been written yet."""
    folder = tmp_path_factory.mktemp("desk")
    small_release.build(folder)
    (folder / "inbox").mkdir()
    running = Server(folder)
    running.start()
    yield running
    running.stop()


def press(page, name):
    page.get_by_role("button", name=name, exact=True).first.click()
    page.wait_for_timeout(500)
    settle(page)


def choose(page, label, option):
    page.get_by_role("combobox", name=label).first.click()
    page.get_by_role("option", name=option).first.click()
    page.wait_for_timeout(250)


def test_a_sheet_is_begun_by_keyboard_and_mouse_and_outlives_the_session(desk, visit):
    page = visit("/trying?unit=larch", of=desk)
    assert page.get_by_text("A sheet holds at most three things").is_visible()
    press(page, "Begin a sheet")
    page.get_by_label("1. We will …").fill("ask Sister Jones to keep team time")
    choose(page, "1. Which help it is", "Teams that hold that and work out what to do")
    choose(page, "1. Signals we hope to move", re.compile("Sickness absence"))
    page.keyboard.press("Tab")  # which closes the list
    press(page, "Keep the sheet")
    assert page.get_by_text("leave out the name").is_visible()
    axe_finds_nothing(page)
    page.get_by_label("1. We will …").fill("keep team time on Thursdays")
    press(page, "Keep the sheet")
    assert page.get_by_text("We will keep team time on Thursdays").is_visible()
    above = visit("/trying?unit=AC", of=desk)
    above.get_by_role("link", name="Larch Ward").click()
    above.wait_for_timeout(500)
    settle(above)
    assert "unit=larch" in above.url and above.get_by_text("We will keep team time on Thursdays").is_visible()
    above.locator("label").filter(has_text="With the charts").click()
    above.wait_for_timeout(800)
    settle(above)
    assert above.get_by_test_id("stVegaLiteChart").count() == 1
    axe_finds_nothing(above, "light", "dark")


def test_a_doubt_and_an_event_reach_the_analyst_and_the_answers_come_back(desk, visit):
    page = visit("/?unit=larch", of=desk)
    page.locator(DOUBT).click()
    page.get_by_role("dialog").wait_for()
    page.wait_for_timeout(600)
    axe_finds_nothing(page)
    choose(page, "What looks wrong", "It looks too high")
    page.get_by_label("In a few words, if it needs any").fill("two posts are counted twice")
    press(page, "Tell the analyst")
    assert page.get_by_role("dialog").count() == 0
    assert page.locator(DOUBT).inner_text().count("Asked ") == 1

    chart = visit("/indicator?unit=larch&indicator=fill_rate", of=desk)
    press(chart, "Say what happened")
    chart.get_by_role("dialog").wait_for()
    choose(chart, "From which month", "March 2026")
    choose(chart, "What kind", "The unit moved")
    chart.get_by_label("What happened", exact=True).fill("Moved to the new building")
    press(chart, "Propose it")
    assert chart.get_by_text("waiting for the analyst: March 2026: Moved to the new building").is_visible()

    analyst = visit("/asked", of=desk)
    assert analyst.get_by_text("two posts are counted twice").is_visible()
    axe_finds_nothing(analyst, "light", "dark")
    choose(analyst, "Answer", "Accepted: drawn from the next build on")  # the event, which is the newer
    press(analyst, "Answer")
    [file] = (desk.folder / "inbox").iterdir()
    assert "larch,01/03/2026,move,Moved to the new building," in file.read_text(encoding="utf-8")
    choose(analyst, "Answer", "The number is right")
    press(analyst, "Answer")
    assert analyst.get_by_text("Nothing waits for an answer").is_visible()
    with analyst.expect_download() as found:
        choose(analyst, "Show", "Answered")
        analyst.wait_for_timeout(800)
        analyst.get_by_role("button", name="Events accepted (CSV)").click()
    assert found.value.suggested_filename == "events accepted.csv"

    page.reload()
    settle(page)
    page.locator(DOUBT).click()
    page.get_by_role("dialog").get_by_text("The number is right").wait_for()
