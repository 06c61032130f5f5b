"""How long readers wait for each page, beside a hello-world page in the same run: `python -m tests.benchmarks.app`.

The organisation is made up (organisation.py); browser.py says what is timed in a browser, and sessions.py what of many readers
at once. Every page is visited in turn with the hello-world page, `--rounds` times, each time with another unit that nobody has
looked at yet; shown are the middle ones. Times are of this machine; read the ratios.
"""

import argparse
import itertools
import random
import tempfile
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import sync_playwright

from etl.paths import Workspace
from tests.app.conftest import PAGES, Server, launched
from tests.benchmarks.app import organisation
from tests.benchmarks.app.browser import Seen, visit
from tests.benchmarks.app.served import served
from tests.benchmarks.app.sessions import Asked, sessions

HELLO = "hello"
MEASURES = {"new": "new browser", "paint": "first paint", "rerun": "rerun", "again": "the same again"}
QUICK = 0.2  # seconds of thought of a single session: nobody waits for anybody


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (
        ("teams", 400),
        ("months", 36),
        ("rounds", 3),
        ("readers", 50),
        ("thought", 20),
        ("seconds", 120),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--workspace", type=Path, help="where the organisation is kept for another run, or was")
    parser.add_argument("--page", action="append", choices=PAGES, help="only this page, as often as given")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        workspace = Workspace((asked.workspace or Path(temporary)).resolve())
        if not workspace.current.exists():
            organisation.make(workspace, asked.teams, asked.months)
        titles, units, told = organisation.size(workspace)
        print(told, flush=True)
        pages = {name: PAGES[name] for name in asked.page or PAGES}
        random.Random(1).shuffle(titles)
        with served(workspace.home) as (hello, app):
            if asked.rounds:
                in_a_browser(hello, app, pages, titles, asked.rounds)
            if asked.readers:
                at_once(hello, app, pages, units, asked)


def in_a_browser(hello: Server, app: Server, pages: dict[str, str], titles: list[str], rounds: int) -> None:
    choices, worlds = itertools.cycle(titles), itertools.cycle(["moon"])
    seen: dict[str, list[Seen]] = {name: [] for name in (HELLO, *pages)}
    sessions(
        app.url, 1, 0, 60, 1, [path.removeprefix("/") for path in pages.values()], [""], 0
    )  # nobody is the very first
    with sync_playwright() as play:
        chromium = launched(play)
        visit(chromium, hello.url, worlds)  # a browser's own first page takes longer
        for _ in range(rounds):
            for place, (name, path) in enumerate(pages.items()):
                if place % 3 == 0:
                    seen[HELLO].append(visit(chromium, hello.url, worlds))
                seen[name].append(visit(chromium, f"{app.url}{path}", choices))
        chromium.close()
    print(f"\n{'milliseconds, × hello':22}" + "".join(f"{title:>20}" for title in MEASURES.values()))
    for name, visits in seen.items():
        print(f"{name:22}{''.join(cell(visits, seen[HELLO], of) for of in MEASURES)}")


def cell(visits: list[Seen], greeted: list[Seen], of: str) -> str:
    """The middle of what visits took, and beside hello's; a dash where a page has nothing of the kind."""
    took = [getattr(each, of) for each in visits]
    if None in took:
        return f"{'–':>20}"
    return f"{median(took):11.0f}{median(took) / median(getattr(each, of) for each in greeted):8.1f}×"


def at_once(hello: Server, app: Server, pages: dict[str, str], units: list[str], asked: argparse.Namespace) -> None:
    paths = {path.removeprefix("/"): name for name, path in pages.items()}
    greeted = sessions(hello.url, 1, QUICK, 5, 20, [""], [""], 1)
    one = sessions(app.url, 1, QUICK, 60, 6, list(paths), units, 2)
    many = sessions(app.url, asked.readers, asked.thought, asked.seconds, 100, list(paths), units, 3)
    print(f"\n{'the server alone, ms':22}{'one session':>13}{'kB':>8}{asked.readers:>9} sessions")
    print(f"{HELLO:22}{middle_of(greeted):13.0f}{median(each.kilobytes for each in greeted):8.0f}")
    for path, name in paths.items():
        alone, crowd = ([each for each in these if each.page == path] for these in (one, many))
        if alone and crowd:
            print(
                f"{name:22}{middle_of(alone):13.0f}{median(each.kilobytes for each in alone):8.0f}{middle_of(crowd):9.0f}"
            )
    for told, these in (("all, middle", middle_of), ("all, p95", p95)):
        print(f"{told:22}{these(one):13.0f}{'':8}{these(many):9.0f}{these(many) / these(one):8.1f}×")
    print(f"{len(one)} reruns of one session, {len(many)} of {asked.readers} with {asked.thought} s of thought")


def middle_of(asked: list[Asked]) -> float:
    return median(each.milliseconds for each in asked)


def p95(asked: list[Asked]) -> float:
    return quantiles((each.milliseconds for each in asked), n=20, method="inclusive")[-1]


if __name__ == "__main__":
    main()
