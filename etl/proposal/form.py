"""Reads a proposal as an analyst, or a page, has sent it back: every part is what it should be, or one sentence says what is not.

A proposal says what columns are. It brings no query and no code: expectations are drawn up from it (etl/proposal/suites.py), and a
part that is not listed here is refused.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from etl.config.contracts import BadContract
from etl.printable import is_text

Record = dict[str, Any]
MAX_BYTES = 4 << 20
MAX_DEPTH = 20
JSON_TOKENS = re.compile(
    r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL
)  # a text, or one that begins or ends a list or record
MAX_COLUMNS = 2_000
MAX_WORDS = 10_000  # in one list
MAX_CHARACTERS = 20_000  # of one text
MAX_DAYS = 3_660
MAX_CUT = 1_000  # characters of a cell that may be all that counts of it
MAX_FORM = 100  # characters of the form of a date
NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
USES = ("load", "person", "leave out")


def _is_text(given: Any) -> bool:
    return isinstance(given, str) and len(given) <= MAX_CHARACTERS and is_text(given)


def _is_texts(given: Any) -> bool:
    return isinstance(given, list) and len(given) <= MAX_WORDS and all(map(_is_text, given))


def _is_form(given: Any) -> bool:
    return _is_texts(given) and all(len(form) <= MAX_FORM and form.isprintable() for form in given)


def _is_name(given: Any) -> bool:
    return isinstance(given, str) and NAME.fullmatch(given) is not None


def _is_number(most: int, least: int = 0) -> Callable[[Any], bool]:
    return lambda given: isinstance(given, int) and not isinstance(given, bool) and least <= given <= most


def _is_amount(given: Any) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool)


def _is_yes_no(given: Any) -> bool:
    return isinstance(given, bool)


def _is_words_of_columns(given: Any) -> bool:
    return isinstance(given, dict) and all(_is_text(name) and _is_texts(words) for name, words in given.items())


def _is_layout(given: Any) -> bool:
    """As a contract's `format` says it, which the contract's own reading judges further."""
    numbers = {"skip_rows", "header_rows"}
    return isinstance(given, dict) and all(
        (name in numbers and _is_number(100_000)(value))
        or (name in ("missing", "end_of_time") and _is_texts(value))
        or (name in ("delimiter", "encoding", "sheet") and _is_text(value))
        for name, value in given.items()
    )


def _is_reasons(given: Any) -> bool:
    return isinstance(given, dict) and all(_is_text(each) for pair in given.items() for each in pair)


def _or_none(is_so: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda given: given is None or is_so(given)


TEXT, TEXTS, YES_NO = (_is_text, "a text"), (_is_texts, "a list of texts"), (_is_yes_no, "true or false")
TEXT_OR_NONE, NAME_OR_NONE = (
    (_or_none(_is_text), "a text or null"),
    (_or_none(_is_name), "the name of a column or null"),
)
CUT = (_or_none(_is_number(MAX_CUT, 1)), f"a whole number from 1 to {MAX_CUT:,} or null")
# Of each part: what it must be, that in words, and what goes without saying; `...` where it must be said.
PARTS = {
    "source": (*TEXT, ...),
    "title": (*TEXT, ""),
    "owner": (*TEXT, ""),
    "file": (*TEXTS, ...),
    "units": (*TEXT_OR_NONE, None),
    "system": (*TEXT, ""),
    "each_file": (*TEXT, ...),
    "complete_after_days": (_is_number(MAX_DAYS), f"a whole number of days up to {MAX_DAYS:,}", 0),
    "published": (*YES_NO, False),
    "format": (_is_layout, "a record of how the file is laid out, such as {skip_rows: 2}", {}),
    "leave_out": (_is_words_of_columns, "for each column a list of words", {}),
    "key": (*TEXTS, ...),
    "month_of": (*NAME_OR_NONE, None),
    "rows": (_is_number(1 << 40), "a whole number", 0),
    "why": (_is_reasons, "a record of reasons", {}),
    "look_at": (*TEXTS, []),
    "notes": (*TEXTS, []),
}
OF_COLUMN = {
    "heading": (*TEXT, ...),
    "name": (_is_name, "small letters, digits and underscores", ...),
    "use": (lambda given: given in USES, " or ".join(USES), ...),
    "type": (*TEXT, "text"),
    "formats": (_is_form, "a list of forms of dates, such as %d/%m/%Y", []),
    "thousands": (*TEXT_OR_NONE, None),
    "optional": (*YES_NO, False),
    "allowed": (*TEXTS, []),
    "refers_to": (*TEXT_OR_NONE, None),
    "weekday_of": (*NAME_OR_NONE, None),
    "first_characters": (*CUT, None),
    "last_characters": (*CUT, None),
    "meaning": (*TEXT, ""),
    "sure": (*YES_NO, True),
    "why": (*TEXT, ""),
    "least": (_or_none(_is_amount), "a number or null", None),
    "months_alone": (*YES_NO, False),
    "examples": (*TEXTS, []),
    "holds": (*TEXT, ""),
}
WHY = {"key": "", "month_of": "", "each_file": ""}


def read(path: Path) -> Record:
    """The proposal that stands in a file as JSON. Raises BadContract."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadContract(f"{path.name} is no proposal: it has more than {MAX_BYTES >> 20} MB.")
        text = path.read_text(encoding="utf-8")
        if _depth(text) > MAX_DEPTH:
            raise BadContract(f"{path.name} is not a proposal: its lists and records stand too deep within each other.")
        given = json.loads(text)
    except (OSError, ValueError, RecursionError):
        raise BadContract(f"{path.name} is not a proposal.") from None
    return expect_form(given)


def _depth(text: str) -> int:
    """How deep lists and records of JSON stand within each other. Counted before reading: Python's reader goes down on the
    machine's own stack, and where something has raised the recursion limit it ends the process instead of raising."""
    depth = deepest = 0
    for token in JSON_TOKENS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        deepest = max(deepest, depth)
    return deepest


def expect_form(given: Any) -> Record:
    """The proposal with every part there. Raises BadContract for the first that is not what it should be."""
    if not isinstance(given, dict):
        raise BadContract("A proposal is a record of what a source is; this is something else.")
    columns = given.get("columns")
    if not isinstance(columns, list) or not 0 < len(columns) <= MAX_COLUMNS:
        raise BadContract(f"A proposal lists the columns of its source, at most {MAX_COLUMNS:,}; this one does not.")
    proposal = _whole({name: value for name, value in given.items() if name != "columns"}, PARTS, "A proposal")
    proposal["why"] = WHY | proposal["why"]
    proposal["columns"] = [
        _whole(column, OF_COLUMN, f"Column {number} of a proposal") for number, column in enumerate(columns, 1)
    ]
    return proposal


def _whole(given: Any, parts: dict[str, tuple], whose: str) -> Record:
    if not isinstance(given, dict):
        raise BadContract(f"{whose} is a record; this one is not.")
    if strange := [name for name in given if name not in parts]:
        raise BadContract(f"{whose} says {strange[0][:60]!r}, which means nothing here.")
    for name, (is_so, what, usually) in parts.items():
        if name not in given and usually is ...:
            raise BadContract(f"{whose} does not say {name}.")
        if name in given and not is_so(given[name]):
            raise BadContract(f"{whose} says {name} otherwise than as {what}.")
    return {name: given.get(name, usually) for name, (_, _, usually) in parts.items()}
