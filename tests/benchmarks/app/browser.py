"""What a reader waits for, in a real browser: first paint and rerun, in milliseconds.

First paint is from navigation to the last change of the page, once there is a heading, the script has ended and nothing has
changed for a while; in a browser that knows nothing of the app yet, and again in a tab of the same browser. A rerun is from the
key that chooses another unit (of a page without that filter, another indicator) to the last change of the page; "the same
again" from the key that runs the page again. What a list of options says to a screen reader, and takes back seconds later, is no
change of the page; nor is the table for screen readers that Streamlit's grid keeps behind its drawing, 200 ms after it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from playwright.sync_api import Browser, Page

STILL = 600  # ms without a change
WATCH = """
    window.changed = 0;
    const heard = change => (change.target.closest ? change.target : change.target.parentElement)?.closest('[data-live-announcer], canvas');
    new MutationObserver(changes => { if (!changes.every(heard)) window.changed = performance.now(); })
        .observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
    document.addEventListener('keydown', event => {
        if (event.key === 'Enter' || event.key === 'r') window.asked = performance.now();
    }, true);
"""
STANDS = f"""() =>
    document.querySelector('h1')
    && document.querySelector('[data-testid=stApp][data-test-script-state=notRunning]')
    && !document.querySelector('[data-testid=stSkeleton], [data-testid=stAppSkeleton]')
    && performance.now() - window.changed > {STILL}
"""


@dataclass(frozen=True)
class Seen:
    """One visit of one page, in milliseconds."""

    new: float  # first paint in a new browser
    paint: float  # first paint in a browser that has been here
    rerun: float | None  # in which something else is chosen; None where a page has nothing to choose
    again: float  # a rerun in which nothing changes


def visit(chromium: Browser, address: str, choices: Iterator[str]) -> Seen:
    """Opens an address twice, then chooses what comes next of `choices`."""
    window = chromium.new_context(viewport={"width": 1280, "height": 900})
    window.add_init_script(WATCH)
    try:
        new = painted(window.new_page(), address)
        page = window.new_page()
        paint = painted(page, address)
        again = rerun(page)
        return Seen(new, paint, changed(page, choices), again)
    finally:
        window.close()


def painted(page: Page, address: str) -> float:
    page.goto(address)
    return settled(page)


def settled(page: Page) -> float:
    page.wait_for_function(STANDS, polling=100, timeout=60_000)
    return page.evaluate("window.changed")


def rerun(page: Page) -> float:
    page.locator("h1").first.click()
    page.keyboard.press("r")
    return settled(page) - page.evaluate("window.asked")


def changed(page: Page, choices: Iterator[str]) -> float | None:
    """Chooses another unit; None where there is no filter to choose by."""
    for label in ("Unit", "Indicator"):
        box = page.get_by_role("combobox", name=label, exact=True)
        if box.count():
            break
    else:
        return None
    was = box.first.input_value()
    box.first.click()
    if label == "Unit":
        box.first.fill(next(choices))
    else:
        page.keyboard.press("ArrowDown")
    page.get_by_role("option").first.wait_for()
    page.wait_for_timeout(300)
    page.keyboard.press("Enter")
    took = settled(page) - page.evaluate("window.asked")
    if box.first.input_value() == was:
        raise RuntimeError(f"Nothing else was chosen at {page.url}.")
    return took
