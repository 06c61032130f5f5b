"""Reads the hierarchy that an organisation keeps of itself: who stood under whom and when, and what became of whom.

What contradicts itself is refused in a sentence, for whoever keeps that file. A unit that became another has no history
of its own any more: what it did counts for its final successor, in all months, and the month is an event there.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

import duckdb

from etl.config.contracts import Contract

ALWAYS, STILL = 0, 9999 * 12  # months are numbered, so that a blank first or last month compares like any other


class BadHierarchy(Exception):
    """The units of the hierarchy, or those that sources bring, do not fit together; the sentence names one. `unit` is its code,
    and `role` the part of the hierarchy (parent, level …) whose cell is at fault, where one is."""

    def __init__(self, sentence: str, unit: str = "", role: str = ""):
        super().__init__(sentence)
        self.unit, self.role = unit, role


@dataclass(frozen=True)
class Spell:
    """A unit under one parent, from a month to a month."""

    unit: str
    title: str
    level: str
    parent: str | None
    first: int
    last: int
    successor: str | None = None
    was: str = ""  # the code of the unit that it was then, where it is another's history

    def __str__(self) -> str:
        return self.unit if self.title == self.unit else f"{self.title} ({self.unit})"


@dataclass(frozen=True)
class Organisation:
    """The hierarchy as far as it is known on a day. Units that became others stand in it only as their successors."""

    source: str | None = None
    spells: tuple[Spell, ...] = ()  # by unit and month; no two of a unit in one month
    titles: dict[str, str] = field(default_factory=dict)
    successors: dict[str, str] = field(default_factory=dict)  # unit: what it has become in the end
    events: tuple[tuple[str, dt.date, str, str], ...] = ()  # unit, month, kind, what
    not_begun: tuple[str, ...] = ()  # units that begin later than that day


def number_of(month: dt.date) -> int:
    return month.year * 12 + month.month - 1


def month_of(number: int) -> dt.date | None:
    """The month's first day; nothing for always and still."""
    return None if number in (ALWAYS, STILL) else dt.date(number // 12, number % 12 + 1, 1)


def said(number: int) -> str:
    return f"{month_of(number):%B %Y}"


def a(level: str) -> str:
    return f"an {level}" if level[0] in "aeiou" else f"a {level}"


def hierarchy_of(contracts: dict[str, Contract]) -> Contract | None:
    """The one source that keeps the hierarchy. Raises BadHierarchy for a second."""
    found = [contract for contract in contracts.values() if contract.hierarchy]
    if len(found) > 1:
        names = " and ".join(contract.source for contract in found)
        raise BadHierarchy(f"{names} both say hierarchy; an organisation keeps one.")
    return found[0] if found else None


def read(con: duckdb.DuckDBPyConnection, contract: Contract, rows: str) -> list[Spell]:
    """Every row of the hierarchy, whose accepted rows are the relation `rows`. Raises BadHierarchy."""
    columns = ", ".join(
        getattr(contract.hierarchy, name)
        for name in ("unit", "title", "level", "parent", "successor", "from_month", "to_month")
    )
    by_unit: dict[str, list[tuple[Spell, dt.date, dt.date]]] = {}
    for unit, title, level, parent, successor, begins, ends in con.execute(
        f"SELECT {columns} FROM {rows} ORDER BY ALL"
    ).fetchall():
        begins, ends = begins or dt.date.min, ends or dt.date.max
        first = number_of(begins) if begins != dt.date.min else ALWAYS
        last = number_of(ends) if ends != dt.date.max else STILL
        spell = Spell(unit, title or unit, level, parent or None, first, last, successor or None, unit)
        if begins > ends:
            raise BadHierarchy(
                f"{contract.title}: {spell} ends in {said(last)}, before it begins in {said(first)}.", unit, "to_month"
            )
        by_unit.setdefault(unit, []).append((spell, begins, ends))
    spells = []
    for rows_of_unit in by_unit.values():
        rows_of_unit.sort(key=lambda row: row[1])
        for (earlier, _, ends), (later, begins, _) in pairwise(rows_of_unit):
            if ends >= begins:
                until = "is still so" if earlier.last == STILL else f"goes on to {said(earlier.last)}"
                raise BadHierarchy(
                    f"{contract.title}: {later} has two rows that overlap; one {until}, and another begins "
                    f"{'with it' if later.first == ALWAYS else f'in {said(later.first)}'}. The earlier must end first.",
                    later.unit,
                    "to_month",
                )
        # A month in which a unit moved is the later row's.
        starts = [later.first for (later, _, _) in rows_of_unit[1:]] + [STILL + 1]
        spells += [
            replace(spell, last=min(spell.last, following - 1))
            for (spell, _, _), following in zip(rows_of_unit, starts, strict=True)
            if spell.first < following
        ]
    _expect_sound(contract.title, spells)
    return spells


def _expect_sound(title: str, spells: list[Spell]) -> None:
    by_unit = {spell.unit: spell for spell in spells}
    for spell in spells:
        other = by_unit[spell.unit]
        if spell.level != other.level:
            raise BadHierarchy(
                f"{title}: {spell} is {a(spell.level)} in one row and {a(other.level)} in another.", spell.unit, "level"
            )
        if spell.parent is not None and spell.parent not in by_unit:
            raise BadHierarchy(
                f"{title}: {spell} stands under {spell.parent!r}, and no row has that unit.", spell.unit, "parent"
            )
        if spell.successor is not None:
            after = by_unit.get(spell.successor)
            if after is None:
                raise BadHierarchy(
                    f"{title}: {spell} became {spell.successor!r}, and no row has that unit.", spell.unit, "successor"
                )
            if after.unit == spell.unit:
                raise BadHierarchy(f"{title}: {spell} is its own successor.", spell.unit, "successor")
            if after.level != spell.level:
                raise BadHierarchy(
                    f"{title}: {spell} is {a(spell.level)} and became {after}, which is {a(after.level)}.",
                    spell.unit,
                    "successor",
                )
            if other.successor not in (None, spell.successor):
                raise BadHierarchy(
                    f"{title}: {spell} became {spell.successor!r} by one row and {other.successor!r} by another.",
                    spell.unit,
                    "successor",
                )
    _expect_no_circle(title, spells, "parent", "stand under each other in a circle")
    _expect_no_circle(title, spells, "successor", "are each other's successors in a circle")
    for spell in spells:
        if spell.parent is not None and by_unit[spell.parent].level == spell.level:
            raise BadHierarchy(
                f"{title}: {spell} stands under {by_unit[spell.parent]}, and both are {a(spell.level)}; "
                "a parent's level is above.",
                spell.unit,
                "level",
            )


def _expect_no_circle(title: str, spells: list[Spell], link: str, what: str) -> None:
    names = {spell.unit: str(spell) for spell in spells}
    try:
        TopologicalSorter(_links(spells, link)).prepare()
    except CycleError as error:
        units = error.args[1]
        if len(units) == 2:
            raise BadHierarchy(f"{title}: {names[units[0]]} stands under itself.", units[0], link) from None
        raise BadHierarchy(
            f"{title}: {', '.join(names[unit] for unit in units[:-1])} {what}.", units[0], link
        ) from None


def _links(spells: Iterable[Spell], link: str) -> dict[str, list[str]]:
    graph: dict[str, list[str]] = {}
    for spell in spells:
        graph.setdefault(spell.unit, [])
        if getattr(spell, link) is not None:
            graph[spell.unit].append(getattr(spell, link))
    return graph


# ---- as it is known on a day ---------------------------------------------------------------------------------------


def successors(spells: list[Spell], as_of: dt.date) -> dict[str, str]:
    """What each unit that is another's history by that day has become in the end. A unit that goes on until then, or
    whose successor has not begun, is not."""
    now = number_of(as_of)
    begun = {spell.unit for spell in spells if spell.first <= now}
    last = {spell.unit: spell.last for spell in spells}
    became = {
        spell.unit: spell.successor
        for spell in spells
        if spell.successor in begun and (last[spell.unit] < now or last[spell.unit] == STILL)
    }
    final = {}
    for unit, after in became.items():
        while after in became:
            after = became[after]
        final[unit] = after
    return final


def as_known(contract: Contract, spells: list[Spell], as_of: dt.date, seen: dict[str, dt.date]) -> Organisation:
    """The organisation on that day: what begins later is not there yet, and what ends later is still so. `seen` is the
    month of the last row of units that became others and do not say when. Raises BadHierarchy."""
    now, became = number_of(as_of), successors(spells, as_of)
    standing = []
    for spell in spells:
        last = spell.last if spell.last < now else STILL
        if last == STILL and spell.unit in became and spell.unit in seen:
            last = max(number_of(seen[spell.unit]), spell.first)
        standing.append(replace(spell, parent=became.get(spell.parent, spell.parent), last=last))
    begun = [spell for spell in standing if spell.first <= now]
    while missing := {s.parent for s in begun if s.parent} - {s.unit for s in begun}:
        # A parent that begins later than what stands under it has begun with that.
        begun += [spell for spell in standing if spell.unit in missing]
    titles = {spell.unit: spell.title for spell in begun if spell.unit not in became}
    histories = _histories(begun, became)
    _stretch(histories)
    for history in histories.values():
        for spell in history:
            above = histories.get(spell.parent)
            if above and spell.last > above[-1].last:
                raise BadHierarchy(
                    f"{contract.title}: {spell} stands under {above[-1]}, which ended in {said(above[-1].last)}; "
                    "end it too, give it a row for where it went, or say what took the parent's place.",
                    spell.was or spell.unit,
                    "parent",
                )
    events = [event for event in _events(begun, became, titles, histories) if event[1] <= as_of]
    return Organisation(
        contract.source,
        tuple(spell for unit in sorted(histories) for spell in histories[unit]),
        titles,
        became,
        tuple(sorted(events)),
        tuple(sorted({spell.unit for spell in spells} - {spell.unit for spell in begun})),
    )


def _histories(spells: list[Spell], became: dict[str, str]) -> dict[str, list[Spell]]:
    """Each unit's own spells and, for the months before it had any, those of the units that became it."""
    histories: dict[str, list[Spell]] = {}
    for spell in spells:
        if spell.unit not in became:
            histories.setdefault(spell.unit, []).append(spell)
    for earlier in (spell for spell in spells if spell.unit in became):
        unit = became[earlier.unit]
        free = [(earlier.first, earlier.last)]
        for taken in histories[unit]:
            free = [
                (first, last)
                for begins, ends in free
                for first, last in ((begins, min(ends, taken.first - 1)), (max(begins, taken.last + 1), ends))
                if first <= last
            ]
        histories[unit] += [replace(earlier, unit=unit, first=first, last=last) for first, last in free]
    return {unit: sorted(history, key=lambda spell: spell.first) for unit, history in histories.items()}


def _stretch(histories: dict[str, list[Spell]]) -> None:
    """A unit is there as soon as another stands under it."""
    every = [spell for history in histories.values() for spell in history]
    for unit in reversed(list(TopologicalSorter(_links(every, "parent")).static_order())):
        for spell in histories[unit]:
            if spell.parent and spell.first < histories[spell.parent][0].first:
                histories[spell.parent][0] = replace(histories[spell.parent][0], first=spell.first)


def _events(
    spells: list[Spell], became: dict[str, str], titles: dict[str, str], histories: dict[str, list[Spell]]
) -> Iterable[tuple[str, dt.date, str, str]]:
    """What the hierarchy itself says has happened: mergers, new names, moves."""
    last = {spell.unit: spell for spell in spells}
    origins: dict[str, set[str]] = {}
    for spell in spells:
        if spell.unit in became and spell.successor:
            origins.setdefault(spell.successor, set()).add(spell.unit)
    for after, units in origins.items():
        begins = min(spell.first for spell in spells if spell.unit == after)
        for unit in units:
            before, month = last[unit], last[unit].last + 1
            if month > STILL:
                continue  # nobody knows when
            if begins < month or len(units) > 1:
                what = f"{before.title} became part of {last[after].title}"
                yield became[unit], month_of(month), "merger", what
            elif before.title != last[after].title:
                yield became[unit], month_of(month), "other", f"Called {before.title} until then"
    for unit, history in histories.items():
        for before, after in pairwise(history):
            if after.was == before.was and after.title != before.title:
                yield unit, month_of(after.first), "other", f"Called {before.title} until then"
            if len(origins.get(after.was, ())) > 1 and before.was != after.was:
                continue  # it came from several places
            if before.parent and after.parent and before.parent != after.parent:
                what = f"Moved from {titles[before.parent]} to {titles[after.parent]}"
                yield unit, month_of(after.first), "move", what


def levels_in_order(contracts: dict[str, Contract], organisation: Organisation) -> list[str]:
    """Every level that the hierarchy or a source brings, lowest first. Raises BadHierarchy where they disagree."""
    graph: dict[str, dict[str, None]] = {}  # level: those directly below it, always in the same order
    for contract in contracts.values():
        names = [level.level for level in contract.brings_teams]
        for name in names:
            graph.setdefault(name, {})
        for lower, higher in pairwise(names):
            graph[higher][lower] = None
    level_of = {spell.unit: spell.level for spell in organisation.spells}
    below: dict[tuple[str, str], list[Spell]] = {}  # (lower, higher): the spells that say so
    for spell in organisation.spells:
        graph.setdefault(spell.level, {})
        if spell.parent:
            below.setdefault((spell.level, level_of[spell.parent]), []).append(spell)
    for lower, higher in below:
        graph.setdefault(higher, {})[lower] = None
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = error.args[1]
        saying = [below[pair] for pair in pairwise(circle) if pair in below]
        if not saying:
            raise BadHierarchy(
                f"brings_teams of the contracts put these levels in a circle: {', '.join(circle)}."
            ) from None
        spell = min(saying, key=len)[0]  # what the fewest rows say is the likeliest to be wrong
        raise BadHierarchy(
            f"{contracts[organisation.source].title}: {spell} is {a(spell.level)} and stands under "
            f"{organisation.titles[spell.parent]}, {a(level_of[spell.parent])}, which is not above it elsewhere: "
            f"{' under '.join(circle)}."
        ) from None
