"""Start the app: `python -m pages.parts.serve`, with whatever options `streamlit run` takes.

An older journal is brought up to date first. What Streamlit does otherwise here than of itself, and why, is in
pages.parts.streamlit_private; what is told of an error that nobody foresaw in pages.parts.shell.states; of uploads it takes what
pages.parts.access.uploads allows.
"""

import logging
import os
import sys
from pathlib import Path

from pages.parts import log, streamlit_private
from pages.parts.access import uploads
from pages.parts.journal import migrate, store
from pages.parts.release import warehouse
from pages.parts.shell import states

APP = Path(__file__).parents[2] / "app.py"


def main(options: list[str]) -> None:
    log.keep_out_what_is_private()
    os.umask(0o077)  # the journal, and what is put into the inbox, are the account's alone
    try:
        migrate.upgrade()
    except store.Unavailable as reason:
        logging.getLogger("kinship").warning("%s The app starts without it.", reason)
    except Exception:
        logging.getLogger("kinship").exception(
            "The journal could not be brought up to date. The app starts without it."
        )
    streamlit_private.expect_as_known()
    streamlit_private.use_own_menu()
    uploads.install()
    streamlit_private.answer_errors(states.nobody_foresaw)
    streamlit_private.send_at_once()
    secrets = warehouse.home().resolve() / "secrets.toml"  # each workspace its own: who signs in where
    streamlit_private.run(str(APP), ["--secrets.files", str(secrets), *options])


if __name__ == "__main__":
    main(sys.argv[1:])
