"""Decides, once and before anything leaves the engine, what of every figure may be shown.

Indicators of one family and kind share one pattern of pools and hidden rows. There are three kinds: *working* facts
(class B), *leavers* (class B, but refreshed quarterly: their window counts events of few people) and *sensitive*
figures (class A).
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

import duckdb
import numpy as np
import pyarrow as pa

from etl.disclosure import audit, leavers, rounding
from etl.disclosure.pools import Pooling, pool
from etl.disclosure.rows import NOWHERE, Rows, stand, with_pools
from etl.disclosure.settings import DisclosureRules
from etl.disclosure.suppress import Sensitive, suppress
from etl.disclosure.time import QUARTER, YEAR, frozen_size, quarter_ends, sticky

WORKING, LEAVERS, SENSITIVE = "working", "leavers", "sensitive"


@dataclass(frozen=True)
class Protected:
    """What `protect` gives, as Arrow tables: `value` for mart.value, `unit` (the pools) for meta.unit, `pool` for
    meta.pool, `log` for meta.disclosure, and `cells` for the memory."""

    value: pa.Table
    unit: pa.Table
    pool: pa.Table
    log: pa.Table
    cells: pa.Table


@dataclass(frozen=True)
class Figures:
    """One indicator's figures (rows × months), not rounded; NaN where there is none."""

    header: object
    numerator: np.ndarray
    denominator: np.ndarray
    people: np.ndarray
    counted: np.ndarray  # people in the numerator

    @property
    def value(self) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.header.scale * self.numerator / self.denominator

    def with_pools(self, rows: Rows, pooled: np.ndarray) -> "Figures":
        """The same figures with those of the pools: the sums of their members'."""
        units = len(self.people)

        def and_pools(each: np.ndarray) -> np.ndarray:
            members = np.full(rows.shape, np.nan)
            members[:units] = np.where(pooled, each, np.nan)
            there = rows.count(~np.isnan(members))[units:] > 0
            return np.concatenate([each, np.where(there, rows.sum_up(members)[units:], np.nan)])

        arrays = (self.numerator, self.denominator, self.people, self.counted)
        return Figures(self.header, *map(and_pools, arrays))


@dataclass(frozen=True)
class Remembered:
    """What earlier releases said of one indicator (rows × months)."""

    known: np.ndarray
    value: np.ndarray  # NaN: withheld
    denominator: np.ndarray
    frozen: np.ndarray
    unit_gone: np.ndarray  # by month: some unit had a figure then that has none now


def kind_of(header) -> str:
    if header.disclosure == "A":
        return SENSITIVE
    return LEAVERS if header.refresh == "quarterly" else WORKING


def protect(
    con: duckdb.DuckDBPyConnection,
    indicators: dict[str, object],
    rules: DisclosureRules,
    as_of: dt.date,
    release: str,
) -> Protected:
    """Reads the tables `figure`, `unit_spell` and `remembered` (memory.recall). Public figures (`published`) are none of
    its business. Raises FailedAudit."""
    rows = stand(con)
    _number(con, rows)
    made: dict[str, list[pa.Table]] = {"value": [], "unit": [], "pool": [], "log": [], "cells": []}
    with_figures = {name for (name,) in con.execute("SELECT DISTINCT indicator FROM numbered").fetchall()}
    family_of = {name: (each.family, kind_of(each)) for name, each in indicators.items() if name in with_figures}
    for (family, kind), names in groupby(sorted(family_of, key=family_of.get), key=family_of.get):
        group = Group(con, rows, {name: indicators[name] for name in names}, family, kind, rules, as_of, release)
        for table, some in group.protect().items():
            made[table] += some
    return Protected(**{table: pa.concat_tables(some, promote_options="permissive") for table, some in made.items()})


def _number(con: duckdb.DuckDBPyConnection, rows: Rows) -> None:
    con.register("named", pa.table({"unit": pa.array(rows.names, pa.string()), "row": np.arange(len(rows.names))}))
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE numbered AS
        SELECT
            indicator,
            named.row,
            date_diff('month', ?, month) AS month,
            coalesce(numerator, 'nan') AS numerator,
            coalesce(denominator, 'nan') AS denominator,
            people::DOUBLE AS people,
            coalesce(people_in_numerator, 'nan')::DOUBLE AS counted
        FROM figure
        JOIN named USING (unit)
        WHERE NOT published AND numerator IS NOT NULL AND denominator > 0
        """,
        [rows.months[0].astype("datetime64[D]").item()],
    )
    con.unregister("named")


class Group:
    """The indicators of one family and kind."""

    def __init__(self, con, rows, headers, family, kind, rules, as_of, release):
        self.con, self.family, self.kind, self.rules, self.release = con, family, kind, rules, release
        self.units = len(rows.names)
        self.as_of = np.datetime64(as_of, "M")
        self.restated = np.isin(rows.months, [np.datetime64(month, "M") for month in rules.restate])
        self.figures = {name: self._figures(name, header, rows.shape) for name, header in headers.items()}
        people = np.full(rows.shape, np.nan)
        for each in self.figures.values():
            people = np.fmin(people, each.people)
        size = frozen_size(people, rows.months)
        least = rules.k_leavers if kind == LEAVERS else rules.k_people
        pooling = pool(rows, size, least, rules.min_units, rules.min_num)
        self.pooling, self.decided = self._as_remembered(rows, pooling)
        self.rows = with_pools(rows, self.pooling.pooled, f"smaller:{family}:{kind}")
        self.figures = {name: each.with_pools(self.rows, self.pooling.pooled) for name, each in self.figures.items()}
        self.listed = np.zeros(self.rows.shape, dtype=bool)
        self.listed[: self.units] = self.pooling.alone
        self.listed[self.units :] = self.rows.count(_padded(self.pooling.pooled, self.rows.shape))[self.units :] > 0
        self.remembered = {name: self._remembered(name) for name in self.figures}

    def protect(self) -> dict[str, list[pa.Table]]:
        hidden, company = self._hidden()
        tables = {"value": [], "cells": [], "log": [], "unit": self._pool_units(), "pool": self._members()}
        for name, each in self.figures.items():
            may = self._may_be_told(name, each)
            value, step = self._told(each)
            shown = self._with_memory(name, each, may & ~hidden, value)
            value = np.where(shown, self._value(name, each, value, shown), np.nan)
            if self.kind == LEAVERS:
                shown, value = self._with_room(name, each, shown, value)
            self._audit(each, shown, value)
            tables["value"].append(self._cells(name, each, shown, value))
            tables["cells"].append(self._memory(name, each, shown, value))
            tables["log"].append(self._log(name, each, shown, hidden, company))
        return tables

    # --- what there is

    def _figures(self, name: str, header, shape) -> Figures:
        found = self.con.execute(
            "SELECT row, month, numerator, denominator, people, counted FROM numbered WHERE indicator = ?", [name]
        ).fetchnumpy()
        arrays = []
        for column in ("numerator", "denominator", "people", "counted"):
            array = np.full(shape, np.nan)
            array[found["row"], found["month"]] = found[column]
            arrays.append(array)
        return Figures(header, *arrays)

    def _as_remembered(self, rows: Rows, pooling: Pooling) -> tuple[Pooling, np.ndarray]:
        """The pools of months that a release has shown stay as they were; and which months those are."""
        found = self.con.execute(
            """
            SELECT DISTINCT unit, date_diff('month', ?, month) AS month, pool
            FROM remembered
            WHERE family = ? AND kind = ? AND month BETWEEN ? AND ?
            """,
            [_day(rows.months[0]), self.family, self.kind, _day(rows.months[0]), _day(rows.months[-1])],
        ).fetchnumpy()
        decided = np.zeros(len(rows.months), dtype=bool)
        decided[found["month"]] = True
        decided &= ~self.restated
        number = {name: place for place, name in enumerate(rows.names)}
        row = np.array([number.get(unit, NOWHERE) for unit in found["unit"]], dtype=int)
        has_pool = ~np.ma.getmaskarray(found["pool"])
        alone, pooled = pooling.alone.copy(), pooling.pooled.copy()
        pooled[:, decided] = False
        here = has_pool & (row != NOWHERE) & decided[found["month"]]
        pooled[row[here], found["month"][here]] = rows.parent[row[here], found["month"][here]] != NOWHERE
        return Pooling(alone & ~pooled, pooled), decided

    def _remembered(self, name: str) -> Remembered:
        found = self.con.execute(
            """
            SELECT unit, date_diff('month', ?, month) AS month, coalesce(value, 'nan') AS value, denominator, frozen
            FROM remembered
            WHERE indicator = ? AND month BETWEEN ? AND ?
            """,
            [_day(self.rows.months[0]), name, _day(self.rows.months[0]), _day(self.rows.months[-1])],
        ).fetchnumpy()
        number = {unit: place for place, unit in enumerate(self.rows.names)}
        row = np.array([number.get(unit, NOWHERE) for unit in found["unit"]], dtype=int)
        here = (row != NOWHERE) & ~self.restated[found["month"]]
        row, month = row[here], found["month"][here]
        known, frozen = np.zeros(self.rows.shape, dtype=bool), np.zeros(self.rows.shape, dtype=bool)
        value, denominator = np.full(self.rows.shape, np.nan), np.full(self.rows.shape, np.nan)
        known[row, month], frozen[row, month] = True, found["frozen"][here]
        value[row, month], denominator[row, month] = found["value"][here], found["denominator"][here]
        has_now = np.zeros(len(found["month"]), dtype=bool)
        has_now[here] = ~np.isnan(self.figures[name].people[row, month])
        gone = np.zeros(len(self.rows.months), dtype=bool)
        gone[found["month"][~has_now]] = True
        return Remembered(known, value, denominator, frozen, gone)

    # --- what may be shown

    def _hidden(self) -> tuple[np.ndarray, np.ndarray]:
        """What R4 and R5 hide in the months not yet decided, and which of that only keeps others company."""
        none = np.zeros(self.rows.shape, dtype=bool)
        if self.kind != SENSITIVE:
            return none, none
        family = [Sensitive(each.people, each.counted) for each in self.figures.values()]
        unsafe = np.logical_or.reduce([each.unsafe(self.rules.min_num) for each in family])
        unsafe = sticky(unsafe, self.rules.sticky_quarters)
        listed = self.listed & ~self.decided & ~self._between_quarters()
        hidden = suppress(self.rows, family, listed, unsafe, self.rules)
        return hidden, hidden & ~unsafe

    def _between_quarters(self) -> np.ndarray:
        """R8: sensitive figures of a team are renewed when a quarter ends, no sooner."""
        return self.rows.team[:, None] & ~quarter_ends(self.rows.months)

    def _may_be_told(self, name: str, each: Figures) -> np.ndarray:
        """What is listed and within the indicator's own levels, and for sensitive figures of a team a whole year's."""
        place = np.where(self.rows.team, "team", "above")
        may = self.listed & np.isin(place, each.header.levels)[:, None] & ~np.isnan(each.value)
        if self.kind == SENSITIVE:
            may &= ~self._between_quarters()
            may &= ~self.rows.team[:, None] | (each.header.window >= YEAR)
        return may

    def _told(self, each: Figures) -> tuple[np.ndarray, np.ndarray]:
        """The rounded values, and their steps."""
        if self.kind == LEAVERS:
            step = rounding.leaver_step(np.fmin(each.denominator, each.people), self.rules.leaver_step)
            step = np.where(step <= self.rules.leaver_points, step, np.nan)
            return rounding.to_middle(each.value, step), step
        if self.kind == SENSITIVE:
            step = rounding.sensitive_step(each.people, self.rows.team[:, None], each.header.unit == "%")
        else:
            step = np.full(self.rows.shape, rounding.FINE)
        return rounding.to_nearest(each.value, step), step

    def _with_memory(self, name: str, each: Figures, may: np.ndarray, value: np.ndarray) -> np.ndarray:
        """Whether a figure is shown was settled when its month was first published.

        A unit that comes into a published month later is shown in it only if its figures are of the working kind and
        no unit has gone from it: else the two together would tell what the one that has gone had.
        """
        old = self.remembered[name]
        late = self.decided & ~old.known
        may = may & ~np.isnan(value)
        may &= ~(late & (old.unit_gone if self.kind == WORKING else True))
        return np.where(old.known, ~np.isnan(old.value), may)

    def _value(self, name: str, each: Figures, value: np.ndarray, shown: np.ndarray) -> np.ndarray:
        """R8: a month's value stays; that of a working fact is revised once, when the month is frozen. Sensitive figures
        and leavers are told once: their next window has whatever came late."""
        old = self.remembered[name]
        stays = old.known & ~(self._due() & ~old.frozen & (each.people >= self.rules.k_people) & ~np.isnan(value))
        return np.where(stays if self.kind == WORKING else old.known, old.value, value)

    def _due(self) -> np.ndarray:
        age = (self.as_of - self.rows.months).astype(int)
        return (age >= self.rules.freeze_after_months)[None, :]

    def _with_room(self, name, each: Figures, shown, value) -> tuple[np.ndarray, np.ndarray]:
        """Leaver rates that leave too little doubt about some quarter of some team go."""
        old = self.remembered[name]
        quarters = quarter_ends(self.rows.months)
        denominator = np.where(old.known, old.denominator, each.denominator)
        step = rounding.leaver_step(np.fmin(denominator, each.people), self.rules.leaver_step)
        with np.errstate(invalid="ignore"):
            low = (value - step / 2) * denominator / each.header.scale
            high = (value + step / 2) * denominator / each.header.scale
        rows = Rows(
            self.rows.names,
            self.rows.titles,
            self.rows.level,
            self.rows.months[quarters],
            self.rows.parent[:, quarters],
            self.rows.height,
        )
        weight = np.where(old.known, np.inf, each.people)
        told = shown[:, quarters]
        go = leavers.in_the_way(
            rows,
            told,
            low[:, quarters],
            high[:, quarters],
            told,
            weight[:, quarters],
            each.header.window // QUARTER,
            self.rules.min_num,
        )
        shown = shown.copy()
        shown[:, quarters] &= ~go
        shown[:, ~quarters] = False
        return shown, np.where(shown, value, np.nan)

    def _audit(self, each: Figures, shown: np.ndarray, value: np.ndarray) -> None:
        """R6. Raises FailedAudit with the rule."""
        new = shown & ~self.decided
        if (each.people[new] < self.rules.k_people).any():
            raise audit.FailedAudit(f"R2: a figure of fewer than {self.rules.k_people} people would be shown.")
        if self.kind != SENSITIVE:
            return
        sensitive = Sensitive(each.people, each.counted)
        if (sensitive.unsafe(self.rules.min_num) & new).any():
            raise audit.FailedAudit(f"R4: a sensitive figure of fewer than {self.rules.min_num} people would be shown.")
        told = audit.given_away(
            self.rows, each.people, np.nan_to_num(each.counted), shown, self.rules.k_people, self.rules.min_num
        )
        if (told & ~self.decided).any():
            raise audit.FailedAudit("R5: a hidden figure could be worked out from those shown.")

    # --- what is said of it

    def _cells(self, name: str, each: Figures, shown: np.ndarray, value: np.ndarray) -> pa.Table:
        place = np.where(self.rows.team, "team", "above")
        there = ~np.isnan(each.value) & np.isin(place, each.header.levels)[:, None]
        if self.kind == LEAVERS:
            there &= quarter_ends(self.rows.months)
        there[self.units :] &= self.listed[self.units :]
        row, month = np.nonzero(there)
        seen = shown[row, month]
        bands = rounding.band(each.people[row, month])
        return pa.table(
            {
                "indicator": _same(name, len(row)),
                "unit": _named(self.rows.names, row),
                "month": self.rows.months[month].astype("datetime64[D]"),
                "value": pa.array(value[row, month], mask=~seen),
                "people_band": pa.array(bands, pa.string(), mask=~seen),
                "shown": _named(np.array(["protected", "yes"], dtype=object), seen.astype(np.int32)),
            }
        )

    def _memory(self, name: str, each: Figures, shown: np.ndarray, value: np.ndarray) -> pa.Table:
        old = self.remembered[name]
        there = ~np.isnan(each.value)
        if self.kind == LEAVERS:
            there &= quarter_ends(self.rows.months)
        there[self.units :] &= self.listed[self.units :]
        due = np.broadcast_to(self._due(), there.shape)
        row, month = np.nonzero(there & (~old.known | (due & ~old.frozen)))
        pools = np.full(self.rows.shape, NOWHERE)
        member = _padded(self.pooling.pooled, self.rows.shape)
        pools[member] = self.rows.parent[member]
        where = pools[row, month]
        denominator = np.where(old.known, old.denominator, each.denominator)
        return pa.table(
            {
                "release": _same(self.release, len(row)),
                "kind": _same(self.kind, len(row)),
                "family": _same(self.family, len(row)),
                "indicator": _same(name, len(row)),
                "unit": _named(self.rows.names, row),
                "pool": pa.DictionaryArray.from_arrays(
                    pa.array(where, pa.int32(), mask=where == NOWHERE), pa.array(self.rows.names, pa.string())
                ),
                "month": self.rows.months[month].astype("datetime64[D]"),
                "denominator": denominator[row, month],
                "people": each.people[row, month],
                "value": pa.array(value[row, month], mask=~shown[row, month]),
                "frozen": due[row, month],
            }
        )

    def _pool_units(self) -> list[pa.Table]:
        """The pools as units: a row for each stretch of months with the same number of teams."""
        size = self.rows.count(_padded(self.pooling.pooled, self.rows.shape))[self.units :]
        row, begins, ends = _stretches(size)
        teams = size[row, begins]
        titles = self.rows.titles[self.units + row]
        word = np.where(self.rows.team[self.units + row], "teams", "units")
        said = [
            f"Smaller {kind} in {title} ({number} {kind})"
            for title, number, kind in zip(titles, teams, word, strict=True)
        ]
        return [
            pa.table(
                {
                    "unit": pa.array(self.rows.names[self.units + row], pa.string()),
                    "title": pa.array(said, pa.string()),
                    "level": pa.array(self.rows.level[self.units + row], pa.string()),
                    "parent": pa.array(self.rows.names[self.rows.parent[self.units + row, begins]], pa.string()),
                    **self._spell(begins, ends, len(self.rows.months)),
                }
            )
        ]

    def _members(self) -> list[pa.Table]:
        """Which units are in which pool, when."""
        pools = np.where(self.pooling.pooled, self.rows.parent[: self.units], NOWHERE) + 1
        row, begins, ends = _stretches(pools)
        return [
            pa.table(
                {
                    "family": _same(self.family, len(row)).cast(pa.string()),
                    "unit": pa.array(self.rows.names[row], pa.string()),
                    "pool": pa.array(self.rows.names[pools[row, begins] - 1], pa.string()),
                    **self._spell(begins, ends, len(self.rows.months)),
                }
            )
        ]

    def _spell(self, begins: np.ndarray, ends: np.ndarray, months: int) -> dict:
        return {
            "from_month": self.rows.months[begins].astype("datetime64[D]"),
            "to_month": pa.array(self.rows.months[ends].astype("datetime64[D]"), mask=ends == months - 1),
        }

    def _log(self, name: str, each: Figures, shown, hidden, company) -> pa.Table:
        """R12: how many figures of each level are shown, pooled, or hidden; for themselves or as company."""
        there = ~np.isnan(each.value)
        if self.kind != WORKING:
            there &= quarter_ends(self.rows.months) | ~self.rows.team[:, None]
        pooled = _padded(self.pooling.pooled, self.rows.shape)
        records = []
        for level in np.unique(self.rows.level[: self.units].astype(str)):
            units = (self.rows.level == level) & (np.arange(self.rows.shape[0]) < self.units)
            at = there & units[:, None]
            records.append(
                {
                    "indicator": name,
                    "family": self.family,
                    "kind": self.kind,
                    "level": level,
                    "figures": int(at.sum()),
                    "shown": int((at & shown).sum()),
                    "pooled": int((at & ~shown & pooled).sum()),
                    "hidden_for_itself": int((at & ~shown & hidden & ~company).sum()),
                    "hidden_for_another": int((at & ~shown & company).sum()),
                }
            )
        return pa.Table.from_pylist(records)


def _padded(units: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """What is said of the units, and not of the pools."""
    whole = np.zeros(shape, dtype=bool)
    whole[: len(units)] = units
    return whole


def _stretches(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(row, first month, last month) of each stretch of one value other than nought."""
    edge = np.zeros((len(values), 1), dtype=values.dtype)
    changes = values != np.concatenate([edge, values[:, :-1]], axis=1)
    row, begins = np.nonzero(changes & (values > 0))
    ends_at = np.concatenate([changes[:, 1:], np.ones((len(values), 1), dtype=bool)], axis=1)
    _, ends = np.nonzero(ends_at & (values > 0))
    return row, begins, ends


def _day(month: np.datetime64) -> dt.date:
    return month.astype("datetime64[D]").item()


def _same(text: str, number: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(number, np.int32)), pa.array([text]))


def _named(names: Iterable, number: np.ndarray) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(number.astype(np.int32)), pa.array(names, pa.string()))
