"""The app in a real browser."""

import csv
import io
from pathlib import Path

import pytest

from pages.parts.drawing import words
from tests.app import small_release
from tests.app.conftest import PAGES, Server, axe_finds_nothing, settle

pytestmark = pytest.mark.browser
OF_A_UNIT = ("team", "strain", "review", "indicator", "signals", "trying")
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


@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_nothing_nothing_comes_from_elsewhere_and_a_phone_shows_all_of_it(visit, server, page):
    """A page is opened once for all of it: opening it costs more than looking."""
    addresses = {PAGES[page]: ("light", "dark")}
    if page in OF_A_UNIT:  # a team's page has other words, in the same colours
        addresses = {f"{PAGES[page]}{LARCH}": ("light", "dark"), PAGES[page]: ("light",)}
    for address, themes in addresses.items():
        opened = visit(address)
        axe_finds_nothing(opened, *themes)
        elsewhere = [url for url in opened.asked_for if not url.startswith((server.url, "data:", "blob:"))]
        assert elsewhere == []
        opened.set_viewport_size({"width": 390, "height": 900})
        opened.wait_for_timeout(700)
        assert opened.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


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
    page.get_by_role("link", name="Reset to the usual view").click()
    page.wait_for_timeout(800)
    settle(page)
    assert page.locator("h1").inner_text() == "Northmere Health and Care" and "unit=" not in page.url


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
    page.locator(".rows").get_by_role("link", name="Larch Ward").click()
    page.wait_for_timeout(800)
    settle(page)
    assert page.locator("h1").inner_text() == "Sickness absence, Larch Ward"
    assert "unit=larch" in page.url and "indicator=sickness_rate" in page.url


def test_a_link_on_a_card_opens_without_loading_the_app_anew_and_back_leads_back(visit):
    page = visit("/?unit=larch")
    page.evaluate("window.same = true")
    page.locator(".card h3 a", has_text="Sickness absence").click()
    page.wait_for_timeout(800)
    settle(page)
    assert page.locator("h1").inner_text() == "Sickness absence, Larch Ward" and page.evaluate("window.same")
    page.go_back()
    page.wait_for_timeout(800)
    settle(page)
    assert page.locator("h1").inner_text() == "Larch Ward" and page.evaluate("window.same")


def test_a_row_of_the_table_opens_its_chart_and_back_leads_to_the_table(visit):
    page = visit("/signals?unit=AC")
    choose(page, "Order", "By verdict")
    press_row(page, 1)
    assert page.locator("h1").inner_text() == "Sickness absence, Larch Ward"
    assert "unit=larch" in page.url and "indicator=sickness_rate" in page.url
    page.go_back()
    page.wait_for_timeout(800)
    settle(page)
    assert page.locator("h1").inner_text() == "All signals, Adult care"
    assert page.get_by_role("combobox", name="Order").input_value() == "By verdict"


def test_the_keyboard_opens_a_chart(visit):
    page = visit("/signals?unit=larch")
    page.get_by_test_id("data-grid-canvas").focus()
    for key in ("ArrowDown", "ArrowDown", "Shift+Space"):
        page.keyboard.press(key)
    page.wait_for_timeout(800)
    settle(page)
    assert page.locator("h1").inner_text() == "Sickness absence, Larch Ward"


def test_the_link_beside_the_table_opens_a_chart(visit):
    page = visit("/signals?unit=larch")
    choose(page, "Chart to open", "Shifts filled, Larch Ward")
    page.get_by_role("link", name="Open Shifts filled, Larch Ward").click()
    page.wait_for_timeout(800)
    settle(page)
    assert page.locator("h1").inner_text() == "Shifts filled, Larch Ward"


def test_on_paper_the_whole_width_of_the_table_is_there(visit):
    page = visit("/signals")
    page.emulate_media(media="print")
    page.wait_for_timeout(300)
    on_paper = (210 - 2 * 16) * 96 / 25.4  # px between the margins of A4
    assert 500 < page.get_by_test_id("stDataFrame").bounding_box()["width"] <= on_paper


def test_the_table_is_not_sorted_by_a_value(visit):
    page = visit("/signals?unit=AC")
    cells = page.locator("table[role=grid] tbody [role=gridcell]")
    before = cells.nth(1).inner_text(), cells.nth(6).inner_text()
    box = page.get_by_test_id("stDataFrame").bounding_box()
    for x in range(60, int(box["width"]), 80):
        page.mouse.click(box["x"] + x, box["y"] + 18)
    page.wait_for_timeout(600)
    assert (cells.nth(1).inner_text(), cells.nth(6).inner_text()) == before
    assert page.locator("table[role=grid] [aria-sort]:not([aria-sort=none])").count() == 0


def test_the_table_downloads_as_it_is_shown_and_runs_nothing(visit):
    page = visit("/signals?unit=AC")
    choose(page, "Order", "By verdict")
    assert not page.get_by_role("button", name="Download as CSV").first.is_visible()
    with page.expect_download() as found:
        page.get_by_role("button", name="Data (CSV)").click()
    text = Path(found.value.path()).read_text(encoding="utf-8-sig")
    assert "All signals, Adult care" in text.splitlines()[0] and text.count(words.PURPOSE) == 1
    rows = list(csv.DictReader(io.StringIO(text[text.index("Unit,Unit code") :])))
    assert len(rows) == 28
    first = rows[0]
    assert (first["Unit"], first["Indicator"], float(first["Latest"])) == ("Larch Ward", "Shifts filled", 101.68)
    assert first["Reading"].startswith("Eight months in a row above") and first["Assurance"].startswith(
        "The target is met"
    )
    assert {row["Unit"] for row in rows if row["Unit code"] == "formula"} == {f"'{small_release.FORMULA}"}
    assert {
        row["Latest"] for row in rows if row["Indicator"] == "Stress-related share" and row["Unit code"] != "AC"
    } == {""}


def test_a_nasty_name_stays_a_name(visit):
    nasty = {"script": small_release.SCRIPT, "markup": small_release.MARKUP, "formula": small_release.FORMULA}
    theirs = {f"/?unit={unit}": name for unit, name in nasty.items()}
    above = [f"{page}?unit=AC" for page in ("/", "/indicator", "/signals", "/strain", "/review")]
    for address in (*theirs, *above):
        page = visit(address)
        if address in theirs:
            assert theirs[address] in page.locator("h1").inner_text().replace(words.JOINER, "")
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


def press_row(page, number):
    """Tick the box before a row of the table; the table is a canvas, so by its place."""
    box = page.get_by_test_id("stDataFrame").bounding_box()
    page.mouse.click(box["x"] + 17, box["y"] + 36 + 48 * (number + 0.5))
    page.wait_for_timeout(1200)
    settle(page)
