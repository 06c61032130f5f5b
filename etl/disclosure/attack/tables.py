"""What stands in a release beside its values: everything made of figures rests on shown ones, or tells what is hidden.

The questions are in sql/attack: the first line of each says how what it finds falls, the second what it is. Those of sql/checks,
which a release passes before it is published, are asked as well.
"""

from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from etl.database import connect_to_release
from etl.disclosure.attack.finding import Finding
from etl.disclosure.attack.kinds import kind_of
from etl.paths import SQL

MAX_FINDINGS = 200  # of one question and release; it says no more to name more of them


@dataclass
class Answers:
    """What the questions found in one release, and those that could not be asked of it, with the reason."""

    findings: list[Finding] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def questions(folder: str) -> list[Path]:
    return sorted((SQL / folder).glob("*.sql"))


def ask(path: Path, name: str, headers: dict) -> Answers:
    """Asks all questions of the release at `path`."""
    answers = Answers()
    kinds = {indicator: kind_of(header) for indicator, header in headers.items()}
    with connect_to_release(path) as con:
        for question in questions("attack"):
            text = question.read_text(encoding="utf-8")
            how = text.splitlines()[0].removeprefix("--").strip()
            for indicator, unit, month in _rows(con, question, text, name, answers):
                found = Finding(how, kinds.get(indicator, ""), indicator, unit, month, releases=(name,))
                answers.findings.append(found)
        for question in questions("checks"):
            if _rows(con, question, question.read_text(encoding="utf-8"), name, answers):
                answers.findings.append(Finding("check", "", question.stem, releases=(name,)))
    return answers


def _rows(con: duckdb.DuckDBPyConnection, question: Path, text: str, name: str, answers: Answers) -> list[tuple]:
    try:
        return con.execute(text).fetchmany(MAX_FINDINGS)
    except (duckdb.CatalogException, duckdb.BinderException):  # an older release lacks a table or a column
        answers.skipped.append(
            f"{name}: {question.parent.name}/{question.stem} was not asked, for this release has not all it asks of."
        )
        return []
