"""Works out who stands under whom, month by month, from the hierarchy and from the sources that bring their own units.

Fills `unit_level` (unit, level), `unit_spell` (unit, title, level, parent, from_month, to_month) and `unit_source`
(source, unit): the units a source may speak for, up to its top. The hierarchy decides parents, titles and levels first,
then the other sources by name. A unit of the hierarchy is there with or without figures, and ends when it says so; of
the others, a month without a row does not end a spell.
"""

import datetime as dt
from collections.abc import Iterable

import duckdb
import pyarrow as pa

from etl.config.contracts import Contract
from etl.quoting import quoted_text
from etl.release import purged_counts
from etl.store.hierarchy import BadHierarchy, Organisation, levels_in_order, month_of


def lay_out_units(
    con: duckdb.DuckDBPyConnection,
    contracts: dict[str, Contract],
    organisation: Organisation,
    months: Iterable[dt.date],
    before: purged_counts.Kept | None = None,
) -> list[str]:
    """Fills the tables named above; `months` are those that the sources' rows hold, or one, and `before` is what stayed of
    rows that are purged. Returns the levels, lowest first. Raises BadHierarchy."""
    levels = levels_in_order(contracts, organisation)
    con.execute("""
        CREATE TABLE placed (source VARCHAR, place INTEGER, level VARCHAR, rank INTEGER, code VARCHAR, title VARCHAR,
                             parent_level VARCHAR, parent_code VARCHAR, month DATE);
        CREATE TABLE closing (unit VARCHAR, month DATE)
    """)
    _place_hierarchy(con, organisation, levels, sorted(months))
    for place, contract in enumerate(contracts.values(), start=1):
        if contract.brings_teams:
            _place(con, contract, place, levels)
            if before and purged_counts.is_of_people(contract):
                purged_counts.place(con, before, contract, place, levels)

    # The hierarchy's units keep their codes. Where other levels share a code the lowest keeps it and the others become
    # <level>:<code>.
    con.execute("""
        CREATE TABLE named AS
        SELECT
            level,
            code,
            CASE
                WHEN row_number() OVER (PARTITION BY code ORDER BY place > 0, rank) = 1 THEN code
                ELSE level || ':' || code
            END AS unit
        FROM (SELECT level, rank, code, min(place) AS place FROM placed GROUP BY ALL)
    """)
    shadowed = con.execute("""
        SELECT placed.source, placed.level, placed.code
        FROM placed JOIN named USING (level, code)
        WHERE named.unit <> placed.code
          AND placed.rank = (SELECT min(rank) FROM placed AS same WHERE same.source = placed.source)
        LIMIT 1
    """).fetchone()
    if shadowed:
        raise BadHierarchy(
            f"{shadowed[0]}: {shadowed[1]} {shadowed[2]!r} has the same code as another unit, which keeps it."
        )

    con.execute("""
        CREATE TABLE unit_month AS
        SELECT
            own.unit,
            placed.level,
            arg_min(placed.title, placed.place) FILTER (WHERE placed.title IS NOT NULL) AS title,
            arg_min(above.unit, placed.place) FILTER (WHERE above.unit IS NOT NULL) AS parent,
            min(placed.place) = 0 AS of_hierarchy,
            placed.month
        FROM placed
        JOIN named AS own ON own.level = placed.level AND own.code = placed.code
        LEFT JOIN named AS above ON above.level = placed.parent_level AND above.code = placed.parent_code
        GROUP BY own.unit, placed.level, placed.month
    """)
    con.execute("""
        CREATE TABLE unit_spell AS
        WITH known AS (        -- a month in which no source names a parent keeps the one before, or takes the one after
            SELECT
                * EXCLUDE (parent),
                coalesce(
                    parent,
                    last_value(parent IGNORE NULLS) OVER (by_month ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
                    first_value(parent IGNORE NULLS) OVER (by_month ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
                ) AS parent
            FROM unit_month
            WINDOW by_month AS (PARTITION BY unit ORDER BY month)
        ),
        turns AS (             -- a new parent begins a spell, and so does coming back after having ended
            SELECT
                known.*,
                closing.month IS NOT NULL AS ends,
                row_number() OVER by_month = 1
                    OR parent IS DISTINCT FROM lag(parent) OVER by_month
                    OR coalesce(known.month > lag(closing.month) OVER by_month + INTERVAL 1 MONTH, false) AS begins
            FROM known
            LEFT JOIN closing ON closing.unit = known.unit AND closing.month = known.month
            WINDOW by_month AS (PARTITION BY known.unit ORDER BY known.month)
        ),
        numbered AS (
            SELECT *, sum(begins::INTEGER) OVER (PARTITION BY unit ORDER BY month) AS spell
            FROM turns
        ),
        spells AS (
            SELECT
                unit,
                any_value(level) AS level,
                any_value(parent) AS parent,
                min(month) AS from_month,
                max(month) AS last_month,
                arg_max(ends, month) AS ends,
                spell
            FROM numbered
            GROUP BY unit, spell
        ),
        titles AS (
            SELECT
                unit,
                coalesce(arg_max(title, month) FILTER (WHERE of_hierarchy), arg_max(title, month)) AS title
            FROM unit_month
            GROUP BY unit
        )
        SELECT
            spells.unit,
            coalesce(titles.title, spells.unit) AS title,
            level,
            parent,
            from_month,
            CASE
                WHEN ends THEN last_month
                ELSE coalesce(
                    (lead(from_month) OVER (PARTITION BY spells.unit ORDER BY from_month) - INTERVAL 1 MONTH)::DATE,
                    later.month
                )
            END AS to_month
        FROM spells
        JOIN titles ON titles.unit = spells.unit
        LEFT JOIN (         -- it ends after the newest month of the sources
            SELECT closing.unit, min(closing.month) AS month
            FROM closing
            JOIN (SELECT unit, max(month) AS month FROM unit_month GROUP BY unit) AS newest USING (unit)
            WHERE closing.month > newest.month
            GROUP BY closing.unit
        ) AS later ON later.unit = spells.unit
    """)
    con.execute("CREATE TABLE unit_level AS SELECT DISTINCT unit, level FROM unit_spell")
    con.execute("""
        CREATE TABLE unit_source AS
        SELECT DISTINCT placed.source, named.unit FROM placed JOIN named USING (level, code)
    """)
    return levels


def _place_hierarchy(
    con: duckdb.DuckDBPyConnection, organisation: Organisation, levels: list[str], months: list[dt.date]
) -> None:
    """The units of the hierarchy with their parents, a row a unit and month; one that is there in none of the months has
    its own nearest. Fills `closing` with the months after which a unit is not there any more."""
    if not organisation.spells:
        return
    level_of = {spell.unit: spell.level for spell in organisation.spells}
    following = [*organisation.spells[1:], None]
    closing = [
        (spell.unit, month_of(spell.last))
        for spell, after in zip(organisation.spells, following, strict=True)
        if month_of(spell.last) and not (after and after.unit == spell.unit and after.first == spell.last + 1)
    ]
    stood = pa.Table.from_pylist(
        [
            {
                "code": spell.unit,
                "title": organisation.titles[spell.unit],
                "level": spell.level,
                "rank": levels.index(spell.level),
                "parent_code": spell.parent,
                "parent_level": level_of.get(spell.parent),
                "from_month": month_of(spell.first),
                "to_month": month_of(spell.last),
            }
            for spell in organisation.spells
        ],
        pa.schema(
            [(name, pa.string()) for name in ("code", "title", "level", "parent_code", "parent_level")]
            + [("rank", pa.int32()), ("from_month", pa.date32()), ("to_month", pa.date32())]
        ),
    )
    ended = pa.table({"unit": [unit for unit, _ in closing], "month": pa.array([m for _, m in closing], pa.date32())})
    con.register("stood", stood)
    con.register("ended", ended)
    con.execute("INSERT INTO closing SELECT unit, month FROM ended")
    into = "INSERT INTO placed SELECT $source, 0, level, rank, code, title, parent_level, parent_code, month FROM"
    parameters = {"source": organisation.source, "first": months[0], "last": months[-1]}
    con.execute(
        f"""
        {into} stood
        JOIN (SELECT unnest(generate_series($first::DATE, $last::DATE, INTERVAL 1 MONTH))::DATE AS month) AS seen
          ON seen.month >= coalesce(stood.from_month, seen.month)
         AND seen.month <= coalesce(stood.to_month, seen.month)
        """,
        parameters,
    )
    con.execute(
        f"""
        {into} (
            SELECT
                *,
                greatest(least($first::DATE, to_month), CASE WHEN from_month > $last::DATE THEN from_month END) AS month
            FROM stood
        )
        WHERE code NOT IN (SELECT code FROM placed)
        QUALIFY row_number() OVER (PARTITION BY code ORDER BY abs(date_diff('month', month, $first::DATE))) = 1
        """,
        parameters,
    )
    con.unregister("stood")
    con.unregister("ended")


def _place(con: duckdb.DuckDBPyConnection, contract: Contract, place: int, levels: list[str]) -> None:
    """The units of one source with their parents, a row a unit and month."""
    columns = [
        name
        for level in contract.brings_teams
        for name in (level.column, level.title if level.column else None)
        if name
    ]
    listed = ", ".join(dict.fromkeys([*columns, "month"]))
    con.execute(f"CREATE OR REPLACE TEMP TABLE stood AS SELECT DISTINCT {listed} FROM source.{contract.source}")
    for number, level in enumerate(contract.brings_teams):
        above = contract.brings_teams[number + 1] if number + 1 < len(contract.brings_teams) else None
        code, title = _code(level), _title(level)
        # Of two names or parents in one month the first in the alphabet is taken: the same every time.
        con.execute(
            f"""
            INSERT INTO placed
            SELECT ?, ?, ?, ?, {code}, min({title}), ?, min({_code(above) if above else "NULL"}), month
            FROM stood
            WHERE {code} IS NOT NULL
            GROUP BY {code}, month
        """,
            [contract.source, place, level.level, levels.index(level.level), above.level if above else None],
        )


def _code(level) -> str:
    return level.column or quoted_text(level.unit)


def _title(level) -> str:
    if level.column:
        return level.title or "NULL::VARCHAR"
    return quoted_text(level.title or level.unit)
