"""Start the app: `python -m pages.parts.serve`, with whatever options `streamlit run` takes.

Streamlit takes any folder named pages/ for its older kind of app until the first session has run, and greets
a first visitor who comes by a deep link with "Page not found". Told beforehand that this app has its own
menu, it does not. An older journal is brought up to date first.
"""

import logging
import os
import sys
from pathlib import Path

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web import cli

from pages.parts import log, warehouse
from pages.parts.journal import migrate, store

APP = Path(__file__).parents[2] / "app.py"


def main(options: list[str]) -> None:
    log.keep_out_what_is_private()
    os.umask(0o077)  # the journal, and what is put into the inbox, are the account's alone
    try:
        migrate.upgrade()
    except store.Unavailable as reason:
        logging.getLogger("kinship").warning("%s The app starts without it.", reason)
    PagesManager.uses_pages_directory = False
    secrets = warehouse.home().resolve() / "secrets.toml"  # each workspace its own: who signs in where
    cli.main(["run", str(APP), "--secrets.files", str(secrets), *options])


if __name__ == "__main__":
    main(sys.argv[1:])
