"""The app and the hello-world page, each served by a process of its own.

The hello-world page is served as Streamlit comes, except that nothing is reported or watched. With our own settings, which spare
the collection of garbage after every run, it would rerun in about half the time.
"""

from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.app.conftest import Server

HELLO = Path(__file__).with_name("hello.py")


class Hello(Server):
    serves = (
        *("streamlit", "run", str(HELLO), "--server.headless", "true"),
        *("--browser.gatherUsageStats", "false", "--server.fileWatcherType", "none"),
    )
    at = HELLO.parent


@contextmanager
def served(home: Path):
    """(hello, the app on a workspace)"""
    with ExitStack() as running:
        both = Hello(home), Server(home)
        for server in both:
            server.start()
            running.callback(server.stop)
        yield both
