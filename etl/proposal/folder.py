"""Turns a proposal, as an analyst has left it, into the folder of a source: contract.yaml, suite.yaml, and a sample of made-up
rows. No cell of the file it was told from goes into the folder, but the words that an analyst has allowed."""

import re
import shutil
from pathlib import Path
from typing import Any

import yaml

from etl.build import load_contracts
from etl.config import contracts as contract_files
from etl.config.contracts import BadContract, Contract
from etl.paths import EXPECTATIONS, Workspace
from etl.proposal.samples import sample_of
from etl.proposal.suites import is_plain, suite_of

NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _\-,.&'()]{0,100}\*?")
TEXT = 400  # characters of a title, owner or meaning
Record = dict[str, Any]
OF_COLUMN = ("type", "thousands", "first_characters", "last_characters", "weekday_of", "refers_to", "allowed")


def contract_record(proposal: Record) -> Record:
    """The contract as YAML holds it: what goes without saying is left out. Raises BadContract for what cannot be said."""
    record: Record = {
        "title": _line(proposal.get("title")) or _name(proposal),
        "owner": _line(proposal.get("owner")) or "Not named yet",
        "file": [_pattern(given) for given in proposal.get("file") or []],
    }
    for said in ("system",):
        if text := _line(proposal.get(said)):
            record[said] = text
    record |= {name: proposal.get(name) for name in ("each_file", "complete_after_days")}
    if proposal.get("published"):
        record["published"] = True
    record["key"] = list(proposal.get("key") or [])
    if proposal.get("month_of"):
        record["month_of"] = proposal["month_of"]
    layout = {name: value for name, value in (proposal.get("format") or {}).items() if value not in (None, [], "")}
    if layout:
        record["format"] = layout
    loaded = [column for column in proposal.get("columns") or [] if column.get("use") in ("load", "person")]
    names = {column.get("name") for column in loaded}
    left_out = {
        name: list(words) for name, words in (proposal.get("leave_out") or {}).items() if name in names and words
    }
    if left_out:
        record["leave_out"] = left_out
    twice = sorted(
        {str(column.get("name")) for column in loaded if [c.get("name") for c in loaded].count(column.get("name")) > 1}
    )
    if twice:
        raise BadContract(f"Two columns are called {twice[0]}; each needs a name of its own.")
    if not loaded:
        raise BadContract("No column is loaded; at least one must be.")
    record["columns"] = {str(column["name"]): _column(column, names) for column in loaded}
    if not record["key"]:
        raise BadContract("Nothing is said to tell the rows apart; choose the columns that no two rows share.")
    if not record["file"]:
        raise BadContract("Nothing says what its files are called; give the beginning of their names.")
    if gone := [name for name in record["key"] if name not in names]:
        raise BadContract(f"{gone[0]} tells the rows apart and is not loaded; load it, or choose others.")
    return record


def _column(column: Record, names: set) -> Record:
    said: Record = {"headers": [str(column["heading"])]}
    if column["use"] == "person":
        said["person"] = True
    else:
        for part in OF_COLUMN:
            value = column.get(part)
            if (
                value not in (None, "", [])
                and not (part == "type" and value == "text")
                and not (part == "weekday_of" and value not in names)
            ):
                said[part] = value
        if column.get("formats") and column.get("type") in ("date", "timestamp"):
            said["format"] = list(column["formats"])
        if column.get("allowed"):
            said["spellings"] = {str(word): [] for word in column["allowed"]}  # whatever its capitals
    if column.get("optional"):
        said["optional"] = True
    said["meaning"] = _line(column.get("meaning")) or (
        "Kept as a keyed hash."
        if column["use"] == "person"
        else f"As the extract calls it: {_line(column['heading'])}."
    )
    return said


def _name(proposal: Record) -> str:
    name = str(proposal.get("source") or "")
    if not NAME.fullmatch(name):
        raise BadContract(
            f"{name[:60]!r} cannot name a source: use small letters, digits and underscores, beginning with a letter."
        )
    return name


def _pattern(given: Any) -> str:
    if not isinstance(given, str) or not PATTERN.fullmatch(given) or given.strip(" *.") == "":
        raise BadContract(
            f"{str(given)[:60]!r} cannot be what its files are called: letters, digits, spaces and dashes, and one * at the end "
            "for what changes."
        )
    return given


def _line(given: Any) -> str:
    return " ".join(str(given or "").split())[:TEXT]


def files_of(proposal: Record, known: dict[str, Contract]) -> dict[str, str]:
    """The three files of the folder. Raises BadContract."""
    _name(proposal)
    record = contract_record(proposal)
    suite = suite_of(proposal)
    return {
        "contract.yaml": _yaml(record),
        "suite.yaml": "# critical refuses the file, warning sets the row aside, info notes it.\n"
        + _yaml({"expectations": suite}),
        "sample.csv": sample_of(proposal, record, known),
    }


class _Dumper(yaml.SafeDumper):
    """Writes a query of several lines as lines, and what YAML would take for the end of a line as an escape."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    if set(text) & set("\r\x85\u2028\u2029\ufeff"):
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def _yaml(record: Record) -> str:
    return yaml.dump(record, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None)


def write(proposal: Record, place: Path, known: dict[str, Contract]) -> Contract:
    """Writes the folder into `place` and reads it as a build would. Raises BadContract."""
    folder = place / _name(proposal)
    folder.mkdir(parents=True)
    for name, text in files_of(proposal, known).items():
        (folder / name).write_text(text, encoding="utf-8")
    try:
        contract = contract_files.read(folder)
    except BadContract as error:
        raise BadContract(str(error).replace(f"{folder}/contract.yaml: ", "").replace(f"{folder}/", "")) from None
    if not all(map(is_plain, contract.suite)):
        raise BadContract(
            "A proposal brings no expectations of its own; write them into the suite of the saved source."
        )
    return contract


def save(proposal: Record, workspace: Workspace) -> Path:
    """Puts the folder among the workspace's own sources, whole or not at all. Raises BadContract; nothing is overwritten."""
    name = _name(proposal)
    known = load_contracts(workspace)
    folder = workspace.expectations / name
    if name in known or folder.exists() or (EXPECTATIONS / name).exists():
        raise BadContract(f"There is a source called {name} already; choose another name.")
    workspace.make()
    unfinished = workspace.work / f"source.{name}"
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        contract = write(proposal, unfinished, known)
        _expect_files_of_its_own(contract, known, workspace)
        workspace.expectations.mkdir(parents=True, exist_ok=True)
        (unfinished / name).rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _expect_files_of_its_own(contract: Contract, known: dict[str, Contract], workspace: Workspace) -> None:
    """Raises BadContract if files of other sources, in the inbox or as their contracts name them, would be this one's too."""
    there = [path.name for path in workspace.inbox.rglob("*") if path.is_file()]
    usual = [pattern.replace("*", "_2026-01") for other in known.values() for pattern in other.file]
    own = [pattern.replace("*", "_2026-01") for pattern in contract.file]
    for file in [*there, *usual, *own]:
        takers = [other.title for other in known.values() if other.expects(file)]
        if takers and contract.expects(file):
            raise BadContract(
                f"A file called {file} belongs to {' and '.join(takers)} and would belong to {contract.title} too; "
                "choose another beginning for the names of these files."
            )
