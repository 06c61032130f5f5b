"""Reads what a contract says of one column: how an extract may call it, and how its cells are read."""

import re
from dataclasses import dataclass, field, fields
from typing import Any

from etl.privacy import personal_data

TYPES = {
    "text": "VARCHAR",
    "number": "DOUBLE",
    "whole_number": "BIGINT",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "yes_no": "BOOLEAN",
}
PERSON = "BIGINT"  # of a person's keyed hash
RESERVED = {"month", "row", "line", "file", "conflict"}


@dataclass(frozen=True)
class Column:
    """One of our columns, and how an extract may call it."""

    name: str
    headers: tuple[str, ...]
    type: str = "text"
    person: bool = False  # names a person: only its keyed hash is ever kept
    formats: tuple[str, ...] = ()  # of a date, as strptime reads it; ISO dates are always understood
    first_characters: int | None = None  # how many of a cell's characters count, from its beginning
    last_characters: int | None = None  # or from its end
    weekday_of: str | None = None  # the date whose weekday stands here: a check on how that date was read
    thousands: str | None = None  # the mark between thousands, where an export writes one
    optional: bool = False  # its cells may be empty: "no data", never zero
    heading_optional: bool = False  # the whole column may be missing
    in_file_name: str | None = None  # the pattern by which the file's name says it, where it has no such column
    allowed: tuple[str, ...] = ()
    spellings: dict[str, list[str]] = field(default_factory=dict)  # one spelling: the others that mean it, any case
    refers_to: str | None = None  # the source whose first key column must know it
    meaning: str = ""

    @property
    def heading(self) -> str:
        return self.headers[0]

    @property
    def sql_type(self) -> str:
        return PERSON if self.person else TYPES[self.type]


def column_of(name: str, given: dict, wrong) -> Column:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", str(name)) or name in RESERVED:
        raise wrong(f"{name!r} cannot name a column: use small letters, not one of {', '.join(sorted(RESERVED))}")
    if not isinstance(given, dict):
        raise wrong(f"column {name}: expected its headers and meaning")
    given = {"headers": [name]} | given
    if "format" in given:
        given["formats"] = given.pop("format")
    for listed in ("headers", "allowed", "formats"):
        if listed in given:
            given[listed] = words(given[listed], wrong, f"{listed} of column {name}")
    spellings = given.get("spellings") or {}
    if not isinstance(spellings, dict):
        raise wrong(f"column {name}: spellings says for each spelling which others mean it")
    given["spellings"] = {
        str(word): list(words(others, wrong, f"spellings of column {name}")) for word, others in spellings.items()
    }
    column = made(Column, given | {"name": name}, wrong, f"column {name}")
    if not column.headers:
        raise wrong(f"column {name} has no headers")
    if column.type not in TYPES:
        raise wrong(f"column {name} has type {column.type!r}, expected one of {', '.join(TYPES)}")
    if column.in_file_name is not None:
        try:
            re.compile(column.in_file_name)
        except re.error:
            raise wrong(f"column {name}: in_file_name is {column.in_file_name!r}, which is no pattern") from None
        if column.person:
            raise wrong(f"column {name} is a person, whom no file's name may tell")
    if column.thousands not in (None, ",", ".", " ", "'"):
        raise wrong(f"column {name}: thousands is {column.thousands!r}, expected a comma, point, space or apostrophe")
    for form in column.formats:
        if "%" not in form:
            raise wrong(f'column {name}: format is {form!r}; write it as "%d/%m/%Y"')
    _expect_consistent(column, wrong)
    return column


def _expect_consistent(column: Column, wrong) -> None:
    """Raises BadContract where one thing that is said of a column leaves no room for another, or may not be loaded."""
    name = column.name
    if not isinstance(column.person, bool):
        raise wrong(f"column {name}: person is {column.person!r}, expected true or false")
    for heading in column.headers:
        if kind := personal_data.forbidden(heading, column.person):
            hint = (
                ""
                if column.person or personal_data.forbidden(heading, True)
                else ", unless as a keyed hash: say person: true"
            )
            raise wrong(f"column {name}: under {heading} stand {kind}, which are never loaded{hint}")
    for needed in ("person", "weekday_of", "refers_to"):
        if getattr(column, needed) and column.type != "text":
            raise wrong(f"column {name} says {needed}, so its type must be text")
    if column.person and (
        clash := [n for n in ("allowed", "spellings", "refers_to", "weekday_of") if getattr(column, n)]
    ):
        raise wrong(f"column {name} is a person, of whom only a keyed hash is kept; {clash[0]} means nothing there")
    if column.refers_to and column.spellings:
        raise wrong(
            f"column {name} refers to {column.refers_to}, which knows how things are spelled; take out its spellings"
        )
    for part in ("first_characters", "last_characters"):
        number = getattr(column, part)
        if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 1):
            raise wrong(f"column {name}: {part} is {number!r}, expected a whole number from 1")
    if column.first_characters and column.last_characters:
        raise wrong(f"column {name} has both first_characters and last_characters; only one of them can count")
    if column.type == "yes_no" and (strange := sorted(set(column.spellings) - {"yes", "no"})):
        raise wrong(
            f'column {name}: spellings of a yes_no say which words mean "yes" and "no" (in quotes), not {strange[0]!r}'
        )


def made(kind, given: dict, wrong, where: str):
    if not isinstance(given, dict):
        raise wrong(f"{where} is a record, not {given!r}")
    known = {f.name for f in fields(kind)}
    strange = sorted(set(given) - known, key=str)
    if strange:
        raise wrong(f"{where} says {', '.join(map(repr, strange))}, which means nothing here")
    try:
        return kind(**given)
    except TypeError as error:
        missing = re.findall(r"'(\w+)'", str(error))
        raise wrong(f"{where} needs {', '.join(missing)}") from None


def words(given: Any, wrong, where: str) -> tuple[str, ...]:
    """One word or several; a word alone is not a list of its letters."""
    if given is None:
        return ()
    if isinstance(given, dict):
        raise wrong(f"{where} is a word or a list of words")
    return tuple(str(word) for word in given) if isinstance(given, list | tuple) else (str(given),)
