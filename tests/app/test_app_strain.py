"""Strain and easing on screen: in words, each signal opening its chart, never a number or a rank."""

import re

import pytest

from pages.parts.shell import pages
from tests.app.conftest import headings, links, settle, words_on

PAGE = pages.of("strain").path


def test_a_unit_under_strain_says_since_when_and_opens_what_makes_it_so(app):
    test = app(unit="larch")
    assert headings(test, 2)[1] == "Strain and easing"
    said = words_on(test)
    assert "Clear strain since September 2025" in said and "As judged in April 2026" in said
    opened = {link.label: link.query_string for link in links(test)}
    assert "indicator=sickness_rate" in opened["Sickness absence"] and "unit=larch" in opened["Sickness absence"]
    assert "indicator=fill_rate" in opened["Shifts filled"]


def test_easing_is_said_as_readily(app):
    said = words_on(app(unit="fern-2"))
    assert "Clear easing since September 2025" in said and "Conditions have clearly become lighter" in said


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("fern-3", "Not clear since November 2025"),
        ("CC", "Steady since January 2025"),
        ("new", "It takes about ten settled months"),
        ("heron", "Steady since January 2025, as judged in March 2026"),
        ("NHC", "Of the whole, only what all teams share can be said"),
    ],
)
def test_every_other_state_has_words_of_its_own(app, unit, words):
    assert words in words_on(app(unit=unit))


def test_a_month_in_the_past_says_what_was_said_then(app):
    assert "Steady since January 2025" in words_on(app(unit="larch", month="2025-06"))
    assert "Nothing to say this month" in words_on(app(unit="heron", month="2026-04"))


def test_the_list_follows_the_structure_and_is_no_ranking(app):
    test = app(PAGE, unit="NHC")
    assert headings(test, 1) == ["Where is the strain? Northmere Health and Care"]
    assert headings(test, 3) == ["Northmere Health and Care", "Adult care", "Children’s care"]
    names = [
        link.label for link in links(test) if "unit=" in link.query_string and "indicator=sick" not in link.query_string
    ]
    wards = [name for name in names if name in ("Fern Ward", "Larch Ward")]
    assert wards == ["Fern Ward", "Fern Ward", "Larch Ward", "Fern Ward"]
    said = words_on(test)
    assert "two show strain, two are easing" in said and "nothing can be said yet" in said


def test_no_number_of_strain_is_on_the_page(app):
    said = words_on(app(PAGE, unit="AC"))
    assert not re.search(r"\d+(\.\d+)? ?%|\d\.\d|rank|worst|poor|failing", said)


def test_what_all_share_is_shown_by_itself(app):
    test = app(PAGE, unit="AC")
    assert "What all teams share" in headings(test, 2)
    said = words_on(test)
    assert "Higher than season and the year before explain, April 2026" in said and "no team’s own" in said
    assert "nothing has moved across all teams" in words_on(app(PAGE, unit="AC", month="2026-03"))
    assert "Too early to say" in words_on(app(PAGE, unit="AC", month="2025-06"))


def test_only_what_has_changed_on_request(app):
    test = app(PAGE, unit="AC")
    before = len(links(test))
    test.toggle[0].set_value(True).run()
    assert len(links(test)) < before and "Steady since" not in words_on(test)


def test_before_anything_can_be_said_it_says_so(app):
    assert "Nothing can be said yet" in words_on(app(PAGE, unit="AC", month="2024-03"))


@pytest.mark.browser
def test_a_leader_finds_the_strain_and_its_chart_in_three_clicks(visit):
    page = visit("/")
    page.get_by_role("button", name="Leaders").click()
    page.get_by_role("link", name="Where is the strain?").click()
    page.wait_for_timeout(800)
    settle(page)
    page.locator(".rows").get_by_role("link", name="Larch Ward").click()
    page.wait_for_timeout(800)
    settle(page)
    assert page.get_by_text("Clear strain since September 2025").is_visible()
    page.locator(".strain").get_by_role("link", name="Sickness absence").click()
    page.wait_for_timeout(800)
    settle(page)
    assert page.locator("h1").inner_text() == "Sickness absence, Larch Ward"
