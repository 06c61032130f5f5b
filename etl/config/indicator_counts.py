"""What an indicator counts, read out of its SQL, whatever it is called: so that nothing is told under one name that is
protected under another.

A *fact* is what decides whether somebody counts: the columns that a numerator tests ("off for 28 days or more"), followed
through `sql/core` to where they are worked out, as (table, column). Where nothing is tested, it is what is added up or
whose rows are counted, as (table, column) or (table, *). What is added up is followed to rows of people, and no further:
how those were made of the extracts is the same for all.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlglot import exp

from etl.config.indicators import BadIndicator, Indicator, is_public, query_of

Fact = tuple[str, str]
CORE = "core"
ROWS, PERSON = "*", "person"
TESTS = (exp.Predicate, exp.Connector, exp.Not)
PASSED_ON = (
    exp.Column, exp.Sum, exp.Max, exp.Min, exp.Cast, exp.Window, exp.Paren, exp.Coalesce,
    exp.Identifier, exp.Literal, exp.DataType, exp.WindowSpec, exp.Order, exp.Ordered, exp.Interval, exp.Var,
)  # fmt: skip


@dataclass
class Counted:
    tested: set[Fact] = field(default_factory=set)
    added: set[Fact] = field(default_factory=set)
    left: set[Fact] = field(default_factory=set)  # tested of rows before they are added up

    @property
    def facts(self) -> set[Fact]:
        return self.tested or self.left | self.added

    @property
    def every(self) -> set[Fact]:
        return self.tested | self.added | self.left


def counted(sql: str, queries: dict[str, str]) -> Counted:
    """What the numerator of an indicator's query counts; `queries` are those of sql/core."""
    return _counted(sql, frozenset(queries.items()))


@functools.lru_cache(maxsize=256)
def _counted(sql: str, queries: frozenset[tuple[str, str]]) -> Counted:
    """Read once a process: what a query counts follows from its text alone."""
    found = Counted()
    _Column(query_of(sql), "numerator", "", {}, dict(queries)).read(found)
    return found


def check(indicators: dict[str, Indicator], queries: dict[str, str]) -> int:
    """How many indicators were compared. Raises BadIndicator for one that counts what another counts which must be told
    more strictly: of class A, or when a quarter ends."""
    told = {name: each for name, each in indicators.items() if not is_public(each.sql) and each.refresh != "wave"}
    facts = {name: counted(each.sql, queries) for name, each in told.items()}
    for name, each in told.items():
        if strange := sorted(whole for whole in each.part_of if whole not in indicators):
            raise BadIndicator(
                f"sql/indicators/{name}.sql is part of {', '.join(strange)}; there is no such indicator."
            )
        for other, stricter in told.items():
            shared = facts[name].every & facts[other].facts
            if name in stricter.part_of:  # the whole may be told of which a part may not
                shared -= facts[other].added
            if strictness(each) < strictness(stricter) and shared:
                what = ", ".join(f"{table}.{column}" for table, column in sorted(shared))
                raise BadIndicator(
                    f"sql/indicators/{name}.sql counts by {what}, as {other} does: disclosure is {each.disclosure!r} and "
                    f"refresh {each.refresh!r}, expected {stricter.disclosure!r} and {stricter.refresh!r} as there."
                )
    return len(told)


def strictness(indicator: Indicator) -> int:
    return 2 if indicator.disclosure == "A" else int(indicator.refresh == "quarterly")


@dataclass(frozen=True)
class _Column:
    """A column of a query: of table `core.<query>`, of a query within it, or of an indicator's (table '')."""

    query: exp.Query
    name: str
    table: str
    within: dict[str, exp.Query]  # the queries that this one may read by name
    queries: dict[str, str]
    whole: bool = False  # the query is all of the table's, and none within it

    def read(self, found: Counted, tested: bool = False) -> None:
        """Adds what decides the column to `found`; as a test if it is tested further up."""
        if self.whole and not tested and PERSON in self.query.named_selects:
            if not any(isinstance(each.unalias(), TESTS) for each in self._projected()):
                _note(found, (self.table, self.name), False)
                return
            tested = True  # to add up what is true is to test it
        for select, within in self._selects():
            where = _Sources(select, within, self)
            projected = next((each for each in select.selects if each.alias_or_name == self.name), None)
            if projected is None:  # a star
                for source in where.columns(exp.column(self.name)):
                    source.read(found, tested) if isinstance(source, _Column) else _note(found, source, tested)
                continue
            self._read(projected.unalias(), where, found, tested)

    def _read(self, expression: exp.Expression, where: "_Sources", found: Counted, tested: bool) -> None:
        if tested:
            if self.table and not (_passes_on(expression) or isinstance(expression, TESTS)):
                _note(found, (self.table, self.name), True)  # it is worked out here
                return
            for column in expression.find_all(exp.Column):
                self._follow(column, where, found, True)
            return
        tests = list(_tests(expression))
        within = {id(column) for test in tests for column in test.find_all(exp.Column)}
        for column in (column for test in tests for column in test.find_all(exp.Column)):
            self._follow(column, where, found, True)
        if _counts_rows(expression):
            for table in where.rows():
                _note(found, (table, ROWS), False)
            for column in where.conditions():
                self._follow(column, where, found, True)
        elif expression.find(exp.AggFunc):
            kept = Counted()
            for column in where.conditions():
                self._follow(column, where, kept, True)
            found.left |= kept.tested
        for column in expression.find_all(exp.Column):
            if id(column) not in within:
                self._follow(column, where, found, False)

    def _follow(self, column: exp.Column, where: "_Sources", found: Counted, tested: bool) -> None:
        for source in where.columns(column):
            if isinstance(source, _Column):
                source.read(found, tested)
            else:
                _note(found, source, tested)

    def _projected(self) -> Iterator[exp.Expression]:
        for select, _ in self._selects():
            yield from (each for each in select.selects if each.alias_or_name == self.name)

    def _selects(self) -> Iterator[tuple[exp.Select, dict[str, exp.Query]]]:
        todo = [(self.query, self.within)]
        while todo:
            query, within = todo.pop()
            within = within | {cte.alias: cte.this for cte in query.ctes}
            if isinstance(query, exp.SetOperation):
                todo += [(query.left, within), (query.right, within)]
            elif isinstance(query, exp.Subquery):
                todo.append((query.unnest(), within))
            else:
                yield query, within


@dataclass(frozen=True)
class _Sources:
    """What one SELECT reads."""

    select: exp.Select
    within: dict[str, exp.Query]
    reader: _Column

    def tables(self) -> dict[str, exp.Expression]:
        """By the name that the SELECT calls it."""
        joined = [join.this for join in self.select.args.get("joins") or ()]
        first = self.select.args.get("from") or self.select.args.get("from_")
        return {each.alias_or_name: each for each in ([first.this] if first else []) + joined}

    def columns(self, column: exp.Column) -> list["_Column | Fact"]:
        """Where a column comes from: usually one place; a name without its table may be of several."""
        tables = self.tables()
        named = [tables[column.table]] if column.table in tables else list(tables.values())
        places = [self._column(table, column.name) for table in named]
        known = [place for place in places if isinstance(place, _Column) and _has(place)]
        return known or [place for place in places if not isinstance(place, _Column)][:1]

    def rows(self) -> list[str]:
        """The queries of sql/core whose rows the SELECT has, through those within it."""
        first = next(iter(self.tables().values()), None)
        if first is None:
            return []
        place = self._column(first, ROWS)
        if not isinstance(place, _Column):
            return [place[0]]
        if place.table != self.reader.table:
            return [place.table]
        return [row for select, within in place._selects() for row in _Sources(select, within, place).rows()]

    def conditions(self) -> Iterator[exp.Column]:
        """The columns by which rows are left out, but for those of a question within."""
        where = self.select.args.get("where")
        for column in where.find_all(exp.Column) if where else ():
            if column.find_ancestor(exp.Select) is self.select:
                yield column

    def _column(self, table: exp.Expression, name: str) -> "_Column | Fact":
        reader = self.reader
        if isinstance(table, exp.Subquery):
            return _Column(table.unnest(), name, reader.table, self.within, reader.queries)
        if not table.db and table.name in self.within:
            inner = {key: query for key, query in self.within.items() if key != table.name}
            return _Column(self.within[table.name], name, reader.table, inner, reader.queries)
        if table.db == CORE and table.name in reader.queries:
            return _Column(query_of(reader.queries[table.name]), name, f"{CORE}.{table.name}", {}, reader.queries, True)
        return f"{table.db}.{table.name}", name


def _tests(expression: exp.Expression) -> Iterator[exp.Expression]:
    """The conditions on which an expression's value depends."""
    if isinstance(expression, TESTS):
        yield expression
        return
    for node in expression.walk():
        if isinstance(node, exp.If | exp.CountIf):
            yield node.this
        elif isinstance(node, exp.Filter):
            yield node.expression


def _counts_rows(expression: exp.Expression) -> bool:
    return any(not isinstance(each.this, exp.Case | exp.If) for each in expression.find_all(exp.Count))


def _passes_on(expression: exp.Expression) -> bool:
    """Whether it is a column as it is, or the sum, the greatest … of one."""
    return all(isinstance(node, PASSED_ON) for node in expression.walk())


def _has(place: _Column) -> bool:
    for select, _ in place._selects():
        names = select.named_selects
        if place.name in names or ROWS in names:
            return True
    return False


def _note(found: Counted, fact: Fact, tested: bool) -> None:
    (found.tested if tested else found.added).add(fact)
