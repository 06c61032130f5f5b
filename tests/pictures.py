"""The README's pictures, taken of the synthetic organisation in a real browser: `python -m tests.pictures`."""

import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from etl.paths import PROJECT, Workspace
from tests.app.conftest import Server
from tests.conftest import Engine

INTO = PROJECT / "docs" / "pictures"
TOP = 900  # px of a page that are shown, unless more is said
PICTURES = {  # name: (address, px from the top)
    "strain": ("/strain", 1000),
    "team": ("/?unit=T0101", 1250),
    "indicator": ("/indicator?unit=T0101&indicator=short_rests", TOP),
    "circle": ("/circle?unit=T0109", 1250),
    "review": ("/review", 1500),
    "quality": ("/quality", 1000),
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        engine = Engine(Path(folder), Workspace(Path(folder)))
        for verb in ("demo", "build"):
            said = engine.run(verb)
            if said.code not in (0, 3):
                sys.exit(said.said)
        server = Server(Path(folder))
        server.start()
        switches = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = play.chromium.launch(executable_path=os.environ.get("KINSHIP_CHROMIUM"), args=switches)
        try:
            for name, (address, height) in PICTURES.items():
                page = browser.new_page(viewport={"width": 1280, "height": height}, color_scheme="light")
                page.goto(f"{server.url}{address}")
                page.wait_for_selector("h1")
                page.wait_for_timeout(4000)  # until what is drawn stands still
                page.screenshot(path=INTO / f"{name}.png")
                page.close()
                print(f"Wrote {name}.png")
        finally:
            browser.close()
            server.stop()


if __name__ == "__main__":
    main()
