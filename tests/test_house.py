"""The rules of the house: which way imports run between rooms, how large things may grow, and where what stands."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from etl.config import contracts, indicators
from etl.paths import EXPECTATIONS, PROJECT, SQL

ENGINE = sorted((PROJECT / "etl").rglob("*.py"))
APP = [PROJECT / "app.py", *sorted((PROJECT / "pages").rglob("*.py"))]
PARTS = [path for path in APP if "parts" in path.parts]
PAGES = [path for path in APP if path.parent.parent.name == "pages" and path.parent.name != "parts"]
QUESTIONS = sorted((SQL / "app").glob("*.sql"))

# Rooms from the ground up: a room imports from rooms below it, never from one above or beside it.
FLOORS_OF_ENGINE = [
    {"paths", "quoting", "printable", "safe_yaml"},
    {"database", "errors", "privacy"},
    {"config"},
    {"store"},
    {"intake", "spc"},
    {"disclosure"},
    {"survey", "strain"},
    {"release"},
    {"build"},
    {"check", "retention", "proposal", "demo"},
    {"__main__"},
]
FLOORS_OF_APP = [
    {"log", "streamlit_private"},
    {"release"},
    {"access"},
    {"drawing"},
    {"shell"},
    {"journal"},
    {"indicator"},
    {"strain", "kindness"},
    {"conversation", "quality", "sources"},
    {"review"},
    {"serve"},
]
MAX_FILES_OF_ROOM, MAX_LINES_OF_MODULE, MAX_LINES_OF_FUNCTION = 20, 400, 60
LARGER = {  # module, or module.function: why it is larger
    "etl.__main__": "the verbs, one after another; what they do stands in the rooms",
    "etl.config.contracts": "to become models that are read by a library",
    "etl.config.contracts.read": "to become models that are read by a library",
    "etl.config.indicators._read": "to become models that are read by a library",
    "etl.release.units.lay_out_units": "queries one after another, each of which reads the one before",
    "etl.release.units._place_hierarchy": "queries one after another, each of which reads the one before",
    "etl.release.measure.measure": "queries one after another, each of which reads the one before",
    "etl.intake.take_in.take_source": "to be split by subject",
    "etl.intake.keep.keep": "to be split by subject",
    "etl.intake.keep._keep_rejected": "to be split by subject",
    "etl.intake.file_group.take": "to be split by subject",
    "etl.intake.expectations.suite.of_contract": "one rule of a contract after another",
    "etl.intake.expectations.judge": "to be split by subject",
    "etl.disclosure.step._say_what_is_missing": "one query after another",
    "etl.disclosure.group": "to be split by subject",
}
SQL_WORDS = re.compile(r"\b(SELECT\b.+\bFROM|INSERT INTO|CREATE TABLE|DELETE FROM)\b", re.DOTALL)


def imported(path: Path) -> set[str]:
    """Every module a file imports, wherever in the file it does."""
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return modules


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(PROJECT).with_suffix("").parts)


def room_of(module: str) -> str | None:
    """`intake` of `etl.intake.keep`, `journal` of `pages.parts.journal.store`; None for what stands in no room."""
    match = re.match(r"(?:etl|pages\.parts)\.(\w+)", module)
    return match[1] if match and match[1] != "__init__" else None


def expect_downwards(path: Path, floors: list[set[str]], within: str) -> None:
    floor_of = {room: number for number, rooms in enumerate(floors) for room in rooms}
    room = room_of(module_of(path))
    if room is None:
        return
    assert room in floor_of, f"{room} stands on no floor"
    others = {
        other for module in imported(path) if module.startswith(within) and (other := room_of(module)) in floor_of
    }
    assert {other for other in others - {room} if floor_of[other] >= floor_of[room]} == set()


@pytest.mark.parametrize("path", ENGINE, ids=module_of)
def test_rooms_of_the_engine_import_downwards_and_never_the_app(path):
    assert not {m for m in imported(path) if m.split(".")[0] in ("streamlit", "altair", "pages", "app")}
    expect_downwards(path, FLOORS_OF_ENGINE, "etl.")


@pytest.mark.parametrize("path", PARTS, ids=module_of)
def test_rooms_of_the_app_import_downwards_and_no_page(path):
    assert not {module for module in imported(path) if re.match(r"pages\.(leaders|executives|analysts)|app$", module)}
    expect_downwards(path, FLOORS_OF_APP, "pages.parts.")


@pytest.mark.parametrize("path", APP, ids=module_of)
def test_the_app_never_imports_the_engine(path):
    assert not {module for module in imported(path) if module.split(".")[0] == "etl"}


@pytest.mark.parametrize("base", ["etl", "pages/parts"])
def test_no_two_modules_import_each_other(base):
    """However far round: Python's own order is found by going through them all."""
    from graphlib import TopologicalSorter

    modules = {module_of(path): path for path in (PROJECT / base).rglob("*.py") if path.name != "__init__.py"}
    tuple(
        TopologicalSorter(
            {name: imported(path) & modules.keys() - {name} for name, path in modules.items()}
        ).static_order()
    )


def test_rooms_modules_and_functions_stay_small():
    rooms = Counter(module_of(path).rpartition(".")[0] for path in [*ENGINE, *APP] if path.name != "__init__.py")
    large = {f"{room} has {number} files" for room, number in rooms.items() if number > MAX_FILES_OF_ROOM}
    for path in [*ENGINE, *APP]:
        text, name = path.read_text(encoding="utf-8"), module_of(path)
        if (lines := len(text.splitlines())) > MAX_LINES_OF_MODULE and name not in LARGER:
            large.add(f"{name} has {lines} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines, function = node.end_lineno - node.lineno + 1, f"{name}.{node.name}"
                if lines > MAX_LINES_OF_FUNCTION and function not in LARGER:
                    large.add(f"{function} has {lines} lines")
    assert large == set()


def test_what_may_be_larger_is_there_and_is():
    for name in LARGER:
        path = PROJECT / (name.replace(".", "/") + ".py")
        if not path.exists():
            module, _, function = name.rpartition(".")
            tree = ast.parse((PROJECT / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8"))
            node = next(each for each in ast.walk(tree) if getattr(each, "name", "") == function)
            assert node.end_lineno - node.lineno + 1 > MAX_LINES_OF_FUNCTION, name
        else:
            assert len(path.read_text(encoding="utf-8").splitlines()) > MAX_LINES_OF_MODULE, name


def test_no_name_stands_for_two_modules_on_the_builds_way():
    """A room's step alone is called as others are."""
    way = [room for rooms in FLOORS_OF_ENGINE[:9] for room in rooms]
    names = Counter(path.stem for path in ENGINE if room_of(module_of(path)) in way and path.name != "__init__.py")
    assert {name for name, number in names.items() if number > 1} == {"step"}


@pytest.mark.parametrize("path", ENGINE, ids=module_of)
def test_no_module_uses_the_connection_that_all_of_python_shares(path):
    """It serves one result at a time, and files are read side by side."""
    assert not re.findall(r"\bduckdb\.(?:read_\w+|execute|sql|query|from_\w+)\(", path.read_text(encoding="utf-8"))


def test_great_expectations_is_imported_in_one_module():
    judge = "etl.intake.expectations.judge"
    assert [module_of(path) for path in ENGINE if "great_expectations" in imported(path)] == [judge]


def test_no_script_stands_directly_in_pages():
    """Streamlit would serve it without app.py after a restart."""
    assert list((PROJECT / "pages").glob("*.py")) == []


@pytest.mark.parametrize("path", PAGES, ids=module_of)
def test_a_page_is_short_and_says_what_it_is(path):
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= 50


@pytest.mark.parametrize("path", APP, ids=module_of)
def test_a_pages_path_stands_in_the_registry_alone_and_access_asks_for_no_title(path):
    """Nor a section: what a page is called, and where in the menu it stands, decides nothing."""
    if module_of(path) == "pages.parts.shell.pages":
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert not {each for each in strings if re.fullmatch(r"(pages/)?(leaders|executives|analysts)/\w+(\.py)?", each)}
    if module_of(path) == "pages.parts.access.access":
        asked = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not asked & {"title", "section", "former_titles"}
    assert module_of(path) == "pages.parts.shell.frame" or "st.Page(" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", APP, ids=module_of)
def test_streamlits_private_parts_are_reached_into_in_one_module(path):
    private = {
        module
        for module in imported(path)
        if re.match(r"streamlit\.(?!errors\b|testing\b)\w", module) or module == "streamlit.runtime"
    }
    attributes = re.findall(
        r"\bst\._\w+|\bst\.(?:runtime|web|elements|delta_generator)\b", path.read_text(encoding="utf-8")
    )
    assert module_of(path) == "pages.parts.streamlit_private" or not private | set(attributes)


def test_there_are_pages():
    assert len(PAGES) >= 10


@pytest.mark.parametrize("path", APP, ids=module_of)
def test_pages_hold_no_sql_and_one_room_opens_releases(path):
    text = path.read_text(encoding="utf-8")
    strings = [
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert not [each for each in strings if SQL_WORDS.search(each)]
    assert not re.search(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|FROM (meta|mart)\.|WITH RECURSIVE)\b", text)
    opens = module_of(path) in ("pages.parts.release.database", "pages.parts.release.warehouse")
    assert ("duckdb" in imported(path)) == opens


def test_every_question_is_asked_and_every_question_asked_exists():
    asked = set()
    for path in APP:
        text = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r"\bask\(\s*(?:release, )?\"(\w+)\"", text))
        asked |= set(re.findall(r"_(?:rows|answer_shared)\(path, \"(\w+)\"", text))
    assert asked == {path.stem for path in QUESTIONS}


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)
def test_every_question_says_what_it_asks_and_within_what_scope(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("-- ")
    assert "SELECT *" not in text
    assert "$units" in text or path.stem in {"scope", "top_units", "format", "open", "not_public"}


def test_no_path_of_a_machine_is_written_down():
    for path in [*APP, *ENGINE, *QUESTIONS, *(PROJECT / "pages" / "parts" / "assets").glob("*.css")]:
        assert not re.search(r"/(work|tmp|home|Users)/", path.read_text(encoding="utf-8")), path.name


def test_the_engine_knows_no_source_and_no_indicator_by_name():
    """Some are plain words too (teams, rota): a name is one in quotes, or behind the name of a schema."""
    names = {*contracts.load([EXPECTATIONS]), *indicators.load(SQL / "indicators")}
    known = {
        module_of(path): sorted(
            name
            for name in names
            if re.search(
                rf"""["'`](?:\w+\.)?{name}["'`]|\b(?:source|core)\.{name}\b""", path.read_text(encoding="utf-8")
            )
        )
        for path in [*ENGINE, *APP]
        # The demonstration writes extracts of them; a role is called staff, too.
        if not module_of(path).startswith(
            ("etl.demo.", "pages.parts.access.access", "pages.parts.shell.pages", "pages.parts.quality.usage")
        )
    }
    assert {module: those for module, those in known.items() if those} == {}


def test_every_top_level_name_is_where_its_user_fixed_it():
    fixed = ("app.py", "pages", "etl", "expectations", "sql", "tests", "requirements.txt", "README.md", "LICENSE")
    assert all((PROJECT / name).exists() for name in fixed)


# Words of ours for which the field has its own: house rules for README, docs, headers and pages.
PRIVATE_WORDS = re.compile(
    r"\bnought\b|\bfront set\b|\bthe deck\b|prime limits|140 letters|who stands under whom|mark between cells|in doubt a person|"
    r"stays told|\bR5 company\b|\bkeeps? (?:it|them) company\b",
    re.IGNORECASE,
)
READ_BY_MANY = [
    *(PROJECT / name for name in ("README.md", "GLOSSARY.md")),
    *sorted((PROJECT / "docs").rglob("*.md")),
    *sorted((SQL / "indicators").glob("*.sql")),
    *QUESTIONS,
    *APP,
]


@pytest.mark.parametrize("path", READ_BY_MANY, ids=lambda path: str(path.relative_to(PROJECT)))
def test_what_many_read_uses_the_fields_own_words(path):
    assert PRIVATE_WORDS.findall(path.read_text(encoding="utf-8")) == []
