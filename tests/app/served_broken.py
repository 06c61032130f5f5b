"""The app as pages.parts.serve starts it, in which something breaks that no page of ours catches."""

import sys

from pages.parts import serve
from pages.parts.shell import frame


def broken() -> None:
    raise KeyError("Larch Ward has 7 people")


if __name__ == "__main__":
    frame.open_page = broken
    serve.main(sys.argv[1:])
