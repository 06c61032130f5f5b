"""`python -m pages.parts.journal [upgrade]`: the journal's state, or its tables brought up to date.

The engine's verb `journal` runs this: app and engine share no code. Exit code 0: all is well; 1: it says why not.
"""

import logging
import sys

from pages.parts import log
from pages.parts.journal import migrate, store


def main(asked: list[str]) -> int:
    if asked not in ([], ["upgrade"]):
        print("It is either nothing, for how the journal stands, or upgrade.", file=sys.stderr)
        return 2
    try:
        print(migrate.upgrade() if asked else migrate.state())
    except store.Unavailable as reason:
        print(log.printable(str(reason)), file=sys.stderr)
        return 1
    except Exception as error:
        logging.getLogger("kinship").exception("The journal could not be asked")
        print(
            f"The journal could not be asked ({type(error).__name__}): python -m pages.parts.journal shows the details.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
