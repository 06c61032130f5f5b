"""What is said of a group's figures: the rows of a release, of the memory, and of the log."""

import numpy as np
import pyarrow as pa

from etl.disclosure import rounding
from etl.disclosure.differencing import NEVER
from etl.disclosure.figures import SHOWN, WHY, Figures
from etl.disclosure.group import Group
from etl.disclosure.memory import SCHEMA as MEMORY
from etl.disclosure.rows import NOWHERE

MONTHS = {"from_month": pa.date32(), "to_month": pa.date32()}
TEXT = pa.string()
SCHEMAS = {
    "value": pa.schema(
        {
            "indicator": TEXT, "unit": TEXT, "month": pa.date32(), "value": pa.float64(), "low": pa.float64(),
            "high": pa.float64(), "people_band": TEXT, "shown": TEXT,
        }
    ),
    "unit": pa.schema({"unit": TEXT, "title": TEXT, "level": TEXT, "parent": TEXT, **MONTHS}),
    "pool": pa.schema(
        {"family": TEXT, "kind": TEXT, "indicators": pa.list_(TEXT), "unit": TEXT, "pool": TEXT, **MONTHS}
    ),
    "cells": MEMORY,
    "log": pa.schema(
        {"indicator": TEXT, "family": TEXT, "kind": TEXT, "level": TEXT, **dict.fromkeys(WHY, pa.int64())}
    ),
}  # fmt: skip


def tables_of(group: Group) -> dict[str, list[pa.Table]]:
    """The tables of SCHEMAS for one group. Raises FailedAudit."""
    hidden = group.hidden()
    tables = {"value": [], "cells": [], "log": [], "unit": [_pool_units(group)], "pool": [_members(group)]}
    for name, each in group.figures.items():
        why, value = group.decide(name, hidden)
        tables["value"].append(_value(group, name, each, why, value))
        tables["cells"].append(_memory(group, name, each, why, value))
        tables["log"].append(_log(group, name, each, why))
    return tables


def _spoken_of(group: Group, each: Figures) -> np.ndarray:
    """What has a figure, shown or not; of the pools those that are listed."""
    there = ~np.isnan(each.people)
    there[group.units :] &= group.listed[group.units :]
    return there


def _value(group: Group, name: str, each: Figures, why: np.ndarray, value: np.ndarray) -> pa.Table:
    row, column = np.nonzero(_spoken_of(group, each))
    seen = why[row, column] == SHOWN
    people = group.as_told(name, "people", group.stays(name))
    low, high = (edge[row, column] for edge in group.edges(name, value))
    return pa.table(
        {
            "indicator": _same(name, len(row)),
            "unit": _named(group.rows.names, row),
            "month": group.rows.months[column].astype("datetime64[D]"),
            "value": pa.array(value[row, column], mask=~seen),
            "low": pa.array(low, mask=~seen | np.isnan(low)),
            "high": pa.array(high, mask=~seen | np.isnan(high)),
            "people_band": _named(rounding.BAND_NAMES, rounding.band(people[row, column]), ~seen),
            "shown": _named(np.array(["protected", "yes"], dtype=object), seen),
        }
    )


def _memory(group: Group, name: str, each: Figures, why: np.ndarray, value: np.ndarray) -> pa.Table:
    old = group.remembered[name]
    row, column = np.nonzero(_spoken_of(group, each) & (~old.known | (group.due & ~old.frozen)))
    why, stays = why[row, column], group.stays(name)
    told_in = np.where(stays, old.told_in, len(group.releases) - 1)[row, column]
    above = np.concatenate([group.parent, group.rows.parent[group.units :]])[row, column]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = (each.numerator / each.counted)[row, column]
    return pa.table(
        {
            "release": _same(group.releases[-1], len(row)),
            "kind": _same(group.kind, len(row)),
            "family": _same(group.family, len(row)),
            "indicator": _same(name, len(row)),
            "unit": _named(group.rows.names, row),
            "pool": _named(group.rows.names, group.rows.parent[row, column], ~group.member[row, column]),
            "parent": _named(np.append(group.rows.names, ""), np.where(above == NOWHERE, len(group.rows.names), above)),
            "told_in": _named(np.array(group.releases, dtype=object), told_in, (why != SHOWN) | (told_in == NEVER)),
            "month": group.rows.months[column].astype("datetime64[D]"),
            **{number: group.as_told(name, number, stays)[row, column] for number in old.numbers},
            "per_person": pa.array(part, mask=~np.isfinite(part)),
            "value": pa.array(value[row, column], mask=why != SHOWN),
            "why": _named(np.array(WHY, dtype=object), why),
            "frozen": np.broadcast_to(group.due, group.rows.shape)[row, column],
        }
    ).select(MEMORY.names)


def _pool_units(group: Group) -> pa.Table:
    """The pools as units: a row for each stretch of months."""
    row, begins, ends = _stretches((group.rows.count(group.member)[group.units :] > 0).astype(int))
    pool = group.units + row
    return pa.table(
        {
            "unit": pa.array(group.rows.names[pool], pa.string()),
            "title": pa.array(
                [
                    f"Smaller {'team' if team else 'unit'}s in {title}"
                    for team, title in zip(group.rows.team[pool], group.rows.titles[pool], strict=True)
                ],
                pa.string(),
            ),
            "level": pa.array(group.rows.level[pool], pa.string()),
            "parent": pa.array(group.rows.names[group.rows.parent[pool, begins]], pa.string()),
            **_spell(group, begins, ends),
        }
    )


def _members(group: Group) -> pa.Table:
    """Which units are in which pool, when."""
    pools = np.where(group.member, group.rows.parent, NOWHERE) + 1
    row, begins, ends = _stretches(pools)
    return pa.table(
        {
            "family": _same(group.family, len(row)),
            "kind": _same(group.kind, len(row)),
            "indicators": pa.array([list(group.figures)] * len(row), pa.list_(TEXT)),
            "unit": pa.array(group.rows.names[row], pa.string()),
            "pool": pa.array(group.rows.names[pools[row, begins] - 1], pa.string()),
            **_spell(group, begins, ends),
        }
    )


def _spell(group: Group, begins: np.ndarray, ends: np.ndarray) -> dict:
    from_month = group.rows.months[begins] - (group.step - 1)  # a quarter is named by its last month
    to_month = group.rows.months[ends].astype("datetime64[D]")
    still = ends == len(group.rows.months) - 1
    return {"from_month": from_month.astype("datetime64[D]"), "to_month": pa.array(to_month, mask=still)}


def _log(group: Group, name: str, each: Figures, why: np.ndarray) -> pa.Table:
    """R12: how many of the units' figures are shown, and why the others are not, by level."""
    there = ~np.isnan(each.people) & (np.arange(len(group.rows.names)) < group.units)[:, None]
    records = []
    for level in sorted(set(group.rows.level[: group.units])):
        found = np.bincount(why[there & (group.rows.level == level)[:, None]], minlength=len(WHY))
        if found.any():
            records.append(
                {"indicator": name, "family": group.family, "kind": group.kind, "level": level}
                | dict(zip(WHY, found.tolist(), strict=True))
            )
    return pa.Table.from_pylist(records, SCHEMAS["log"])


def _stretches(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(row, first month, last month) of each stretch of one value other than nought."""
    edge = np.zeros((len(values), 1), dtype=values.dtype)
    changes = values != np.concatenate([edge, values[:, :-1]], axis=1)
    row, begins = np.nonzero(changes & (values > 0))
    ends_at = np.concatenate([changes[:, 1:], np.ones((len(values), 1), dtype=bool)], axis=1)
    _, ends = np.nonzero(ends_at & (values > 0))
    return row, begins, ends


def _same(text: str, number: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(number, np.int32)), pa.array([text]))


def _named(names: np.ndarray, number: np.ndarray, absent: np.ndarray | None = None) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(number.astype(np.int32), mask=absent), pa.array(names, pa.string()))
