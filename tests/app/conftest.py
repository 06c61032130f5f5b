"""What the app's tests share: a workspace with a small release, the app on it, and a browser to look at it."""

import contextlib
import html
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pyarrow.ipc
import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Playwright, sync_playwright
from streamlit.testing.v1 import AppTest

from pages.parts.access import access
from pages.parts.journal import connection, session
from pages.parts.shell import pages
from tests.app import small_release

ROOT = Path(__file__).parents[2]
PAGES = {page.id: f"/{page.address}" for page in pages.PAGES.values()}


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that holds one release and what the last build said."""
    folder = tmp_path_factory.mktemp("workspace")
    small_release.build(folder)
    small_release.said(folder, "failed", "The check *numerators* found 3 rows, so nothing was published.")
    return folder


@pytest.fixture
def app(home: Path, monkeypatch: pytest.MonkeyPatch):
    """A function that opens a page of the app at an address and runs it."""
    return opener(home, monkeypatch)


@pytest.fixture
def app_at(monkeypatch: pytest.MonkeyPatch):
    """The same for any other workspace."""
    return lambda folder: opener(folder, monkeypatch)


def opener(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KINSHIP_HOME", str(folder))
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT))

    def opened(page: str | None = None, **address: str) -> AppTest:
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=20)
        for key, value in address.items():
            test.query_params[key] = value
        test.run()
        return test.switch_page(page).run() if page else test

    return opened


def nothing_written(folder: Path) -> None:
    """Makes a workspace that tests share as though nobody had written in it: its release stays, so caches of it stay warm."""
    for path in (*folder.glob("journal*"), folder / "access.yaml"):
        path.unlink(missing_ok=True)
    inbox = folder / "inbox"
    inbox.unlink() if inbox.is_file() else shutil.rmtree(inbox, ignore_errors=True)
    inbox.mkdir()
    connection._met.clear()
    session.notes_of.clear()


def sign_in_as(monkeypatch: pytest.MonkeyPatch, folder: Path, *grants: tuple[str, str]) -> None:
    """From now on whoever reads is one whom access.yaml gives these (role, unit), as though a provider had said so."""
    who = [{"email": "maria@example.org", "role": role, "units": [unit]} for role, unit in grants]
    (folder / "access.yaml").write_text(yaml.safe_dump({"who": who}), encoding="utf-8")
    monkeypatch.setattr(access, "sign_in_is_set_up", lambda: True)
    claims = {"email": "maria@example.org", "email_verified": True}
    monkeypatch.setattr(access, "claims", lambda: claims | {"iat": time.time()})


def unfolded(test: AppTest, box: str) -> AppTest:
    """The page once a reader has opened this box of it."""
    test.session_state[box] = True
    return test.run()


def words_on(test: AppTest) -> str:
    """All the words the page shows, as they are read."""
    kinds = (test.title, test.header, test.markdown, test.caption, test.error)
    said = re.sub(r"\\(.)", r"\1", "\n".join(str(element.value) for kind in kinds for element in kind))
    return f"{said}\n{read(html_of(test))}"


def headings(test: AppTest, level: int) -> list[str]:
    """The headings of one level as they are read, in the order of the page: Streamlit's own and those in pieces of HTML, but
    for those of cards."""
    found = []
    for each in test._tree:
        if each.type == f"h{level}" or getattr(each, "tag", "") == f"h{level}":
            found.append(re.sub(r"\\(.)", r"\1", str(each.value)))
        elif each.type == "html":
            found += [read(said) for said in re.findall(rf'(?<!"top">)<h{level}>(.*?)</h{level}>', each.proto.body)]
    return found


def html_of(test: AppTest) -> str:
    """The pieces of HTML of a page, without styles and scripts."""
    bodies = (element.proto.body for element in test.get("html"))
    return "\n".join(body for body in bodies if not body.startswith("<style>"))


def datasets(test: AppTest, number: int = 0) -> dict[str, list[dict]]:
    """What a chart of the page draws, by the names of its datasets."""
    chart = test.get("vega_lite_chart")[number].proto
    sent = {each.name: pyarrow.ipc.open_stream(each.data.data).read_all() for each in chart.datasets}
    return {name: table.to_pylist() for name, table in sent.items()}


def read(markup: str) -> str:
    """HTML as it is read."""
    blocks = re.sub(r"<(/?(p|li|h\d|dt|dd|div|section|summary)\b[^>]*)>", "\n", markup)
    return html.unescape(re.sub(r"<[^>]+>", "", blocks))


@dataclass(frozen=True)
class Link:
    label: str
    page: str  # the stem of its script
    query_string: str


def links(test: AppTest) -> list[Link]:
    """Every link to a page of ours: Streamlit's own, then those in pieces of HTML."""
    own = [Link(each.proto.label, each.proto.page, each.proto.query_string) for each in test.get("page_link")]
    found = re.findall(r'<a href="\./(\w*)\?([^"]*)"[^>]*>(.*?)</a>', html_of(test))
    return own + [Link(read(label), page or "team", html.unescape(query)) for page, query, label in found]


class Server:
    """The app as its readers meet it: a process of its own on a free port of this machine."""

    serves: tuple[str, ...] = ("pages.parts.serve",)
    at = ROOT  # the folder whose .streamlit/config.toml holds

    def __init__(self, folder: Path):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self.log = folder.with_name(f"{folder.name}.{self.port}.log")
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", *self.serves, "--server.port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "--server.address", "127.0.0.1"],
            cwd=self.at,
            env=os.environ | {"KINSHIP_HOME": str(self.folder)},
            stdout=subprocess.DEVNULL,
            stderr=self.log.open("ab"),
        )
        for _ in range(300):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2).close()
                return
            time.sleep(0.1)
        raise RuntimeError("The app did not start within 30 seconds.")

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=10)


@pytest.fixture(scope="session")
def server(home: Path):
    running = Server(home)
    running.start()
    yield running
    running.stop()


def launched(play: Playwright) -> Browser:
    """A headless browser: KINSHIP_CHROMIUM, else one found on the path, else Playwright's own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("KINSHIP_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    switches = ["--disable-background-networking"]
    switches += ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return play.chromium.launch(executable_path=found, args=switches)


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as play:
        for last in (False, True):  # on a busy machine it now and then dies while it starts
            try:
                browser = launched(play)
                break
            except Exception as failed:
                reason = failed
            if last:
                pytest.fail(f"No browser to test with: set KINSHIP_CHROMIUM to a Chromium. ({str(reason)[:200]})")
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def window(chromium):
    """One window for all: what it has once fetched of the app it need not fetch and compile again."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def visit(window, request: pytest.FixtureRequest):
    """A function that opens an address in a fresh session, which each tab has of its own, and waits until the page stands still."""
    tabs = []

    def visited(address: str, theme: str = "light", width: int = 1280, of: Server | None = None):
        of = of or request.getfixturevalue("server")  # not begun for those who bring their own
        page = window.new_page()
        tabs.append(page)
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        page.asked_for = []
        page.on("request", lambda request: page.asked_for.append(request.url))
        page.goto(f"{of.url}{address}")
        settle(page)
        return page

    yield visited
    for page in tabs:
        page.close()


def axe_finds_nothing(page, *themes: str) -> None:
    """In these themes, or in that which the page has. The page turns with the theme: another visit would cost more."""
    for theme in themes or (None,):
        if theme:
            page.emulate_media(color_scheme=theme)
            page.wait_for_timeout(500)
            settle(page)
            red = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor").strip("rgba() ")
            assert (int(red.partition(",")[0]) < 128) is (theme == "dark")
        found = Axe().run(page).response["violations"]
        assert [(v["id"], [n["html"][:160] for n in v["nodes"][:3]]) for v in found] == []


def settle(page) -> None:
    page.wait_for_selector("h1", timeout=30_000)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=30_000)
    page.wait_for_timeout(400)
