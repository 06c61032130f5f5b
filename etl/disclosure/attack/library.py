"""Every release, and what colleagues know, as arrays on common axes: units × months.

Months are numbers, those since January 1970. What is known of a cell at a release is what the last release to speak of it
knew; where a release's knowledge is complete, what it does not list is not there any more.
"""

import datetime as dt
from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.disclosure.attack.forest import NOWHERE, Forest
from etl.disclosure.attack.kinds import POOL
from etl.disclosure.releases import Release

NUMBERS = ("people", "denominator", "public_numerator", "public_denominator")


def codes(column: pa.ChunkedArray) -> tuple[list[str], np.ndarray]:
    """(names, number of each row's name)."""
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries().combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks else pa.array([], column.type)
    return column.dictionary.to_pylist(), column.indices.to_numpy(zero_copy_only=False)


def month_numbers(column: pa.ChunkedArray) -> np.ndarray:
    return column.cast(pa.date32()).to_numpy().astype("datetime64[M]").astype(int)


def number_of(month: dt.date) -> int:
    return (month.year - 1970) * 12 + month.month - 1


def date_of(month: int) -> dt.date:
    return dt.date(1970 + month // 12, month % 12 + 1, 1)


class Rows:
    """The rows of one table, by indicator: numbers of unit and month, and other columns."""

    def __init__(self, table: pa.Table, columns: tuple[str, ...]):
        self.names, indicator = codes(table["indicator"])
        self.units, unit = codes(table["unit"])
        order = np.argsort(indicator.astype(np.int32), kind="stable")
        self.ends = np.cumsum(np.bincount(indicator, minlength=len(self.names)))
        self.unit, self.month = unit[order], month_numbers(table["month"])[order]
        self.columns = {name: table[name].to_numpy()[order] for name in columns if name in table.column_names}
        self.place = {name: number for number, name in enumerate(self.names)}

    def on(self, units: dict[str, int], first: int) -> None:
        """Puts the rows on the common axes."""
        at = np.array([units[name] for name in self.units] or [0], dtype=np.int64)
        self.unit, self.month = at[self.unit], self.month - first

    def of(self, indicator: str) -> dict[str, np.ndarray]:
        number = self.place.get(indicator)
        end = 0 if number is None else self.ends[number]
        part = slice(0 if not number else self.ends[number - 1], end)
        return {"unit": self.unit[part], "month": self.month[part]} | {k: v[part] for k, v in self.columns.items()}


class Page:
    """One release."""

    def __init__(self, release: Release):
        self.release, self.name = release, release.name
        value = release.value.filter(pc.is_in(release.value["shown"].cast(pa.string()), pa.array(["yes", "protected"])))
        if "public" not in value.column_names:
            value = value.append_column("public", pa.array(np.zeros(len(value), dtype=bool)))
        self.value = Rows(value, ("value", "public"))
        self.forests: dict[tuple, Forest] = {}
        self.members: dict[str, tuple] | None = None

    def on(self, units: dict[str, int], months: int, first: int) -> None:
        self.units, self.first, self.shape = units, first, (len(units), months)
        self.value.on(units, first)
        self.parent = np.full(self.shape, NOWHERE, dtype=np.int64)
        self.team = np.zeros(self.shape, dtype=bool)
        for unit, spells in self._spells().items():
            for number, (begins, parent, level) in enumerate(spells):
                # What is told of a month in which a unit did not stand yet belongs to where it stood first.
                since = 0 if not number else max(0, begins - first)
                self.parent[units[unit], since:] = NOWHERE if parent is None else units.get(parent, NOWHERE)
                self.team[units[unit], since:] = level == "team"

    def _spells(self) -> dict[str, list[tuple]]:
        spells: dict[str, list[tuple]] = {}
        columns = ("unit", "from_month", "parent", "level")
        for unit, begins, *rest in zip(*(self.release.unit[each].to_pylist() for each in columns), strict=True):
            spells.setdefault(unit, []).append((number_of(begins), *rest))
        return {unit: sorted(some, key=lambda spell: spell[0]) for unit, some in spells.items()}

    def _members(self) -> dict[str, tuple]:
        """Of each indicator (unit, pool, first column, column after the last) of its pools."""
        found: dict[str, list] = {}
        columns = ("indicators", "unit", "pool", "from_month", "to_month")
        for names, unit, pool, begins, ends in zip(
            *(self.release.pool[each].to_pylist() for each in columns), strict=True
        ):
            end = self.shape[1] if ends is None else max(0, number_of(ends) - self.first + 1)
            for name in names:
                found.setdefault(name, []).append(
                    (self.units[unit], self.units[pool], max(0, number_of(begins) - self.first), end)
                )
        return {name: tuple(sorted(some)) for name, some in found.items()}

    def forest(self, indicator: str) -> Forest:
        """Who stands under whom for an indicator, with its pools; indicators of one pattern share it."""
        if self.members is None:
            self.members = self._members()
        key = self.members.get(indicator, ())
        if key not in self.forests:
            parent = self.parent.copy()
            for unit, pool, begin, end in key:
                parent[unit, begin:end] = pool
            self.forests[key] = Forest(parent)
        return self.forests[key]


class Known:
    """What colleagues know, as of one release after the other."""

    def __init__(self, known: Mapping[str, pa.Table] | pa.Table, complete: Iterable[str]):
        if isinstance(known, pa.Table):
            names, number = codes(known["release"])
            known = {name: known.filter(pa.array(number == n)) for n, name in enumerate(names)}
        self.rows = {name: Rows(table, (*NUMBERS, "per_person")) for name, table in known.items()}
        self.complete = set(complete)

    def per_person(self, indicator: str) -> float:
        """What one person in the numerator stands for."""
        some = [rows.of(indicator).get("per_person", np.array([])) for rows in self.rows.values()]
        some = np.concatenate([np.array([]), *(each.astype(float) for each in some)])
        some = some[some > 0]
        return float(np.median(some)) if len(some) else 1.0

    def names(self) -> set[str]:
        return {name for rows in self.rows.values() for name in rows.names}


class Library:
    """All releases, oldest first, on common axes."""

    def __init__(
        self, releases: Iterable[Release], known: Mapping[str, pa.Table] | pa.Table, complete: Iterable[str] = ()
    ):
        self.pages = [Page(release) for release in releases]
        self.known = Known(known, complete)
        rows = [page.value for page in self.pages] + list(self.known.rows.values())
        units = {name for each in rows for name in each.units}
        for page in self.pages:
            for table, column in ((page.release.unit, "unit"), (page.release.unit, "parent"), (page.release.pool, "unit"),
                                  (page.release.pool, "pool")):  # fmt: skip
                units |= set(codes(table[column])[0])
            units |= {name for pair in page.release.followed.items() for name in pair}
        self.units = sorted(units - {None})
        self.place = {name: number for number, name in enumerate(self.units)}
        months = np.concatenate([np.array([], dtype=int), *(np.unique(each.month) for each in rows)])
        self.first = int(months.min()) if len(months) else 0
        self.months = int(months.max()) - self.first + 1 if len(months) else 0
        for each in self.known.rows.values():
            each.on(self.place, self.first)
        for page in self.pages:
            page.on(self.place, self.months, self.first)
        self.pool = np.array([name.startswith(POOL) for name in self.units], dtype=bool)

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.units), self.months

    def indicators(self) -> list[str]:
        """Those of which a release speaks and of which something is known of people."""
        return sorted({name for page in self.pages for name in page.release.headers} & self.known.names())

    def header(self, indicator: str):
        return next(
            page.release.headers[indicator] for page in reversed(self.pages) if indicator in page.release.headers
        )

    def month(self, column: int) -> dt.date:
        return date_of(self.first + int(column))
