"""The app in a real browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from pages.parts import words
from tests.app import small_release
from tests.app.conftest import PAGES, Server, settle

pytestmark = pytest.mark.browser
LARCH = "?unit=larch&indicator=sickness_rate"


def test_a_deep_link_after_a_restart_runs_the_whole_app(home, visit):
    fresh = Server(home)
    fresh.start()
    try:
        page = visit(f"/indicator{LARCH}", of=fresh)
        assert page.locator("h1").inner_text() == "Sickness absence, Larch Ward"
        assert page.get_by_text("Settled to 30 April 2026").is_visible()
        assert page.get_by_text("Executives").is_visible()
        assert page.get_by_text("Page not found").count() == 0
    finally:
        fresh.stop()


def test_nothing_is_fetched_from_elsewhere(visit, server):
    for address in (f"/{LARCH}", f"/indicator{LARCH}", "/quality"):
        page = visit(address)
        page.wait_for_timeout(600)
        elsewhere = [url for url in page.asked_for if not url.startswith((server.url, "data:", "blob:"))]
        assert elsewhere == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_nothing(visit, page, theme):
    for address in (f"{PAGES[page]}{LARCH}", PAGES[page]) if page != "quality" else (PAGES[page],):
        found = Axe().run(visit(address, theme)).response["violations"]
        assert [(v["id"], [n["html"][:160] for n in v["nodes"][:3]]) for v in found] == []


def test_a_phone_shows_everything_without_scrolling_sideways(visit):
    for address in (f"/{LARCH}", f"/indicator{LARCH}", "/indicator?unit=AC", "/quality"):
        page = visit(address, width=390)
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


def test_filters_live_in_the_address_and_follow_the_reader(visit):
    page = visit("/")
    choose(page, "Unit", "Larch Ward · team in Adult care")
    assert "unit=larch" in page.url
    open_page(page, "Executives", "One indicator")
    assert page.locator("h1").inner_text().endswith("Larch Ward")
    assert "unit=larch" in page.url
    open_page(page, "Analysts", "Data quality")
    assert page.locator("h1").inner_text() == "Data quality"
    open_page(page, "Leaders", "One unit")
    assert page.locator("h1").inner_text() == "Larch Ward"


def test_the_back_button_goes_back(visit):
    page = visit("/?unit=AC")
    choose(page, "Unit", "Larch Ward · team in Adult care")
    assert page.locator("h1").inner_text() == "Larch Ward"
    page.go_back()
    page.wait_for_timeout(800)
    settle(page)
    assert page.locator("h1").inner_text() == "Adult care"


def test_a_unit_below_opens_its_own_page(visit):
    page = visit("/indicator?unit=AC&indicator=sickness_rate")
    page.locator(".st-key-below").get_by_role("link", name="Larch Ward").click()
    page.wait_for_timeout(800)
    settle(page)
    assert page.locator("h1").inner_text() == "Sickness absence, Larch Ward"
    assert "unit=larch" in page.url and "indicator=sickness_rate" in page.url


@pytest.mark.parametrize("unit", ["script", "markup", "formula"])
def test_a_nasty_name_stays_a_name(visit, unit):
    name = {"script": small_release.SCRIPT, "markup": small_release.MARKUP, "formula": small_release.FORMULA}[unit]
    for address in (f"/?unit={unit}", f"/indicator?unit={unit}", "/indicator?unit=AC", "/?unit=AC"):
        page = visit(address)
        if unit in address:
            assert name in page.locator("h1").inner_text().replace(words.JOINER, "")
        assert page.title() != "owned"
        assert page.locator("img[src='x']").count() == 0
        assert page.locator("a[href*='evil.test']").count() == 0
        assert page.locator(".katex").count() == 0


def choose(page, label, option):
    box = page.get_by_role("combobox", name=label)
    box.click()
    box.fill(option)
    page.get_by_role("option", name=option, exact=True).click()
    page.wait_for_timeout(800)
    settle(page)


def open_page(page, section, title):
    page.get_by_test_id("stHeader").get_by_text(section).click()
    page.get_by_role("menuitem", name=title).click()
    page.wait_for_timeout(800)
    settle(page)
