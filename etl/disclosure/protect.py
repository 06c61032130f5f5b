"""Decides, once and before anything leaves the engine, what of every figure may be shown."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType

import duckdb
import numpy as np
import pyarrow as pa

from etl.config.indicators import AGREE, AGREEMENT
from etl.config.settings import DisclosureRules
from etl.disclosure import memory
from etl.disclosure.differencing import NEVER
from etl.disclosure.figures import (
    GONE,
    NOT_REMEMBERED,
    PART,
    PART_OF,
    POOLED,
    SENSITIVE,
    SHOWN,
    WHY,
    WORKING,
    kind_of,
    part_of,
)
from etl.disclosure.group import Group
from etl.disclosure.rows import NOWHERE, Rows, stand
from etl.disclosure.scores import Scale
from etl.disclosure.telling import SCHEMAS, tables_of


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


def protect(
    con: duckdb.DuckDBPyConnection,
    indicators: dict[str, object],
    settled_to: dict[str, dt.date | None],
    rules: DisclosureRules,
    as_of: dt.date,
    release: str,
    scales: Mapping[dt.date, Scale] = MappingProxyType({}),
) -> Protected:
    """Reads the tables `figure`, `unit_spell`, `stands` and `remembered` (memory.recall). Figures that are already public
    are none of its business. `settled_to` is each indicator's last settled day, `scales` what answers each wave of a survey offered. Raises
    FailedAudit."""
    made: dict[str, list[pa.Table]] = {name: [] for name in SCHEMAS}
    rows = stand(con)
    if rows is not None:
        before = _number(con, rows)
        _bound(con, indicators)
        with_figures = {name for (name,) in con.execute("SELECT DISTINCT indicator FROM numbered").fetchall()}
        family_of = {
            name: (_family(name, indicators), kind_of(each))
            for name, each in indicators.items()
            if name in with_figures
        }
        for name in _of_part_of_a_team(con, indicators, family_of):
            family_of[name] = family_of[name][0], PART
        families = {"indicator": list(family_of), "family": [family for family, _ in family_of.values()]}
        con.register("of_family", pa.table({name: pa.array(each, pa.string()) for name, each in families.items()}))
        for (family, kind), names in groupby(sorted(family_of, key=family_of.get), key=family_of.get):
            names = list(names)
            settled = min((settled_to[name] or dt.date.min for name in names), default=dt.date.min)
            headers = {name: indicators[name] for name in names}
            apart = _told_apart(con)
            shares = {name: header for name, header in headers.items() if header.family == AGREEMENT}
            for which, of in ((family, headers), *([(AGREEMENT, shares)] if apart and shares else [])):
                group = Group(con, rows, of, which, kind, rules, settled, as_of, [*before, release], apart, scales)
                for table, some in tables_of(group).items():
                    made[table] += some
    tables = {
        table: pa.concat_tables(some, promote_options="permissive") if some else SCHEMAS[table].empty_table()
        for table, some in made.items()
    }
    return Protected(**tables | {"unit": _pools(tables["unit"])})


def _family(name: str, indicators: dict[str, object]) -> str:
    """R11: a share that agrees goes with the score that it stands beside."""
    return indicators.get(name.removesuffix(AGREE), indicators[name]).family


def _told_apart(con: duckdb.DuckDBPyConnection) -> frozenset[dt.date]:
    """The waves of which releases before this rule have told the shares that agree by a pattern of their own."""
    found = con.execute("SELECT DISTINCT month FROM remembered WHERE family = ?", [AGREEMENT]).fetchall()
    return frozenset(month for (month,) in found)


def _pools(spells: pa.Table) -> pa.Table:
    """One row for each pool, from its first month in any group of indicators to its last."""
    found: dict[str, dict] = {}
    for row in spells.to_pylist():
        pool = found.setdefault(row["unit"], row)
        pool["from_month"] = min(pool["from_month"], row["from_month"])
        still = None in (pool["to_month"], row["to_month"])
        pool["to_month"] = None if still else max(pool["to_month"], row["to_month"])
    return pa.Table.from_pylist([found[name] for name in sorted(found)], SCHEMAS["unit"])


def _of_part_of_a_team(
    con: duckdb.DuckDBPyConnection, indicators: dict[str, object], family_of: dict[str, tuple[str, str]]
) -> set[str]:
    """The working indicators that are of part of a team's people only, for good: those that a release has told as such, and
    of those never told the ones that have far fewer people than their family's others."""
    before = dict(con.execute("SELECT DISTINCT indicator, kind FROM remembered").fetchall())
    working = {name: family for name, (family, kind) in family_of.items() if kind == WORKING}
    if working.keys() <= before.keys():
        return {name for name in working if before[name] == PART}
    con.register("working", pa.table({"indicator": list(working), "family": list(working.values())}))
    found = con.execute(
        """
        WITH middle AS (
            SELECT indicator, family, people, median(people) OVER (PARTITION BY family, row, month) AS usual
            FROM numbered
            JOIN working USING (indicator)
        )
        SELECT indicator FROM middle WHERE usual > 0 GROUP BY indicator HAVING median(people / usual) < ?
        """,
        [PART_OF],
    ).fetchall()
    con.unregister("working")
    part = {name for name, kind in before.items() if kind == PART and name in working}
    part |= {name for (name,) in found if name not in before}
    # Parts that add up to a whole that is shown are hidden together: one alone is what the others leave of it.
    wholes = {part_of(indicators[name]) for name in part} - {()}
    return part | {name for name in working if name not in before and part_of(indicators[name]) in wholes}


def _bound(con: duckdb.DuckDBPyConnection, indicators: dict[str, object]) -> None:
    """Adds to `numbered` what a numerator of class A is part of by its header, where that is told month by month: the sum
    of the whole's months is known, so a hidden part of it lies between nought and that."""
    con.execute("ALTER TABLE numbered ADD COLUMN ceiling DOUBLE DEFAULT 'infinity'")
    for name, header in indicators.items():
        for whole in part_of(header):
            monthly = whole in indicators and kind_of(indicators[whole]) == WORKING and indicators[whole].window == 1
            if kind_of(header) != SENSITIVE or not monthly:
                continue
            con.execute(
                """
                UPDATE numbered
                SET ceiling = least(ceiling, total.numerator)
                FROM (
                    SELECT
                        row,
                        month,
                        sum(numerator) OVER (
                            PARTITION BY row ORDER BY month RANGE BETWEEN $before PRECEDING AND CURRENT ROW
                        ) AS numerator
                    FROM numbered
                    WHERE indicator = $whole
                ) AS total
                WHERE numbered.indicator = $name AND numbered.row = total.row AND numbered.month = total.month
                """,
                {"name": name, "whole": whole, "before": header.window - 1},
            )


def _number(con: duckdb.DuckDBPyConnection, rows: Rows) -> list[str]:
    """The figures, and what is remembered, with the numbers of their rows and months in place of names: `numbered` and
    `recalled`. A pool, or a unit that is gone, has no number yet and keeps its name. Returns the releases that are
    remembered, the oldest first: they are numbered too."""
    con.register("named", pa.table({"unit": pa.array(rows.names, pa.string()), "row": np.arange(len(rows.names))}))
    mentioned = con.execute(
        "SELECT DISTINCT since FROM remembered UNION SELECT DISTINCT release FROM remembered"
    ).fetchall()
    order = memory.in_order(name for (name,) in mentioned)
    con.register("ordered", pa.table({"release": pa.array(order, pa.string()), "number": np.arange(len(order))}))
    first, last = (month.astype("datetime64[D]").item() for month in rows.months[[0, -1]])
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE numbered AS
        SELECT
            indicator,
            named.row,
            date_diff('month', $first, month) AS month,
            numerator - public_numerator AS numerator,
            denominator - public_denominator AS denominator,
            people::DOUBLE AS people,
            coalesce(people_in_numerator::DOUBLE, 'nan') AS counted,
            public_numerator,
            public_denominator
        FROM figure
        JOIN named USING (unit)
        WHERE provenance <> 'published' AND numerator IS NOT NULL AND denominator > public_denominator
        """,
        {"first": first},
    )
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE recalled AS
        SELECT
            remembered.* EXCLUDE (release, unit, month, value, why, pool, per_person, parent, since, told_in),
            coalesce(named.row, -1) AS row,
            CASE WHEN parent = '' THEN $top WHEN parent IS NULL THEN $unknown ELSE coalesce(above.row, $gone) END AS parent,
            began.number AS since,
            CASE WHEN value IS NULL THEN $never ELSE told.number END AS told_in,
            CASE WHEN named.row IS NULL THEN unit END AS unit,
            date_diff('month', $first, month) AS month,
            coalesce(value, 'nan') AS value,
            list_position($why, why) - 1 AS why
        FROM remembered
        LEFT JOIN named USING (unit)
        LEFT JOIN named AS above ON above.unit = remembered.parent
        JOIN ordered AS began ON began.release = since
        JOIN ordered AS told ON told.release = coalesce(told_in, remembered.release)
        WHERE month BETWEEN $first AND $last
        """,
        {"first": first, "last": last, "why": list(WHY)}
        | {"top": NOWHERE, "unknown": NOT_REMEMBERED, "gone": GONE, "never": NEVER},
    )
    con.unregister("named")
    con.unregister("ordered")
    return order
