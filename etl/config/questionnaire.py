"""Reads `questionnaire.yaml`: what a survey asked, as data, beside the contract of its extracts.

Two kinds: `answers` (one row an answer-sheet; each item one of our columns) and `results` (already added up by others; each
question one column of per cent, and perhaps one of how many answered). Either says which construct each question speaks
to: a node of the circle, a hindrance or a help, as the three indicator files name them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from etl import safe_yaml
from etl.config.columns import words

FILE = "questionnaire.yaml"
KINDS = ("answers", "results")
HIGHEST = 10  # of a score; a reversed item is 10 − x
POINTS = (0, 2.5, 5, 7.5, 10)
CANNOT_SAY = "cannot say"  # as an accepted cell has it: answered, and no score
PARTS = ("circle", "hinders", "helps")
Wrong = Callable[[str], Exception]


@dataclass(frozen=True)
class Question:
    """One item of a questionnaire, or one question of published results."""

    code: str
    text: str
    construct: str  # circle.kinship
    reversed: bool = False  # agreeing means less of it; of results: a lower figure is better
    headers: tuple[str, ...] = ()
    base: str | None = None  # results: the heading under which stands how many answered

    @property
    def column(self) -> str:
        return re.sub(r"[^a-z0-9]+", "_", self.code.casefold()).strip("_")


@dataclass(frozen=True)
class Questionnaire:
    """What a survey asked, how its answers are written and what is known of its worth."""

    kind: str
    title: str
    validated: bool
    note: str
    questions: tuple[Question, ...]
    wave: str = "wave"  # our column that holds the month a wave closed in, or the year of results
    team: str = "team"
    options: dict[float, tuple[str, ...]] = field(default_factory=dict)  # points: how the answer is written
    cannot_say: tuple[str, ...] = ()
    per_cent_sign: bool = False  # results: written as 81%

    def columns(self) -> dict[str, dict[str, Any]]:
        """The columns that the questions add to the contract, as its YAML would say them."""
        if self.kind == "answers":
            said = {_number(points): list(spelled) for points, spelled in self.options.items()}
            said |= {CANNOT_SAY: list(self.cannot_say)}
            return {
                question.column: {
                    "headers": [question.code, question.text, *question.headers],
                    "spellings": said,
                    "allowed": list(said),
                    "optional": True,
                    "heading_optional": True,
                    "meaning": question.text,
                }
                for question in self.questions
            }
        found: dict[str, dict[str, Any]] = {}
        for question in self.questions:
            found[question.column] = {
                "headers": list(question.headers or (question.code,)),
                "type": "text" if self.per_cent_sign else "number",
                "optional": True,
                "meaning": question.text,
            }
            if question.base:
                found[f"{question.column}_answered"] = {
                    "headers": [question.base],
                    "type": "whole_number",
                    "optional": True,
                    "meaning": f"How many answered: {question.text}",
                }
        return found

    def suite(self) -> list[dict[str, Any]]:
        """What is expected of published results beyond their types: per cent is from 0 to 100."""
        if self.kind == "answers":
            return []
        why = "A share below nothing or above the whole means that the columns have moved."
        if self.per_cent_sign:
            kind, more = "match_regex", {"regex": r"^([0-9]|[1-9][0-9]|100)(\.[0-9]+)?%$"}
        else:
            kind, more = "be_between", {"min_value": 0, "max_value": 100}
        return [
            {
                "type": f"expect_column_values_to_{kind}",
                "kwargs": {"column": question.column, **more},
                "severity": "warning",
                "meta": {"says": "is not per cent", "why": why},
            }
            for question in self.questions
        ]


def read(folder: Path, wrong: Wrong) -> Questionnaire | None:
    """The questionnaire of a source; None where it has none. `wrong` makes the error of a sentence, which it raises."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        record = safe_yaml.load(path.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise wrong(f"{FILE} is not readable YAML in UTF-8: {' '.join(str(error).split())}") from None
    if not isinstance(record, dict) or record.get("kind") not in KINDS:
        raise wrong(f"{FILE}: expected kind, one of {', '.join(KINDS)}")
    asked = {"kind", "title", "validated", "note", "questions"}
    known = asked | {"wave", "team", "options", "cannot_say", "per_cent_sign"}
    if strange := sorted(set(record) - known):
        raise wrong(f"{FILE} says {', '.join(strange)}, which means nothing there")
    if missing := sorted(asked - set(record)):
        raise wrong(f"{FILE} lacks {', '.join(missing)}")
    if not isinstance(record["validated"], bool):
        raise wrong(f"{FILE}: validated is {record['validated']!r}, expected true or false")
    if not isinstance(record["questions"], dict) or not record["questions"]:
        raise wrong(f"{FILE}: expected questions, each with its text and construct")
    questions = tuple(_question(str(code), given, wrong) for code, given in record["questions"].items())
    columns = [question.column for question in questions]
    if twice := sorted({column for column in columns if columns.count(column) > 1}):
        raise wrong(f"{FILE}: two questions would be called {twice[0]}; give them codes that differ")
    return Questionnaire(
        **{name: given for name, given in record.items() if name not in ("questions", "options", "cannot_say")},
        questions=questions,
        options=_options(record, wrong),
        cannot_say=words(record.get("cannot_say"), wrong, f"cannot_say of {FILE}"),
    )


def _question(code: str, given: Any, wrong: Wrong) -> Question:
    if not isinstance(given, dict) or not {"text", "construct"} <= set(given):
        raise wrong(f"{FILE}: question {code} needs its text and construct")
    if strange := sorted(set(given) - {"text", "construct", "reversed", "headers", "base"}):
        raise wrong(f"{FILE}: question {code} says {', '.join(strange)}, which means nothing there")
    part, _, name = str(given["construct"]).partition(".")
    if part not in PARTS or not re.fullmatch(r"[a-z_]+", name):
        raise wrong(
            f"{FILE}: construct of question {code} is {given['construct']!r}, expected a name such as circle.kinship, "
            f"of one of {', '.join(PARTS)}"
        )
    headers = words(given.get("headers"), wrong, f"headers of question {code}")
    return Question(**given | {"code": code, "text": str(given["text"]).strip(), "headers": headers})


def _options(record: dict[str, Any], wrong: Wrong) -> dict[float, tuple[str, ...]]:
    given = record.get("options") or {}
    if record["kind"] == "results":
        return {}
    if not isinstance(given, dict) or not all(isinstance(points, int | float) for points in given):
        raise wrong(f"{FILE}: options says for each number of points from 0 to {HIGHEST} how that answer is written")
    if len(given) < 2 or min(given) != 0 or max(given) != HIGHEST:
        raise wrong(f"{FILE}: options must reach from 0 to {HIGHEST} points")
    return {float(points): words(spelled, wrong, f"options of {FILE}") for points, spelled in given.items()}


def _number(points: float) -> str:
    """2.5; 10, not 10.0"""
    return f"{points:g}"
