"""Makes up the sample of a source: good rows and bad ones, and beside each what should be found wrong with it. Nothing in it
comes from the file that the source was told from, but the words that are allowed."""

import csv
import datetime as dt
import io
from pathlib import Path
from typing import Any

from etl.config.contracts import Contract
from etl.intake.expectations.suite import READS_AS
from etl.proposal.suites import is_never_below_zero, spans

Record = dict[str, Any]
GOOD = 4
UNREADABLE = {"number": "a few", "whole_number": "a few", "date": "soon", "timestamp": "soon", "yes_no": "perhaps"}
FIRST = dt.datetime(2025, 1, 1, 9, 0)


def sample_of(proposal: Record, contract: Record, known: dict[str, Contract]) -> str:
    """The sample as CSV, with a column `expect`."""
    columns = [column for column in proposal["columns"] if column["use"] in ("load", "person")]
    maker = _Maker(columns, list(contract["key"]), known)
    good = [(maker.row(), "") for _ in range(GOOD)]
    rows = [*good, *_bad(maker, columns, contract)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*(column["heading"] for column in columns), "expect"])
    writer.writerows([*(row[column["name"]] for column in columns), expect] for row, expect in rows)
    return text.getvalue()


class _Maker:
    """Makes rows that are all in order, and no two of which share a key."""

    def __init__(self, columns: list[Record], key: list[str], known: dict[str, Contract]):
        self.columns, self.number = columns, 0
        self.choices = {column["name"]: _choices(column, known) for column in columns}
        self.strides, stride = {}, 1
        for name in key:
            if choices := self.choices.get(name):
                self.strides[name] = stride
                stride *= len(choices)
        free = [name for name in key if name in self.choices and not self.choices[name]]
        self.most = 10_000 if free else stride  # rows that can be told apart

    def row(self, cells: dict[str, str] | None = None) -> dict[str, str]:
        number, self.number = self.number, self.number + 1
        made = {column["name"]: self._cell(column, number) for column in self.columns}
        for column in self.columns:
            if column["use"] == "load" and column.get("weekday_of") in made:
                made[column["name"]] = f"{_moment(self._of(column['weekday_of']), number):%a}"
        return made | (cells or {})

    def left(self) -> bool:
        return self.number < self.most

    def _of(self, name: str) -> Record:
        return next(column for column in self.columns if column["name"] == name)

    def _cell(self, column: Record, number: int) -> str:
        name, kind = column["name"], column.get("type")
        if column["use"] == "person":
            return f"X{number + 1:05}"
        if choices := self.choices[name]:
            return choices[number // self.strides.get(name, 1) % len(choices)]
        if kind in ("number", "whole_number"):
            return {
                ",": f"1,{number + 100:03}",
                ".": f"1.{number + 100:03}",
                " ": f"1 {number + 100:03}",
                "'": f"1'{number + 100:03}",
            }.get(column.get("thousands"), str(number + 1))
        if kind in ("date", "timestamp"):
            return _written(column, _moment(column, number))
        return _fitted(column, f"Example {number + 1}")


def _choices(column: Record, known: dict[str, Contract]) -> list[str]:
    """The few things that may stand in a column; none where anything may."""
    if column["use"] == "person":
        return []
    if column.get("refers_to") in known:
        return _names_of(known[column["refers_to"]])
    if column.get("type") == "yes_no":
        return ["Yes", "No"]
    return [str(word) for word in column.get("allowed") or []] if column.get("type") == "text" else []


def _names_of(contract: Contract) -> list[str]:
    """Names that the sample of another source has in good rows, under the first column of its key."""
    path: Path = contract.folder / "sample.csv"
    if not path.exists():
        return []
    headers = contract.column(contract.key[0]).headers
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if not row.get("expect")]
    return list(dict.fromkeys(row[header] for row in rows for header in headers if row.get(header)))


def _moment(column: Record, number: int) -> dt.datetime:
    """A date that fits what the column can tell: a day, a month or a year."""
    form = "".join(column.get("formats") or [])
    if form and "%d" not in form and "%m" not in form and "%b" not in form and "%B" not in form:
        return FIRST.replace(year=1950 + number)
    if form and "%d" not in form:
        return FIRST.replace(year=2000 + number // 12, month=number % 12 + 1)
    return FIRST + dt.timedelta(days=number)


def _written(column: Record, moment: dt.datetime) -> str:
    form = next(iter(column.get("formats") or []), "%Y-%m-%d" if column["type"] == "date" else "%Y-%m-%d %H:%M")
    if column["type"] == "date":
        moment = moment.replace(hour=0, minute=0)
    text = moment.strftime(form)
    return f"from {text}" if column.get("last_characters") == len(text) else text


def _fitted(column: Record, text: str) -> str:
    if column.get("first_characters"):
        return text.replace("Example ", "").rjust(column["first_characters"], "0")
    if column.get("last_characters"):
        return text.replace("Example ", "").rjust(column["last_characters"], "0")
    return text


def _bad(maker: _Maker, columns: list[Record], contract: Record) -> list[tuple[dict[str, str], str]]:
    """A row for each thing that may be wrong, with what should be found; as many as can be told apart by their keys."""
    rows: list[tuple[dict[str, str], str]] = []
    loaded = [column for column in columns if column["use"] == "load"]

    def add(expect: str, name: str, cell: str) -> None:
        if maker.left():
            rows.append((maker.row({name: cell}), expect))

    for begin, end in spans(loaded):
        if maker.left():
            made = maker.row()
            early = _moment(end, maker.number) - dt.timedelta(days=60)
            rows.append((made | {end["name"]: _written(end, early)}, f"{end['heading']} is before {begin['heading']}"))
    for column in columns:
        name, heading = column["name"], column["heading"]
        if not column.get("optional"):
            add(f"{heading} is empty", name, "")
        if column["use"] == "person":
            continue
        if unreadable := UNREADABLE.get(column.get("type")):
            add(f"{heading} is not {READS_AS[column['type']]}", name, unreadable)
        if is_never_below_zero(column):
            add(f"{heading} is below zero", name, "-1")
        if column.get("refers_to"):
            add(f"{heading} is not known", name, "A unit that nobody knows")
        elif column.get("allowed") and column.get("type") == "text":
            add(f"{heading} is not one of the allowed words", name, "Some other word")
    for name, words in (contract.get("leave_out") or {}).items():
        heading = next(column["heading"] for column in columns if column["name"] == name)
        add(f"{heading} is a totals row", name, str(words[0]))
    free = [column for column in loaded if column["name"] not in contract["key"] and not maker.choices[column["name"]]]
    free = [column for column in free if not column.get("weekday_of") and column["name"] != contract.get("month_of")]
    if free and maker.left():
        row = maker.row()
        other = row | {free[0]["name"]: maker._cell(free[0], maker.number + 40)}
        headings = {column["name"]: column["heading"] for column in columns}
        said = " and ".join(headings[name] for name in contract["key"]) + " stands twice with different figures"
        rows += [(row, said), (other, said)]
    return rows
