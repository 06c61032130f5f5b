"""What the app writes into its log: what went wrong and where, and nothing of what was being read or of who read it.

One entry is one line: a name with a line end in it, or with an escape sequence, writes no entry of its own.

An error's own words may hold a cell, a unit or an address (a provider says "maria@example.org is not assigned to a role"). So of
an error its kind and its way through the code are written, and from every line e-mail addresses are taken out.
"""

import logging
import re
import traceback
import unicodedata
from typing import Any

ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
HIDDEN = "(an address)"
ACT_OR_HIDE = {
    "Cc",
    "Cf",
    "Cs",
    "Cn",
    "Zl",
    "Zp",
}  # characters by Unicode's categories: line ends, escapes, direction and others


def keep_out_what_is_private() -> None:
    """From now on, of whatever logger: Streamlit's own, and those of the libraries that it uses."""
    made = logging.getLogRecordFactory()
    if getattr(made, "keeps_out", False):
        return

    def record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        found = made(*args, **kwargs)
        said, found.args = found.getMessage(), ()
        if isinstance(found.exc_info, tuple) and found.exc_info[0]:
            kind, error, where = found.exc_info
            for hidden in filter(None, {str(error), *str(error).splitlines()}):
                said = said.replace(hidden, kind.__name__)
            found.exc_text = f"{''.join(traceback.format_tb(where))}{kind.__name__}"
        found.msg = printable(ADDRESS.sub(HIDDEN, said))
        return found

    record.keeps_out = True
    logging.setLogRecordFactory(record)


def printable(text: str) -> str:
    """The same on one line, with whatever would act on a terminal, or hide, shown as an escape."""
    if text.isascii() and text.isprintable():
        return text
    shown = (c.encode("unicode_escape").decode() if unicodedata.category(c) in ACT_OR_HIDE else c for c in text)
    return "".join(shown)
