"""SQL is asked with parameters. What else is put into a query in Python stands in sql_put_together.yaml, with the reason why it is safe."""

import ast
import re
from pathlib import Path

import pytest
import yaml

from tests.conftest import PROJECT

SCRIPTS = [PROJECT / "app.py", *sorted((PROJECT / "etl").rglob("*.py")), *sorted((PROJECT / "pages").rglob("*.py"))]
ASKS = {"execute", "executemany", "sql", "query", "from_query"}
QUOTES = {"quoted_text", "quoted_texts", "quoted_name"}  # of etl/quoting.py and pages/parts/release/database.py
REASONS = {
    "fixed": "one of a few words or numbers that stand in the same function",
    "names": "names of columns, sources and indicators, which may hold small letters, digits and underscores alone",
    "quoted": "made of names, and of texts that were quoted where it was made",
    "ours": "a query that stands in sql/ or in a module, or that an analyst wrote into a suite",
    "machine": "not spoken to DuckDB by us: Great Expectations' or SQLAlchemy's own statement, made with parameters",
}
ALLOWED: dict[str, dict[str, list[str]]] = yaml.safe_load(
    (PROJECT / "tests" / "sql_put_together.yaml").read_text(encoding="utf-8")
)


class Interpolated(ast.NodeVisitor):
    """What is put into the texts that are given to a database, by the name of the function that asks."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.functions: list[ast.AST] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.functions.append(node)
        self.generic_visit(node)
        self.functions.pop()

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and node.func.attr in ASKS and node.args:
            self.found |= set(self._parts(node.args[0], set()))
        self.generic_visit(node)

    def _parts(self, node: ast.AST, met: set[str]):
        """The expressions that are no constants; a variable is what its function puts into it."""
        if isinstance(node, ast.Constant):
            return
        if isinstance(node, ast.JoinedStr):
            for value in node.values:
                yield from self._parts(value, met)
        elif isinstance(node, ast.FormattedValue):
            yield from self._parts(node.value, met)
        elif isinstance(node, ast.BinOp | ast.IfExp):
            for side in (node.left, node.right) if isinstance(node, ast.BinOp) else (node.body, node.orelse):
                yield from self._parts(side, met)
        elif isinstance(node, ast.Name) and node.id.isupper():
            return
        elif isinstance(node, ast.Name) and node.id not in met and (given := self._given(node.id)):
            for value in given:
                yield from self._parts(value, met | {node.id})
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in QUOTES:
            return
        else:
            yield ast.unparse(node)

    def _given(self, name: str) -> list[ast.AST]:
        return [
            each.value
            for each in ast.walk(self.functions[-1] if self.functions else ast.Module([], []))
            if isinstance(each, ast.Assign | ast.AugAssign)
            for target in (each.targets if isinstance(each, ast.Assign) else [each.target])
            if isinstance(target, ast.Name) and target.id == name
        ]


def interpolated(text: str) -> set[str]:
    visitor = Interpolated()
    visitor.visit(ast.parse(text))
    return visitor.found


def place(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


@pytest.mark.parametrize("path", SCRIPTS, ids=place)
def test_nothing_is_put_into_sql_but_what_is_listed(path):
    listed = ALLOWED.get(place(path), {})
    assert listed.keys() <= REASONS.keys()
    assert interpolated(path.read_text(encoding="utf-8")) == set().union(*listed.values())


@pytest.mark.parametrize("path", SCRIPTS, ids=place)
def test_quotation_marks_are_doubled_in_one_module_of_each_side(path):
    if place(path) not in ("etl/quoting.py", "pages/parts/release/database.py"):
        doubles = re.compile(r"""\.replace\((['"])\\?['"]\1, |chr\(34\)|chr\(39\)|\brepr\([^)]*\).*SELECT""")
        assert not doubles.search(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "asked",
    [
        """def ask(con, name): con.execute(f"SELECT * FROM unit WHERE title = '{name}'")""",
        """def ask(con, name): con.execute("SELECT * FROM unit WHERE title = '" + name + "'")""",
        """def ask(con, name):
            sql = f"SELECT '{name}'"
            con.sql(sql)""",
    ],
    ids=["put in", "added", "by a variable"],
)
def test_what_is_put_in_is_found(asked):
    assert interpolated(asked) == {"name"}


@pytest.mark.parametrize("asked", ["con.execute('SELECT ?', [name])", """con.execute(f"SELECT {quoted_text(name)}")"""])
def test_parameters_and_quoted_texts_are_no_finding(asked):
    assert interpolated(f"def ask(con, name): {asked}") == set()


@pytest.mark.parametrize("name", ["Beds", "ward beds", "beds; DROP TABLE x", 'a"b', "protection", "-", "a" * 80])
def test_a_source_whose_folder_could_not_be_the_name_of_a_table_is_refused(engine, source, name):
    contract = "title: x\nowner: x\nfile: x*\neach_file: adds\nkey: [a]\ncolumns: {a: {headers: [A]}}\n"
    source(name, contract)
    said = engine.run("check")
    assert said.code == 1 and "small letters, digits and underscores" in said.said
