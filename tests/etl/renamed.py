"""Extracts under headings that nobody has seen, and how far a contract proposed for them is the one that we know."""

import csv
from pathlib import Path
from typing import Any

from etl.config.contracts import Contract, plain
from etl.privacy import personal_data

NUMBERS = {"number", "whole_number"}
Proposal = dict[str, Any]


def renamed(path: Path, to: Path) -> list[str]:
    """Writes the extract with headings that say nothing; returns the headings it had."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        headings, *rows = csv.reader(file)
    with to.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([[f"Feld {number}" for number in range(len(headings))], *rows])
    return headings


def differences(proposal: Proposal, contract: Contract, headings: list[str]) -> list[str]:
    """What of a proposal is not as the contract has it, where only one of the two can be right. `headings` are the file's own,
    in the order of the proposal's columns."""
    found = []
    ours: dict[str, str] = {}  # the proposal's name of each of the contract's columns
    wanted = {plain(header): column for column in contract.columns for header in column.headers}
    for heading, column in zip(headings, proposal["columns"], strict=True):
        true = wanted.get(plain(heading))
        if true is None:
            personal = personal_data.forbidden(heading, person=True) or personal_data.forbidden(heading, person=False)
            if personal and column["use"] == "load":
                found.append(f"{heading} is loaded, which names people")
            continue
        ours[true.name] = column["name"]
        if true.person != (column["use"] == "person"):
            found.append(f"{heading} is {'no person' if true.person else 'a person'}")
        elif not true.person and column["use"] == "load":
            same = column["type"] == true.type or {column["type"], true.type} <= NUMBERS
            if not same and not (true.type == "yes_no" and len(column["allowed"]) == 2):
                found.append(f"{heading} is {column['type']}, not {true.type}")
            if bool(column["refers_to"]) != bool(true.refers_to):
                found.append(f"{heading} {'refers to' if column['refers_to'] else 'does not refer to'} units")
            if (column["weekday_of"] is None) != (true.weekday_of is None):
                found.append(f"{heading} and weekdays")
        elif not true.person and not true.optional:
            found.append(f"{heading} is not loaded")
    if contract.month_of and ours.get(contract.month_of) != proposal["month_of"]:
        found.append(f"the month is {proposal['month_of']}")
    if {ours.get(name) for name in contract.key} != set(proposal["key"]):
        found.append(f"the key is {' and '.join(proposal['key'])}")
    if contract.each_file != proposal["each_file"]:
        found.append(f"each file {proposal['each_file']}")
    return found
