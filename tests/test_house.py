"""The house rules: which way imports run, where SQL lives, what the README lists."""

import ast
import re
from pathlib import Path

import pytest

from etl import contracts, indicators
from etl.__main__ import app
from etl.paths import EXPECTATIONS, PROJECT, SQL

ENGINE = sorted((PROJECT / "etl").rglob("*.py"))
APP = [PROJECT / "app.py", *sorted((PROJECT / "pages").rglob("*.py"))]
README = (PROJECT / "README.md").read_text(encoding="utf-8")

# What may import what: lower may never import higher.
FLOORS = [
    {"etl.paths", "etl.privacy", "etl.clock", "etl.safe_yaml", "etl.quoting", "etl.printable"},
    {"etl.tables", "etl.people", "etl.settings", "etl.columns", "etl.engine", "etl.errors", "etl.backup", "etl.layout"},
    {"etl.survey.questionnaire", "etl.survey.headings", "etl.survey.scoring"},
    {"etl.contracts", "etl.indicators", "etl.spc", "etl.series", "etl.shares", "etl.crossings", "etl.dialect"},
    {
        "etl.rules",
        "etl.strain.figures",
        "etl.strain.season",
        "etl.strain.combine",
        "etl.strain.verdict",
        "etl.strain.null",
    },
    {"etl.strain.model", "etl.strain.extract"},
    {"etl.strain"},
    {"etl.cases", "etl.chart"},
    {"etl.disclosure"},
    {"etl.survey"},
    {"etl.steps"},
    {"etl.taking", "etl.demo", "etl.spark", "etl.losses"},
    {"etl.intake"},
    {"etl.build"},
    {"etl.checks", "etl.proposal", "etl.purge"},
    {"etl.__main__"},
]
SQL_WORDS = re.compile(r"\b(SELECT\b.+\bFROM|INSERT INTO|CREATE TABLE|DELETE FROM)\b", re.DOTALL)


def imported(path: Path) -> set[str]:
    """Every module a file imports, wherever in the file it does."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(PROJECT).with_suffix("").parts)


def floor(module: str) -> int | None:
    return next(
        (n for n, names in enumerate(FLOORS) if any(module == name or module.startswith(name + ".") for name in names)),
        None,
    )


@pytest.mark.parametrize("path", ENGINE, ids=module_of)
def test_the_engine_imports_downwards_and_never_the_app(path):
    modules = imported(path)
    assert not {m for m in modules if m.split(".")[0] in ("streamlit", "altair", "pages", "app")}
    here = floor(module_of(path))
    if path.name != "__init__.py":
        assert here is not None, f"{module_of(path)} stands on no floor of FLOORS"
        assert not {m for m in modules if (other := floor(m)) is not None and other > here}


@pytest.mark.parametrize("path", APP, ids=module_of)
def test_the_app_never_imports_the_engine(path):
    assert not {module for module in imported(path) if module.split(".")[0] == "etl"}


@pytest.mark.parametrize("path", [path for path in APP if "parts" in path.parts], ids=module_of)
def test_parts_import_no_page(path):
    assert not {module for module in imported(path) if re.match(r"pages\.(leaders|executives|analysts)|app$", module)}


@pytest.mark.parametrize("path", ENGINE, ids=module_of)
def test_no_module_uses_the_connection_that_all_of_python_shares(path):
    """It serves one result at a time, and files are read side by side."""
    assert not re.findall(r"\bduckdb\.(?:read_\w+|execute|sql|query|from_\w+)\(", path.read_text(encoding="utf-8"))


def test_great_expectations_is_imported_in_one_module():
    assert [module_of(path) for path in ENGINE if "great_expectations" in imported(path)] == ["etl.steps.judge"]


def test_no_script_stands_directly_in_pages():
    """Streamlit would serve it without app.py after a restart."""
    assert list((PROJECT / "pages").glob("*.py")) == []


@pytest.mark.parametrize("path", APP, ids=module_of)
def test_pages_hold_no_sql(path):
    strings = [
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert not [text for text in strings if SQL_WORDS.search(text)]


def test_the_engine_knows_no_source_and_no_indicator_by_name():
    """Some are plain words too (teams, rota): a name is one in quotes, or behind the name of a schema."""
    names = {*contracts.load([EXPECTATIONS]), *indicators.load(SQL / "indicators")}
    knows = {
        module_of(path): sorted(
            name
            for name in names
            if re.search(
                rf"""["'`](?:\w+\.)?{name}["'`]|\b(?:source|core)\.{name}\b""", path.read_text(encoding="utf-8")
            )
        )
        for path in [*ENGINE, *APP]
        # The demonstration writes extracts of them; a role is called staff, too.
        if not module_of(path).startswith(("etl.demo.", "pages.parts.access", "pages.parts.looked"))
    }
    assert {module: found for module, found in knows.items() if found} == {}


def test_the_readme_lists_every_verb_and_every_page():
    verbs = {command.name or command.callback.__name__ for command in app.registered_commands}
    pages = {
        str(path.relative_to(PROJECT)) for path in APP if path.parent.name in ("leaders", "executives", "analysts")
    }
    assert {verb for verb in verbs if f"`{verb}" not in README} == set()
    assert {page for page in pages if f"`{page}`" not in README} == set()


def test_every_top_level_name_is_where_its_user_fixed_it():
    fixed = ("app.py", "pages", "etl", "expectations", "sql", "tests", "requirements.txt", "README.md", "LICENSE")
    assert all((PROJECT / name).exists() for name in fixed)
