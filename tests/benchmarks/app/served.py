"""The app and the hello-world page, each served by a process of its own with the same settings."""

from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.app.conftest import Server

HELLO = Path(__file__).with_name("hello.py")


class Hello(Server):
    serves = ("streamlit", "run", str(HELLO))


@contextmanager
def served(home: Path):
    """(hello, the app on a workspace)"""
    with ExitStack() as running:
        both = Hello(home), Server(home)
        for server in both:
            server.start()
            running.callback(server.stop)
        yield both
