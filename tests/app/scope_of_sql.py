"""Which tables a question reads of units that are not the viewer's: found in the parsed query, not in its text.

Every table with a column of units begins as open. It is closed by a condition that must hold of every row: its unit is one of
`$units`, or a parameter of which that was said, or the unit of something closed. What is open may be closed later, by whoever
reads it, as long as its rows still say of which unit they are, and nothing in them was reckoned across units.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import duckdb
import sqlglot
from sqlglot import exp

from tests.app.small_release import SCHEMA

OF_UNITS = ("unit", "parent", "pool")
NOT_OF_UNITS = {"meta.indicator"}  # its unit is that of a value: "%"
SCOPE = "units"


def tables_of_units() -> dict[str, set[str]]:
    """table → its columns that hold units, read out of the schema of a release."""
    with duckdb.connect() as con:
        con.execute(SCHEMA.read_text(encoding="utf-8"))
        rows = con.execute("SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns()").fetchall()
    found: dict[str, set[str]] = {}
    for table, column in rows:
        if column in OF_UNITS and table not in NOT_OF_UNITS:
            found.setdefault(table, set()).add(column)
    return found


TABLES = tables_of_units()


@dataclass
class Relation:
    """What stands behind a name in a query. `units`: its columns that hold units; `holds`: what it reads that is open."""

    units: set[str] = field(default_factory=set)
    holds: set[str] = field(default_factory=set)
    closed: bool = False

    @property
    def open(self) -> bool:
        return bool(self.holds) and not self.closed


def open_in(sql: str, let_pass: frozenset[str] = frozenset()) -> set[str]:
    """What a question reads without being limited to `$units`; `let_pass` names parts of it (WITH name AS …) that may."""
    [query] = sqlglot.parse(sql, read="duckdb")
    relation = _query(query, {}, set(), let_pass)
    return relation.holds if relation.open else set()


def _query(query: exp.Expression, known: dict[str, Relation], vouched: set[str], let_pass: frozenset[str]) -> Relation:
    known = dict(known)
    if with_ := query.args.get("with_") or query.args.get("with"):
        for cte in with_.expressions:
            made = _cte(cte, known, vouched, let_pass)
            known[cte.alias] = Relation() if cte.alias in let_pass else made
    if isinstance(query, exp.Subquery):
        return _query(query.this, known, vouched, let_pass)
    if isinstance(query, exp.SetOperation):
        sides = [_query(side, known, vouched, let_pass) for side in (query.left, query.right)]
        return _both(*sides)
    return _select(query, known, vouched, let_pass)


def _cte(cte: exp.CTE, known: dict[str, Relation], vouched: set[str], let_pass: frozenset[str]) -> Relation:
    """One that reads itself is what its first part is; the second must not open it."""
    if not isinstance(cte.this, exp.SetOperation):
        return _query(cte.this, known, vouched, let_pass)
    first = _query(cte.this.left, known, vouched, let_pass)
    return _both(first, _query(cte.this.right, known | {cte.alias: first}, vouched, let_pass))


def _both(one: Relation, other: Relation) -> Relation:
    holds = {what for side in (one, other) if side.open for what in side.holds}
    return Relation(one.units | other.units, holds or one.holds | other.holds, closed=one.closed and other.closed)


def _select(select: exp.Select, known: dict[str, Relation], vouched: set[str], let_pass: frozenset[str]) -> Relation:
    where = _conjuncts(select.args["where"].this if select.args.get("where") else None)
    vouched = vouched | {_parameter(each.this) for each in where if _in_scope(each) and _parameter(each.this)}
    sources: dict[str, Relation] = {}
    on: list[tuple[exp.Expression, set[str]]] = []  # a condition, and the sources that it can close
    from_ = select.args.get("from_") or select.args.get("from")
    for node in [*([from_] if from_ else []), *select.args.get("joins", [])]:
        name, relation = _source(node.this, known, vouched, let_pass)
        before = set(sources)
        sources[name] = relation
        if isinstance(node, exp.Join):
            side = (node.side or "").upper()
            closes = {"": before | {name}, "LEFT": {name}, "RIGHT": before, "FULL": set()}[side]
            on += [(each, closes) for each in _conjuncts(node.args.get("on"))]
    conditions = [*((each, set(sources)) for each in where), *on]
    while True:
        before = {name for name, relation in sources.items() if relation.closed}
        for condition, closes in conditions:
            for name in _closed_by(condition, sources, vouched, known, let_pass) & closes:
                sources[name] = Relation(sources[name].units, sources[name].holds, closed=True)
        if before == {name for name, relation in sources.items() if relation.closed}:
            break
    left = {name: relation for name, relation in sources.items() if relation.open}
    holds = {what for relation in left.values() for what in relation.holds}
    unclosable = _across(select, sources, [condition for condition, _ in conditions])
    inner = set()
    for nested in _scalar_queries(select):
        relation = _query(nested, known, vouched, let_pass)
        inner |= relation.holds if relation.open else set()
    speak = left or {name: relation for name, relation in sources.items() if relation.closed}  # of whose units it is
    units = {
        each.alias_or_name
        for each in select.expressions
        if (each.alias_or_name in OF_UNITS and not speak)
        or any(_holder(column, speak) for column in each.find_all(exp.Column))
    }
    if inner or (holds and unclosable):
        return Relation(set(), holds | inner)
    if holds:
        return Relation(units, holds)
    return Relation(
        units, {what for r in sources.values() for what in r.holds}, closed=any(r.closed for r in sources.values())
    )


def _source(
    node: exp.Expression, known: dict[str, Relation], vouched: set[str], let_pass: frozenset[str]
) -> tuple[str, Relation]:
    if isinstance(node, exp.Table):
        if not node.db:
            return node.alias_or_name, known.get(node.name, Relation())
        table = f"{node.db}.{node.name}"
        holds = {table} if table in TABLES else set()
        return node.alias_or_name, Relation(set(TABLES.get(table, ())), holds)
    return node.alias_or_name, _query(node, known, vouched, let_pass)


def _conjuncts(condition: exp.Expression | None) -> list[exp.Expression]:
    if condition is None:
        return []
    return [each.unnest() for each in (condition.flatten() if isinstance(condition, exp.And) else [condition])]


def _in_scope(condition: exp.Expression) -> bool:
    """… IN (SELECT unnest($units::VARCHAR[]))"""
    query = condition.args.get("query") if isinstance(condition, exp.In) else None
    if query is None:
        return False
    select = query.unnest()
    from_ = select.args.get("from_") or select.args.get("from")
    if from_ or len(select.expressions) != 1:
        return False
    only = select.expressions[0].unalias()
    return isinstance(only, exp.Explode | exp.Unnest) and [
        p.name for p in only.find_all(exp.Parameter, exp.Placeholder)
    ] == [SCOPE]


def _parameter(node: exp.Expression) -> str | None:
    node = node.unnest()
    while isinstance(node, exp.Cast):
        node = node.this
    return node.name if isinstance(node, exp.Parameter | exp.Placeholder) else None


def _holder(node: exp.Expression, sources: dict[str, Relation]) -> str | None:
    """The source whose unit a column is."""
    if not isinstance(node, exp.Column):
        return None
    names = [node.table] if node.table else [name for name, relation in sources.items() if node.name in relation.units]
    return next((name for name in names if name in sources and node.name in sources[name].units), None)


def _closed_by(
    condition: exp.Expression,
    sources: dict[str, Relation],
    vouched: set[str],
    known: dict[str, Relation],
    let_pass: frozenset[str],
) -> set[str]:
    if isinstance(condition, exp.In) and condition.args.get("query"):
        said = condition.this.unnest()
        columns = list(said.find_all(exp.Column)) if isinstance(said, exp.Coalesce) else [said]
        holders = {name for column in columns if (name := _holder(column, sources))}
        if _in_scope(condition):
            return holders
        nested = _query(condition.args["query"], known, vouched, let_pass)
        return holders if nested.closed and nested.units else set()
    if isinstance(condition, exp.EQ):
        sides = [condition.left.unnest(), condition.right.unnest()]
        holders = [_holder(side, sources) for side in sides]
        if any(_parameter(side) in vouched for side in sides):
            return {name for name in holders if name}
        if all(holders) and any(sources[name].closed for name in holders):
            return set(holders)
    return set()


def _across(select: exp.Select, sources: dict[str, Relation], conditions: list[exp.Expression]) -> bool:
    """Whether something is reckoned across the units of what is open: two that no unit ties, or a window over all."""
    left = {name for name, relation in sources.items() if relation.open}
    tied = {frozenset((name,)) for name in left}
    for condition in conditions:
        if isinstance(condition, exp.EQ):
            pair = {_holder(side.unnest(), sources) for side in (condition.left, condition.right)}
            if pair <= left:
                joined = frozenset().union(*(group for group in tied if group & pair))
                tied = {group for group in tied if not group & pair} | {joined}
    windows = [w for w in select.find_all(exp.Window) if w.parent_select is select]
    loose = [w for w in windows if not any(_holder(by, sources) for by in w.args.get("partition_by") or ())]
    return len(tied) > 1 or bool(left and loose)


def _scalar_queries(select: exp.Select) -> Iterator[exp.Expression]:
    """Queries within the expressions of a select; a test whether something is among the rows of one tells of that alone."""
    for nested in select.find_all(exp.Select):
        if nested is select or nested.parent_select is not select:
            continue
        node, parent = nested, nested.parent
        while isinstance(parent, exp.Subquery | exp.Paren | exp.SetOperation):
            node, parent = parent, parent.parent
        if isinstance(parent, exp.From | exp.Join | exp.CTE):
            continue
        if isinstance(parent, exp.In) and parent.args.get("query") is node:
            continue
        yield nested
