"""Reads the contracts and suites of `expectations/`: what each extract is, in the words of the analyst who owns it."""

import codecs
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from etl import safe_yaml
from etl.config.columns import Column, column_of, made, words
from etl.config.questionnaire import FILE as QUESTIONNAIRE
from etl.config.questionnaire import Questionnaire
from etl.config.questionnaire import read as read_questionnaire

BESIDE = (
    "text",
    "unread",
    "unknown",
    "filled",
    "private",
    "other_weekday",
    "lookup",
)  # the engine's, before a column's name
SEVERITIES = ("critical", "warning", "info")
EACH_FILE = ("adds", "replaces_its_months", "replaces_all", "adds_to_its_months")
NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")  # it becomes the name of a table
TAKEN = ("protection", "withdrawn")  # the engine's own folders in the store
ENDINGS = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".parquet")


class BadContract(Exception):
    """A contract, suite or sample does not say what it must; the sentence names the file."""


@dataclass(frozen=True)
class Level:
    """A level of the organisation that a file brings with it: from a column, or one fixed unit at the top."""

    level: str
    column: str | None = None
    title: str | None = None  # the column that holds the name; of a fixed unit, the name itself
    unit: str | None = None  # the fixed unit's id


@dataclass(frozen=True)
class Hierarchy:
    """Which columns of a reference say who stands under whom, a row a unit and spell."""

    unit: str
    title: str
    level: str
    parent: str
    from_month: str
    to_month: str
    successor: str


@dataclass(frozen=True)
class Crosswalk:
    """Which columns of a reference say what a system calls a unit; a blank system means all of them."""

    system: str
    name: str
    unit: str


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
    until: str | None = (
        None  # the day to which a row still speaks, blank while it is not over: what lasts is not purged
    )
    published: bool = False
    counts_people: bool = True  # false: a row is nobody, and nothing that was done by or to anybody
    format: Format = Format()
    leave_out: dict[str, list[str]] = field(default_factory=dict)  # totals rows: column: the words that mark them
    brings_teams: tuple[Level, ...] = ()  # lowest first
    system: str = ""  # whose export it is, as the names by system call it
    hierarchy: Hierarchy | None = None
    translates: Crosswalk | None = None
    suite: tuple[dict[str, Any], ...] = ()
    questionnaire: Questionnaire | None = None  # of a survey: what was asked
    fingerprint: str = ""
    folder: Path = Path()

    @property
    def of_people(self) -> bool:
        """Whether its rows may be people, so that they are not told exactly: in doubt they are."""
        exact = self.published or self.hierarchy or self.translates or not self.counts_people
        return not exact or any(column.person for column in self.columns)

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @cached_property
    def kept(self) -> dict[str, str]:
        """The columns of its accepted rows and their types: a moment has its UTC beside it, and a row its month."""
        kept = {}
        for column in self.columns:
            kept[column.name] = column.sql_type
            if column.type == "timestamp":
                kept[f"{column.name}_utc"] = column.sql_type
        return kept | ({"month": "DATE"} if self.month_of else {})

    @property
    def asks(self) -> Questionnaire | None:
        """The questionnaire, where the extracts are answer-sheets."""
        return self.questionnaire if self.questionnaire and self.questionnaire.kind == "answers" else None

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
    """A heading as compared: case, spaces, underscores, dashes and a byte-order mark make no difference, nor whether
    full-time or whole-time equivalents are meant: they are the same."""
    heading = re.sub(r"[‐-―−-]", "-", str(heading).replace("﻿", ""))
    return re.sub(r"[\s_]+", " ", heading).strip().casefold().replace("wte", "fte")


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
    if not NAME.fullmatch(folder.name) or folder.name in TAKEN:
        raise BadContract(
            f"{folder}: a source is called by its folder, in small letters, digits and underscores, such as ward_beds, and "
            f"not {' or '.join(TAKEN)}."
        )
    record, suite_record = _yaml(path), _yaml(folder / "suite.yaml")

    def wrong(what: str) -> BadContract:
        return BadContract(f"{path}: {what}.")

    columns_record = record.pop("columns", None)
    if not isinstance(columns_record, dict) or not columns_record:
        raise wrong("expected columns, each with its headers")
    asked = read_questionnaire(folder, wrong)
    if asked:
        if twice := sorted(set(columns_record) & set(asked.columns())):
            raise wrong(f"{twice[0]} is a column of the contract and of the questionnaire; give one another name")
        columns_record = columns_record | asked.columns()
    columns = tuple(column_of(name, given, wrong) for name, given in columns_record.items())
    names = {column.name for column in columns}

    brought = record.pop("brings_teams", None) or ()
    if not isinstance(brought, list | tuple):
        raise wrong("brings_teams is a list of levels, lowest first")
    levels = tuple(made(Level, given, wrong, "brings_teams") for given in brought)
    for listed in ("file", "key"):
        record[listed] = words(record.get(listed), wrong, listed)
    left_out = record.get("leave_out") or {}
    if not isinstance(left_out, dict):
        raise wrong("leave_out says for each column which words mark a totals row")
    record["leave_out"] = {name: list(words(marks, wrong, f"leave_out of {name}")) for name, marks in left_out.items()}

    expectations = suite_record.get("expectations") or []
    if not isinstance(expectations, list) or not all(isinstance(given, dict) for given in expectations):
        raise BadContract(f"{folder}/suite.yaml: expectations is a list of records.")
    expectations += asked.suite() if asked else []
    contract = made(
        Contract,
        record
        | {
            "source": folder.name,
            "columns": columns,
            "brings_teams": levels,
            "hierarchy": _optional(Hierarchy, record.get("hierarchy"), wrong, "hierarchy"),
            "translates": _optional(Crosswalk, record.get("translates"), wrong, "translates"),
            "format": _format(record.get("format"), wrong),
            "suite": tuple(expectations),
            "folder": folder,
            "questionnaire": asked,
            "fingerprint": _fingerprint(path, folder / "suite.yaml", *folder.glob(QUESTIONNAIRE)),
        },
        wrong,
        "the contract",
    )

    if not isinstance(contract.complete_after_days, int) or contract.complete_after_days < 0:
        raise wrong(f"complete_after_days is {contract.complete_after_days!r}, expected a whole number of days")
    if not isinstance(contract.published, bool):
        raise wrong(f"published is {contract.published!r}, expected true or false")
    if not isinstance(contract.counts_people, bool):
        raise wrong(f"counts_people is {contract.counts_people!r}, expected true or false")
    if not contract.counts_people and (contract.asks or any(column.person for column in columns)):
        raise wrong("counts_people is false, and its rows are people; take that line out")
    if contract.each_file not in EACH_FILE:
        raise wrong(f"each_file is {contract.each_file!r}, expected one of {', '.join(EACH_FILE)}")
    if not contract.file:
        raise wrong("expected file: the pattern of its files' names")
    if asked:
        for role in (asked.wave, asked.team):
            if role not in names:
                raise wrong(f"{QUESTIONNAIRE} needs the column {role}; name its wave and team")
        if contract.month_of != asked.wave:
            raise wrong(f"month_of must be {asked.wave}, by which {QUESTIONNAIRE} tells the waves")
        if not contract.asks and not contract.published:
            raise wrong("results are shown as they are: they need published: true, and to be published already")
        if contract.asks and [column.name for column in columns if column.person]:
            raise wrong("answers are never linked to people: take out the column that says person: true")
    if not contract.key and not contract.asks:
        raise wrong("expected key: the columns that no two rows share")
    if contract.each_file in ("replaces_its_months", "adds_to_its_months") and not contract.month_of:
        combine = "replace" if contract.each_file == "replaces_its_months" else "add to"
        raise wrong(f"a source whose files {combine} their months needs month_of")
    mentioned = {
        "key": contract.key,
        "month_of": filter(None, [contract.month_of]),
        "until": filter(None, [contract.until]),
        "leave_out": contract.leave_out,
        "hierarchy": vars(contract.hierarchy).values() if contract.hierarchy else (),
        "translates": vars(contract.translates).values() if contract.translates else (),
        "brings_teams": [n for level in levels for n in (level.column, level.title if level.column else None) if n],
    }
    for where, which in mentioned.items():
        for name in which:
            if name not in names:
                raise wrong(f"{where} names {name!r}, which is not one of its columns: {', '.join(sorted(names))}")
    for where in ("leave_out", "hierarchy", "translates", "brings_teams"):
        for name in mentioned[where]:
            if contract.column(name).person:
                raise wrong(
                    f"{where} names {name}, which is a person: its text is not kept, so nothing can be told from it"
                )
    if contract.month_of and contract.column(contract.month_of).type not in ("date", "timestamp"):
        raise wrong(f"month_of {contract.month_of} must be a date or a timestamp")
    if contract.until and contract.column(contract.until).type not in ("date", "timestamp"):
        raise wrong(f"until {contract.until} must be a date or a timestamp")
    _expect_types(contract, wrong)
    for level in levels:
        if (level.column is None) == (level.unit is None):
            raise wrong(f"level {level.level} of brings_teams needs either a column or a unit")
    for expectation in contract.suite:
        _expect_sound(expectation, names, folder)
    return contract


def _expect_types(contract: Contract, wrong) -> None:
    """Raises BadContract where a column is not of the type that another part of the contract needs it to be."""
    dates = {column.name for column in contract.columns if column.type in ("date", "timestamp")}
    names = {column.name for column in contract.columns}
    for column in contract.columns:
        if column.weekday_of and column.weekday_of not in dates:
            raise wrong(f"column {column.name}: weekday_of names {column.weekday_of!r}, which is none of its dates")
        beside = {f"{word}_{column.name}" for word in BESIDE} | (
            {f"{column.name}_utc"} if column.type == "timestamp" else set()
        )
        if taken := sorted(beside & names):
            raise wrong(
                f"column {taken[0]} has a name that the engine needs beside {column.name}; call it something else"
            )
    if contract.hierarchy:
        for role, name in vars(contract.hierarchy).items():
            column, is_date = contract.column(name), role in ("from_month", "to_month")
            if (column.type in ("date", "timestamp")) != is_date or (not is_date and column.type != "text"):
                raise wrong(f"hierarchy: {role} is {name}, which must be {'a date' if is_date else 'text'}")
            if column.refers_to:
                raise wrong(
                    f"hierarchy: {role} is {name}, which refers to {column.refers_to}; a hierarchy knows its own units"
                )
    if contract.translates:
        for role, name in vars(contract.translates).items():
            if contract.column(name).type != "text":
                raise wrong(f"translates: {role} is {name}, which must be text")
        if not contract.column(contract.translates.unit).refers_to:
            raise wrong(
                f"translates: unit is {contract.translates.unit}, which must say refers_to: whose units they are"
            )


def _expect_sound(expectation: dict[str, Any], names: set[str], folder: Path) -> None:
    meta, kwargs = expectation.get("meta"), expectation.get("kwargs")
    if not {"type", "severity"} <= set(expectation) or not isinstance(kwargs, dict) or "why" not in (meta or {}):
        raise BadContract(f"{folder}/suite.yaml: each expectation needs type, kwargs, severity and meta.why.")
    if expectation["severity"] not in SEVERITIES:
        raise BadContract(
            f"{folder}/suite.yaml: {expectation['type']} has severity {expectation['severity']!r}, "
            f"expected one of {', '.join(SEVERITIES)}."
        )
    for key, name in kwargs.items():
        if key.startswith("column") and isinstance(name, str) and name not in names | {"month"}:
            raise BadContract(
                f"{folder}/suite.yaml: {expectation['type']} names {name!r}, which is not one of the contract's columns: "
                f"{', '.join(sorted(names))}."
            )


def _format(given: Any, wrong) -> Format:
    layout = given or {}
    if not isinstance(layout, dict):
        raise wrong("format is a record, such as {skip_rows: 2}")
    layout = layout | {
        listed: words(layout[listed], wrong, f"{listed} of format")
        for listed in ("missing", "end_of_time")
        if listed in layout
    }
    layout = made(Format, layout, wrong, "format")
    for name, least in (("skip_rows", 0), ("header_rows", 1)):
        number = getattr(layout, name)
        if not isinstance(number, int) or number < least:
            raise wrong(f"{name} of format is {number!r}, expected a whole number from {least}")
    if not all(year.isdecimal() for year in layout.end_of_time):
        raise wrong(f"end_of_time of format is {', '.join(layout.end_of_time)}, expected years")
    if layout.delimiter is not None and (not isinstance(layout.delimiter, str) or len(layout.delimiter) != 1):
        raise wrong(f"delimiter of format is {layout.delimiter!r}, expected one character")
    if layout.encoding:
        try:
            codecs.lookup(str(layout.encoding))
        except LookupError:
            raise wrong(f"encoding of format is {layout.encoding!r}, which is none; write utf-8 or cp1252") from None
    return layout


def _optional(kind, given: Any, wrong, where: str):
    return None if given is None else made(kind, given, wrong, where)


def _yaml(path: Path) -> dict:
    try:
        record = safe_yaml.load(path.read_text(encoding="utf-8-sig")) or {}
    except FileNotFoundError:
        raise BadContract(
            f"{path} is missing; a source is a folder of contract.yaml, suite.yaml and sample.csv."
        ) from None
    except UnicodeDecodeError:
        raise BadContract(f"{path} is not UTF-8; save it as UTF-8.") from None
    except yaml.YAMLError as error:
        raise BadContract(f"{path} is not readable YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(record, dict):
        raise BadContract(f"{path} is not a record of names and what they say.")
    return record


def _fingerprint(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def unit_column(contract: Contract, contracts: dict[str, Contract]) -> str | None:
    """The column that says which unit a row is of: the first that names one, or the lowest level that the file brings."""
    named = next((column for column, source in contract.refers.items() if contracts[source].hierarchy), None)
    return named or next((level.column for level in contract.brings_teams if level.column), None)
