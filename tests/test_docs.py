"""README and docs: short where they must be, and silent about nothing that a user can write, run or open."""

import ast
import re
from dataclasses import fields

import pytest

from etl.__main__ import app
from etl.config import contracts, indicators, settings
from etl.config.columns import Column
from etl.config.questionnaire import Question, Questionnaire
from etl.paths import PROJECT
from pages.parts.shell import pages

README = (PROJECT / "README.md").read_text(encoding="utf-8")
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted((PROJECT / "docs").glob("*.md"))}
DOCS = "\n".join([README, *PAGES.values()])
MAX_README_LINES = 120
# What the engine fills in itself: nobody writes these keys.
OF_THE_ENGINE = {
    contracts.Contract: {"source", "suite", "questionnaire", "fingerprint", "folder"},
    Column: {"name", "formats"},
    indicators.Indicator: {"indicator", "sql", "place", "beside"},
    Question: {"code"},
}


def keys_of(*records: type) -> set[str]:
    return {each.name for record in records for each in fields(record)} - set().union(
        *(OF_THE_ENGINE.get(record, set()) for record in records)
    )


def without_code_mark(names: set[str], text: str) -> set[str]:
    """The names that do not stand in the text as code."""
    code = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`\n]+)`", text))))
    return names - code


def environment_variables() -> set[str]:
    """The variables of our own that the program reads, by their names as text in the code."""
    found = set()
    for path in [PROJECT / "app.py", *(PROJECT / "etl").rglob("*.py"), *(PROJECT / "pages").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set(re.findall(r"\bKINSHIP_[A-Z_]+\b", node.value))
    return found


def test_readme_is_short():
    assert len(README.splitlines()) <= MAX_README_LINES


def test_every_verb_is_documented():
    verbs = {command.name or command.callback.__name__ for command in app.registered_commands}
    verbs |= {group.name for group in app.registered_groups}
    assert without_code_mark(verbs, PAGES["using-your-data.md"]) == set()


def test_every_page_is_documented():
    assert {page.path for page in pages.PAGES.values() if f"`{page.path}`" not in PAGES["pages.md"]} == set()


@pytest.mark.parametrize(
    ("page", "keys"),
    [
        ("sources.md", keys_of(contracts.Contract, contracts.Format, contracts.Level, contracts.Hierarchy)),
        ("sources.md", keys_of(contracts.Crosswalk, Column)),
        ("sources.md", set(contracts.EACH_FILE)),
        ("indicators.md", keys_of(indicators.Indicator) | {"constructs"}),
        ("indicators.md", {word for name, allowed in indicators.CHOICES.items() if name != "hindrance" for word in allowed}
         - set(indicators.CHOICES["help"])),
        ("surveys.md", keys_of(Questionnaire, Question)),
        ("using-your-data.md", keys_of(settings.Settings, settings.DisclosureRules, settings.Retention)),
    ],
)  # fmt: skip
def test_every_key_is_documented(page: str, keys: set[str]):
    assert without_code_mark(keys, PAGES[page]) == set()


def test_every_environment_variable_is_documented():
    variables = environment_variables()
    assert "KINSHIP_HOME" in variables
    assert without_code_mark(variables, DOCS) == set()


def test_links_lead_somewhere():
    everywhere = {"README.md": README, **{f"docs/{name}": text for name, text in PAGES.items()}}
    for name, text in everywhere.items():
        folder = (PROJECT / name).parent
        for link in re.findall(r"\]\(([^)#\s]+)", text):
            assert link.startswith(("https://", "http://", "mailto:")) or (folder / link).exists(), f"{name}: {link}"
