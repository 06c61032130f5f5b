"""Start the app: `python -m pages.parts.serve`, with whatever options `streamlit run` takes.

Streamlit takes any folder named pages/ for its older kind of app until the first session has run, and greets
a first visitor who comes by a deep link with "Page not found". Told beforehand that this app has its own
menu, it does not. An older journal is brought up to date first.

A page comes in many small messages. Streamlit leaves it to the system to send each of them only when the one before has been
acknowledged, for which browsers and proxies take up to 40 ms; told otherwise, they go out as they are written.

Whatever nobody foresaw, Streamlit would tell in words of its own; it is told to ask pages.parts.shell.states. Of uploads it takes
what pages.parts.access.uploads allows.
"""

import functools
import logging
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web import cli
from streamlit.web.server import server
from streamlit.web.server.starlette import starlette_server

from pages.parts import log
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
    PagesManager.uses_pages_directory = False
    uploads.install()
    server.RuntimeConfig = functools.partial(server.RuntimeConfig, on_script_error=states.nobody_foresaw)
    starlette_server._bind_socket = at_once(starlette_server._bind_socket)
    secrets = warehouse.home().resolve() / "secrets.toml"  # each workspace its own: who signs in where
    cli.main(["run", str(APP), "--secrets.files", str(secrets), *options])


def at_once(bind: Callable[[str, int, int], socket.socket]) -> Callable[[str, int, int], socket.socket]:
    """What binds a socket, so that whatever is written to its connections is sent without waiting for more."""

    def bound(address: str, port: int, backlog: int) -> socket.socket:
        listening = bind(address, port, backlog)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # connections take it over
        return listening

    return bound


if __name__ == "__main__":
    main(sys.argv[1:])
