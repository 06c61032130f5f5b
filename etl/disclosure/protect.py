"""Decides, once and before anything leaves the engine, what of every figure may be shown.

Indicators of one family and kind share one pattern of pools and hidden rows. There are three kinds: *working* facts
(class B), *leavers* (class B, but refreshed quarterly: their window counts events of few people) and *sensitive*
figures (class A).
"""

import datetime as dt
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

ONE_DAY = dt.timedelta(days=1)
MARGIN = 1.1  # what one person in a numerator stands for on average moves a little from release to release
EVERYBODY = 1e6
# Why a figure is not shown; the first: it is. Readers see none of this, and of its counts only what tells nothing.
WHY = ("shown", "pooled", "too small", "for itself", "for another", "no room", "not a year", "late")
SHOWN, POOLED, SMALL, ITSELF, ANOTHER, NO_ROOM, NOT_A_YEAR, LATE = range(len(WHY))
POOL = "smaller:"  # what the name of every pool begins with
WORKING, LEAVERS, SENSITIVE = "working", "leavers", "sensitive"


@dataclass(frozen=True)
class Protected:
    """What `protect` gives, as Arrow tables: `value` for mart.value, `unit` (the pools) for meta.unit, `pool` for
    meta.pool, `cells` for the memory, and the `log` of why figures are not shown, which stays on the engine's side."""

    value: pa.Table
    unit: pa.Table
    pool: pa.Table
    log: pa.Table
    cells: pa.Table

    @property
    def disclosure(self) -> pa.Table:
        """R12, for meta.disclosure: counts that a reader could make. Which figures are hidden for themselves and which for
        another is nowhere in a release, not even added up."""
        counts = {
            "figures": WHY,
            "shown": WHY[SHOWN : SHOWN + 1],
            "pooled": WHY[POOLED : POOLED + 1],
            "hidden": WHY[POOLED + 1 :],
        }
        by_group = self.log.group_by(["family", "kind", "level"]).aggregate([(why, "sum") for why in WHY])
        sums = {
            name: np.sum([by_group[f"{why}_sum"].to_numpy() for why in some], axis=0) for name, some in counts.items()
        }
        return pa.table({name: by_group[name] for name in ("family", "kind", "level")} | sums)


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

    @property
    def share(self) -> bool:
        return self.header.unit == "%"

    @property
    def sensitive(self) -> Sensitive:
        """In people. Where the numerator is no part of the denominator, nobody counts as outside of it."""
        there = ~np.isnan(self.counted) & ~np.isnan(self.numerator)
        per_person = MARGIN * self.numerator[there].sum() / max(1.0, self.counted[there].sum()) or 1.0
        part = self.numerator / per_person
        if self.share:
            return Sensitive(self.people, self.counted, self.denominator / per_person, part)
        return Sensitive(self.people, self.counted, part + EVERYBODY, part)

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
    """What earlier releases said of one indicator (rows × months), and what they said it of."""

    known: np.ndarray
    value: np.ndarray  # NaN: withheld
    denominator: np.ndarray
    people: np.ndarray
    why: np.ndarray
    frozen: np.ndarray
    unit_gone: np.ndarray  # by month: some unit had a figure then that has none now


def kind_of(header) -> str:
    if header.disclosure == "A":
        return SENSITIVE
    return LEAVERS if header.refresh == "quarterly" else WORKING


def protect(
    con: duckdb.DuckDBPyConnection,
    indicators: dict[str, object],
    settled_to: dict[str, dt.date | None],
    rules: DisclosureRules,
    as_of: dt.date,
    release: str,
) -> Protected:
    """Reads the tables `figure`, `unit_spell` and `remembered` (memory.recall). Public figures (`published`) are none of
    its business. `settled_to` is each indicator's last settled day. Raises FailedAudit."""
    rows = stand(con)
    _number(con, rows)
    made: dict[str, list[pa.Table]] = {"value": [], "unit": [], "pool": [], "log": [], "cells": []}
    with_figures = {name for (name,) in con.execute("SELECT DISTINCT indicator FROM numbered").fetchall()}
    family_of = {name: (each.family, kind_of(each)) for name, each in indicators.items() if name in with_figures}
    for (family, kind), names in groupby(sorted(family_of, key=family_of.get), key=family_of.get):
        names = list(names)
        settled = min((settled_to[name] or dt.date.min for name in names), default=dt.date.min)
        headers = {name: indicators[name] for name in names}
        group = Group(con, rows, headers, family, kind, rules, settled, as_of, release)
        for table, some in group.protect().items():
            made[table] += some
    return Protected(**{table: pa.concat_tables(some, promote_options="permissive") for table, some in made.items()})


def _number(con: duckdb.DuckDBPyConnection, rows: Rows) -> None:
    """The figures, and what is remembered, with the numbers of their rows and months in place of names: `numbered` and
    `recalled`. A pool, or a unit that is gone, has no number yet and keeps its name."""
    con.register("named", pa.table({"unit": pa.array(rows.names, pa.string()), "row": np.arange(len(rows.names))}))
    first = {"first": _day(rows.months[0])}
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE numbered AS
        SELECT
            indicator,
            named.row,
            date_diff('month', $first, month) AS month,
            numerator,
            denominator,
            people::DOUBLE AS people,
            coalesce(people_in_numerator::DOUBLE, 'nan') AS counted
        FROM figure
        JOIN named USING (unit)
        WHERE NOT published AND numerator IS NOT NULL AND denominator > 0
        """,
        first,
    )
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE recalled AS
        SELECT
            remembered.* EXCLUDE (unit, month, value, why, pool, per_person),
            coalesce(named.row, -1) AS row,
            CASE WHEN named.row IS NULL THEN unit END AS unit,
            date_diff('month', $first, month) AS month,
            coalesce(value, 'nan') AS value,
            list_position($why, why) - 1 AS why
        FROM remembered
        LEFT JOIN named USING (unit)
        WHERE month BETWEEN $first AND $last
        """,
        first | {"last": _day(rows.months[-1]), "why": list(WHY)},
    )
    con.unregister("named")


class Group:
    """The indicators of one family and kind.

    Working facts have a column a month, the others one a quarter: they are renewed when a quarter ends, told once and for
    good, and so only of months that are settled for the whole group.
    """

    def __init__(self, con, rows, headers, family, kind, rules, settled, as_of, release):
        self.con, self.family, self.kind, self.rules, self.release = con, family, kind, rules, release
        self.first, self.units = rows.months[0], len(rows.names)
        self.step = 1 if kind == WORKING else QUARTER
        told = quarter_ends(rows.months) | (kind == WORKING)
        told &= (rows.months + 1 <= np.datetime64(settled + ONE_DAY, "M")) | (kind == WORKING)
        self.column = np.where(told, np.cumsum(told) - 1, NOWHERE)  # of each month
        rows = rows.only(told)
        self.due = ((np.datetime64(as_of, "M") - rows.months).astype(int) >= rules.freeze_after_months)[None, :]
        self.restated = np.isin(rows.months, [np.datetime64(month, "M") for month in rules.restate])
        self.figures = {name: self._figures(name, header, rows.shape) for name, header in headers.items()}
        people = np.full(rows.shape, np.nan)
        for each in self.figures.values():
            people = np.fmin(people, each.people)
        size = frozen_size(people, rows.months, self.step)
        least = rules.k_leavers if kind == LEAVERS else rules.k_people
        pooling = pool(rows, size, least, rules.min_units, rules.min_num)
        pooling, self.decided = self._as_remembered(rows, pooling)
        self.rows = with_pools(rows, pooling.pooled, f"{POOL}{family}:{kind}")
        self.figures = {name: each.with_pools(self.rows, pooling.pooled) for name, each in self.figures.items()}
        self.member = _padded(pooling.pooled, self.rows.shape)
        self.listed = _padded(pooling.alone, self.rows.shape)
        self.listed[self.units :] = self.rows.count(self.member)[self.units :] > 0
        self.remembered = {name: self._remembered(name) for name in self.figures}

    def protect(self) -> dict[str, list[pa.Table]]:
        hidden = self._hidden()
        tables = {"value": [], "cells": [], "log": [], "unit": [self._pool_units()], "pool": [self._members()]}
        for name, each in self.figures.items():
            value = self._told(each)
            why = self._why(name, each, np.where(np.isnan(value) & (hidden == SHOWN), SMALL, hidden))
            value = np.where(why == SHOWN, self._value(name, each, value), np.nan)
            if self.kind == LEAVERS:
                why[self._without_room(name, each, value)] = NO_ROOM
            self._audit(each, why == SHOWN)
            tables["value"].append(self._cells(name, each, why, value))
            tables["cells"].append(self._memory(name, each, why, value))
            tables["log"].append(self._log(name, each, why))
        return tables

    # --- what there is

    def _figures(self, name: str, header, shape) -> Figures:
        found = self.con.execute(
            "SELECT row, month, numerator, denominator, people, counted FROM numbered WHERE indicator = ?", [name]
        ).fetchnumpy()
        column = self.column[found["month"]]
        here = column != NOWHERE
        arrays = []
        for each in ("numerator", "denominator", "people", "counted"):
            array = np.full(shape, np.nan)
            array[found["row"][here], column[here]] = found[each][here]
            arrays.append(array)
        return Figures(header, *arrays)

    def _recalled(self, columns: str, where: str, name: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """What is remembered of an indicator, or of the whole group, and its columns; without what is told anew."""
        found = self.con.execute(
            f"SELECT DISTINCT month, {columns} FROM recalled WHERE {where} = ? AND kind = ?", [name, self.kind]
        ).fetchnumpy()
        column = self.column[found["month"]]
        stands = (column != NOWHERE) & ~self.restated[column]
        return {each: array[stands] for each, array in found.items()}, column[stands]

    def _as_remembered(self, rows: Rows, pooling: Pooling) -> tuple[Pooling, np.ndarray]:
        """The pools of months that a release has shown stay as they were; and which months those are."""
        found, column = self._recalled("row, why", "family", self.family)
        decided = np.zeros(len(rows.months), dtype=bool)
        decided[column] = True
        member = (found["why"] == POOLED) & (found["row"] != NOWHERE)
        at = found["row"][member], column[member]
        pooled = pooling.pooled & ~decided
        pooled[at] = rows.parent[at] != NOWHERE
        return Pooling(pooling.alone & ~pooled, pooled), decided

    def _remembered(self, name: str) -> Remembered:
        found, column = self._recalled("row, unit, value, denominator, people, why, frozen", "indicator", name)
        row = found["row"]
        row[row == NOWHERE] = _places(self.rows.names[self.units :], found["unit"][row == NOWHERE], self.units)
        here = row != NOWHERE
        at = row[here], column[here]
        known, frozen, why = (np.zeros(self.rows.shape, dtype=kind) for kind in (bool, bool, int))
        value, denominator, people = (np.full(self.rows.shape, np.nan) for _ in range(3))
        known[at], frozen[at], why[at] = True, found["frozen"][here], found["why"][here]
        value[at], denominator[at] = found["value"][here], found["denominator"][here]
        people[at] = found["people"][here]
        here[here] = ~np.isnan(self.figures[name].people[at])
        gone = np.zeros(len(self.rows.months), dtype=bool)
        gone[column[~here]] = True
        return Remembered(known, value, denominator, people, why, frozen, gone)

    # --- what may be shown

    def _hidden(self) -> np.ndarray:
        """Why the group's figures are not shown in the months not yet decided, as far as all of them go together."""
        why = np.where(self.listed, SHOWN, np.where(self.member, POOLED, SMALL))
        if self.kind == SENSITIVE:
            family = [each.sensitive for each in self.figures.values()]
            unsafe = np.logical_or.reduce([each.unsafe(self.rules.min_num) for each in family])
            unsafe = sticky(unsafe, self.rules.sticky_quarters)
            hidden = suppress(self.rows, family, (why == SHOWN) & ~self.decided, unsafe, self.rules)
            why[hidden] = np.where(unsafe, ITSELF, ANOTHER)[hidden]
        return why

    def _in_levels(self, each: Figures) -> np.ndarray:
        place = np.where(self.rows.team, "team", "above")
        return np.isin(place, each.header.levels)[:, None] & ~np.isnan(each.value)

    def _told(self, each: Figures) -> np.ndarray:
        """R7: the rounded values."""
        if self.kind == LEAVERS:
            return rounding.to_middle(each.value, self._leaver_step(each.denominator, each.people))
        if self.kind == SENSITIVE:
            step = rounding.sensitive_step(each.people, self.rows.team[:, None], each.share)
            return rounding.to_nearest(each.value, step)
        return rounding.to_nearest(each.value, rounding.FINE)

    def _leaver_step(self, denominator: np.ndarray, people: np.ndarray) -> np.ndarray:
        step = rounding.leaver_step(np.fmin(denominator, people), self.rules.leaver_step)
        return np.where(step <= self.rules.leaver_points, step, np.nan)

    def _why(self, name: str, each: Figures, why: np.ndarray) -> np.ndarray:
        """Whether a figure is shown; settled for good when its month is first published.

        A unit that comes into a published month later is shown in it only if its figures are of the working kind and
        no unit has gone from that month: else the two together would tell what the one that has gone had. A sensitive
        figure of a team counts a whole year.
        """
        why = why.copy()
        if self.kind == SENSITIVE and each.header.window < YEAR:
            why[self.rows.team & (why == SHOWN).any(axis=1)] = NOT_A_YEAR
        old = self.remembered[name]
        late = self.decided & ~old.known & (old.unit_gone | (self.kind != WORKING))
        why[late & (why == SHOWN)] = LATE
        return np.where(old.known, old.why, why)

    def _value(self, name: str, each: Figures, value: np.ndarray) -> np.ndarray:
        """R8: a month's value stays; that of a working fact is revised once, when the month is frozen. Sensitive figures
        and leavers are told once: their next window has whatever came late."""
        old = self.remembered[name]
        return np.where(self._stays(each, old), old.value, value)

    def _stays(self, each: Figures, old: Remembered) -> np.ndarray:
        revised = self.due & ~old.frozen & (each.people >= self.rules.k_people) & (self.kind == WORKING)
        # Where a unit has gone, what the others have now is not theirs alone.
        return old.known & ~(revised & ~old.unit_gone)

    def _without_room(self, name: str, each: Figures, value: np.ndarray) -> np.ndarray:
        """Leaver rates that would leave too little doubt about some quarter of some team."""
        old = self.remembered[name]
        denominator = np.where(old.known, old.denominator, each.denominator)
        half = self._leaver_step(denominator, np.where(old.known, old.people, each.people)) / 2
        return leavers.in_the_way(
            self.rows,
            ~np.isnan(value),
            (value - half) * denominator / each.header.scale,
            (value + half) * denominator / each.header.scale,
            np.where(old.known, np.inf, each.people),
            each.header.window // QUARTER,
            self.rules.min_num + 1,  # people are whole: of a range one person may be lost at its ends
        )

    def _audit(self, each: Figures, shown: np.ndarray) -> None:
        """R6. Raises FailedAudit with the rule."""
        new = shown & ~self.decided
        if (each.people[new] < self.rules.k_people).any():
            raise audit.FailedAudit(f"R2: a figure of fewer than {self.rules.k_people} people would be shown.")
        if self.kind != SENSITIVE:
            return
        if (each.sensitive.unsafe(self.rules.min_num) & new).any():
            raise audit.FailedAudit(f"R4: a sensitive figure of fewer than {self.rules.min_num} people would be shown.")
        if (each.sensitive.given_away(self.rows, shown, self.rules) & ~self.decided).any():
            raise audit.FailedAudit("R5: a hidden figure could be worked out from those shown.")

    # --- what is said of it

    def _spoken_of(self, each: Figures) -> np.ndarray:
        """What has a figure, shown or not; of the pools those that are listed."""
        there = ~np.isnan(each.value)
        there[self.units :] &= self.listed[self.units :]
        return there

    def _cells(self, name: str, each: Figures, why: np.ndarray, value: np.ndarray) -> pa.Table:
        row, column = np.nonzero(self._spoken_of(each) & self._in_levels(each))
        seen = why[row, column] == SHOWN
        old = self.remembered[name]
        people = np.where(self._stays(each, old), old.people, each.people)
        return pa.table(
            {
                "indicator": _same(name, len(row)),
                "unit": _named(self.rows.names, row),
                "month": self.rows.months[column].astype("datetime64[D]"),
                "value": pa.array(value[row, column], mask=~seen),
                "people_band": _named(rounding.BAND_NAMES, rounding.band(people[row, column]), ~seen),
                "shown": _named(np.array(["protected", "yes"], dtype=object), seen),
            }
        )

    def _memory(self, name: str, each: Figures, why: np.ndarray, value: np.ndarray) -> pa.Table:
        old = self.remembered[name]
        row, column = np.nonzero(self._spoken_of(each) & (~old.known | (self.due & ~old.frozen)))
        why = why[row, column]
        stays = self._stays(each, old)
        denominator = np.where(stays, old.denominator, each.denominator)
        people = np.where(stays, old.people, each.people)
        part = each.numerator / each.counted
        return pa.table(
            {
                "release": _same(self.release, len(row)),
                "kind": _same(self.kind, len(row)),
                "family": _same(self.family, len(row)),
                "indicator": _same(name, len(row)),
                "unit": _named(self.rows.names, row),
                "pool": _named(self.rows.names, self.rows.parent[row, column], ~self.member[row, column]),
                "month": self.rows.months[column].astype("datetime64[D]"),
                "denominator": denominator[row, column],
                "people": people[row, column],
                "per_person": pa.array(part[row, column], mask=~np.isfinite(part[row, column])),
                "value": pa.array(value[row, column], mask=why != SHOWN),
                "why": _named(np.array(WHY, dtype=object), why),
                "frozen": np.broadcast_to(self.due, self.rows.shape)[row, column],
            }
        )

    def _pool_units(self) -> pa.Table:
        """The pools as units: a row for each stretch of months with the same number of teams."""
        size = self.rows.count(self.member)[self.units :]
        row, begins, ends = _stretches(size)
        pool = self.units + row
        said = [
            f"Smaller {word} in {title} ({number} {word})"
            for title, number, word in zip(
                self.rows.titles[pool],
                size[row, begins],
                np.where(self.rows.team[pool], "teams", "units"),
                strict=True,
            )
        ]
        return pa.table(
            {
                "unit": pa.array(self.rows.names[pool], pa.string()),
                "title": pa.array(said, pa.string()),
                "level": pa.array(self.rows.level[pool], pa.string()),
                "parent": pa.array(self.rows.names[self.rows.parent[pool, begins]], pa.string()),
                **self._spell(begins, ends),
            }
        )

    def _members(self) -> pa.Table:
        """Which units are in which pool, when."""
        pools = np.where(self.member, self.rows.parent, NOWHERE) + 1
        row, begins, ends = _stretches(pools)
        return pa.table(
            {
                "family": pa.array([self.family] * len(row), pa.string()),
                "unit": pa.array(self.rows.names[row], pa.string()),
                "pool": pa.array(self.rows.names[pools[row, begins] - 1], pa.string()),
                **self._spell(begins, ends),
            }
        )

    def _spell(self, begins: np.ndarray, ends: np.ndarray) -> dict:
        from_month = self.rows.months[begins] - (self.step - 1)  # a quarter is named by its last month
        to_month = self.rows.months[ends].astype("datetime64[D]")
        still = ends == len(self.rows.months) - 1
        return {"from_month": from_month.astype("datetime64[D]"), "to_month": pa.array(to_month, mask=still)}

    def _log(self, name: str, each: Figures, why: np.ndarray) -> pa.Table:
        """R12: how many of the units' figures are shown, and why the others are not, by level."""
        there = self._in_levels(each) & (np.arange(len(self.rows.names)) < self.units)[:, None]
        records = []
        for level in sorted(set(self.rows.level[: self.units])):
            found = np.bincount(why[there & (self.rows.level == level)[:, None]], minlength=len(WHY))
            records.append(
                {"indicator": name, "family": self.family, "kind": self.kind, "level": level}
                | dict(zip(WHY, found.tolist(), strict=True))
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


def _places(names: np.ndarray, wanted: np.ndarray, first: int) -> np.ndarray:
    number = {name: first + place for place, name in enumerate(names)}
    return np.array([number.get(name, NOWHERE) for name in wanted], dtype=int)


def _same(text: str, number: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(number, np.int32)), pa.array([text]))


def _named(names: np.ndarray, number: np.ndarray, absent: np.ndarray | None = None) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(number.astype(np.int32), mask=absent), pa.array(names, pa.string()))
