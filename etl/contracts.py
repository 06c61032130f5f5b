"""Reads the contracts and suites of `expectations/`: what each extract is, in the words of the analyst who owns it."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

TYPES = {
    "text": "VARCHAR",
    "number": "DOUBLE",
    "whole_number": "BIGINT",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
EACH_FILE = ("adds", "replaces_its_months", "replaces_all")
ENDINGS = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".parquet")
RESERVED = {"month", "row", "line", "file", "conflict"}


class BadContract(Exception):
    """A contract, suite or sample does not say what it must; the sentence names the file."""


@dataclass(frozen=True)
class Column:
    """One of our columns, and how an extract may call it."""

    name: str
    headers: tuple[str, ...]
    type: str = "text"
    format: str | None = None  # of a date, as strptime reads it; ISO dates are always understood
    thousands: str | None = None  # the mark between thousands, where an export writes one
    optional: bool = False  # its cells may be empty: "no data", never zero
    heading_optional: bool = False  # the whole column may be missing
    allowed: tuple[str, ...] = ()
    spellings: dict[str, list[str]] = field(default_factory=dict)  # one spelling: the others that mean it, any case
    refers_to: str | None = None  # the source whose first key column must know it
    meaning: str = ""

    @property
    def heading(self) -> str:
        return self.headers[0]

    @property
    def sql_type(self) -> str:
        return TYPES[self.type]


@dataclass(frozen=True)
class Level:
    """A level of the organisation that a file brings with it: from a column, or one fixed unit at the top."""

    level: str
    column: str | None = None
    title: str | None = None  # the column that holds the name; of a fixed unit, the name itself
    unit: str | None = None  # the fixed unit's id


@dataclass(frozen=True)
class Format:
    """How the file is laid out, where it is not a plain table that starts in its first row."""

    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    skip_rows: int = 0
    header_rows: int = 1
    missing: tuple[str, ...] = ("",)
    end_of_time: tuple[str, ...] = (
        "4712",
        "9999",
        "0001",
    )  # years that mean "open", as HR systems write them


@dataclass(frozen=True)
class Contract:
    """Everything we expect of one source's extracts."""

    source: str
    title: str
    owner: str
    file: tuple[str, ...]
    each_file: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    complete_after_days: int = 0
    month_of: str | None = None
    published: bool = False
    format: Format = Format()
    leave_out: dict[str, list[str]] = field(default_factory=dict)  # totals rows: column: the words that mark them
    brings_teams: tuple[Level, ...] = ()  # lowest first
    suite: tuple[dict[str, Any], ...] = ()
    fingerprint: str = ""
    folder: Path = Path()

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @cached_property
    def parents(self) -> set[str]:
        """Columns that say where a unit stands, not what it did."""
        above = self.brings_teams[1:]
        return {name for level in above for name in (level.column, level.title if level.column else None) if name}

    @cached_property
    def refers(self) -> dict[str, str]:
        """column → the source that must know its names"""
        return {column.name: column.refers_to for column in self.columns if column.refers_to}

    def expects(self, file: str) -> bool:
        """Whether a file of this name is one of ours. Its ending does not matter: what a file is, its bytes say."""
        name = without_ending(Path(file).name)
        return any(fnmatchcase(name, without_ending(pattern.casefold())) for pattern in self.file)


def without_ending(name: str) -> str:
    name = name.casefold()
    return next((name.removesuffix(ending) for ending in ENDINGS if name.endswith(ending)), name)


def plain(heading: str) -> str:
    """A heading as compared: case, spaces, underscores, dashes and a byte-order mark make no difference."""
    heading = re.sub(r"[‐-―−-]", "-", str(heading).replace("﻿", ""))
    return re.sub(r"[\s_]+", " ", heading).strip().casefold()


def load(folders: Iterable[Path]) -> dict[str, Contract]:
    """Every source by name; a folder of a later place (the workspace's own) replaces one of the same name.

    Raises BadContract with the file and what was expected of it.
    """
    found = {
        folder.name: folder
        for place in folders
        if place.is_dir()
        for folder in sorted(place.iterdir())
        if folder.is_dir() and not folder.name.startswith((".", "_"))
    }
    contracts = {name: read(found[name]) for name in sorted(found)}
    for contract in contracts.values():
        for column, source in contract.refers.items():
            if source not in contracts:
                known = ", ".join(contracts)
                raise BadContract(
                    f"{contract.folder}/contract.yaml: column {column} refers to {source}, which is no source; "
                    f"there are {known}."
                )
    return contracts


def read(folder: Path) -> Contract:
    path = folder / "contract.yaml"
    record, suite_record = _yaml(path), _yaml(folder / "suite.yaml")

    def wrong(what: str) -> BadContract:
        return BadContract(f"{path}: {what}.")

    columns_record = record.pop("columns", None)
    if not isinstance(columns_record, dict) or not columns_record:
        raise wrong("expected columns, each with its headers")
    columns = tuple(_column(name, given, wrong) for name, given in columns_record.items())
    names = {column.name for column in columns}

    levels = tuple(_made(Level, given, wrong, "brings_teams") for given in record.pop("brings_teams", ()))
    layout = dict(record.pop("format", {}))
    for listed in ("missing", "end_of_time"):
        if listed in layout:
            layout[listed] = tuple(str(word) for word in layout[listed])
    for listed in ("file", "key"):
        given = record.get(listed, ())
        record[listed] = (given,) if isinstance(given, str) else tuple(given)

    expectations = suite_record.get("expectations", []) if suite_record else []
    contract = _made(
        Contract,
        record
        | {
            "source": folder.name,
            "columns": columns,
            "brings_teams": levels,
            "format": _made(Format, layout, wrong, "format"),
            "suite": tuple(expectations),
            "folder": folder,
            "fingerprint": _fingerprint(path, folder / "suite.yaml"),
        },
        wrong,
        "the contract",
    )

    if contract.each_file not in EACH_FILE:
        raise wrong(f"each_file is {contract.each_file!r}, expected one of {', '.join(EACH_FILE)}")
    if not contract.file:
        raise wrong("expected file: the pattern of its files' names")
    if not contract.key:
        raise wrong("expected key: the columns that no two rows share")
    if contract.each_file == "replaces_its_months" and not contract.month_of:
        raise wrong("a source whose files replace their months needs month_of")
    mentioned = {
        "key": contract.key,
        "month_of": filter(None, [contract.month_of]),
        "leave_out": contract.leave_out,
        "brings_teams": [n for level in levels for n in (level.column, level.title if level.column else None) if n],
    }
    for where, which in mentioned.items():
        for name in which:
            if name not in names:
                raise wrong(f"{where} names {name!r}, which is not one of its columns: {', '.join(sorted(names))}")
    if contract.month_of and contract.column(contract.month_of).type not in ("date", "timestamp"):
        raise wrong(f"month_of {contract.month_of} must be a date or a timestamp")
    for level in levels:
        if (level.column is None) == (level.unit is None):
            raise wrong(f"level {level.level} of brings_teams needs either a column or a unit")
    for expectation in contract.suite:
        if not {"type", "kwargs", "severity"} <= set(expectation) or "why" not in expectation.get("meta", {}):
            raise BadContract(f"{folder}/suite.yaml: each expectation needs type, kwargs, severity and meta.why.")
    return contract


def _column(name: str, given: dict, wrong) -> Column:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", str(name)) or name in RESERVED:
        raise wrong(f"{name!r} cannot name a column: use small letters, not one of {', '.join(sorted(RESERVED))}")
    if not isinstance(given, dict):
        raise wrong(f"column {name}: expected its headers and meaning")
    if given.get("person"):
        raise wrong(f"column {name} says person: true, and people's identifiers cannot be loaded yet")
    given = {"headers": [name]} | given
    for listed in ("headers", "allowed"):
        if listed in given:
            given[listed] = tuple(str(item) for item in given[listed])
    column = _made(Column, given | {"name": name}, wrong, f"column {name}")
    if column.type not in TYPES:
        raise wrong(f"column {name} has type {column.type!r}, expected one of {', '.join(TYPES)}")
    if column.thousands not in (None, ",", ".", " ", "'"):
        raise wrong(f"column {name}: thousands is {column.thousands!r}, expected a comma, point, space or apostrophe")
    return column


def _made(kind, given: dict, wrong, where: str):
    known = {f.name for f in fields(kind)}
    strange = sorted(set(given) - known)
    if strange:
        raise wrong(f"{where} says {', '.join(map(repr, strange))}, which means nothing here")
    try:
        return kind(**given)
    except TypeError as error:
        missing = re.findall(r"'(\w+)'", str(error))
        raise wrong(f"{where} needs {', '.join(missing)}") from None


def _yaml(path: Path) -> dict:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        raise BadContract(
            f"{path} is missing; a source is a folder of contract.yaml, suite.yaml and sample.csv."
        ) from None
    except yaml.YAMLError as error:
        raise BadContract(f"{path} is not readable YAML: {' '.join(str(error).split())}.") from None


def _fingerprint(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()
