"""Text of unknown origin as a terminal or a log may be given it: on one line, with whatever would act or hide shown as an escape.

A file's name may hold a line end and then a sentence of ours, an escape sequence that recolours or wipes what stands above, or a
mark that turns the direction of writing round.
"""

import unicodedata

# Control, format (direction among them), half of a pair, not assigned, line and paragraph separators.
HIDDEN = {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}


def printable(text: str) -> str:
    """The same text where nothing is hidden in it; a line end becomes `\\n`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def is_text(text: str) -> bool:
    """Whether it can be written down: a file's name may be bytes that stand for no characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(character: str) -> str:
    if unicodedata.category(character) not in HIDDEN:
        return character
    return character.encode("unicode_escape").decode("ascii")
