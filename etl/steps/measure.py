"""Counts every indicator per unit and month, and adds numerators and denominators up the hierarchy, never rates.

Fills `figure` (indicator, unit, month, numerator, denominator, people, published): what the units' own rows say, and
for a unit above them without a row of its own the sum of the units that stood under it that month.
"""

import duckdb

from etl.indicators import Indicator


class Unmeasurable(Exception):
    """An indicator's query gives rows that may not be published, or that name no unit."""


def measure(
    con: duckdb.DuckDBPyConnection,
    indicators: dict[str, Indicator],
    sources: dict[str, set[str]],
    levels: list[str],
) -> None:
    """Fills `figure`. `sources` gives each indicator's sources: its figures rise no higher than their top. Raises
    Unmeasurable."""
    con.execute("""
        CREATE TABLE own (indicator VARCHAR, unit VARCHAR, month DATE, numerator DOUBLE, denominator DOUBLE,
                          people BIGINT, published BOOLEAN);
        CREATE TABLE figure AS FROM own;
        CREATE TABLE reach (indicator VARCHAR, unit VARCHAR)
    """)
    for name, indicator in indicators.items():
        _count(con, name, indicator)
        con.execute(
            "INSERT INTO reach SELECT DISTINCT ?, unit FROM unit_source WHERE source IN (SELECT unnest(?::VARCHAR[]))",
            [name, sorted(sources[name])],
        )
    _check(con)
    for level in levels:
        con.execute("INSERT INTO figure SELECT own.* FROM own JOIN unit_level USING (unit) WHERE level = ?", [level])
        con.execute(
            """
            INSERT INTO figure
            SELECT
                below.indicator,
                spell.parent,
                below.month,
                sum(below.numerator),
                sum(below.denominator),
                sum(below.people),
                bool_and(below.published)
            FROM figure AS below
            JOIN unit_spell AS spell
              ON spell.unit = below.unit
             AND below.month >= spell.from_month
             AND (spell.to_month IS NULL OR below.month <= spell.to_month)
            JOIN unit_level AS above ON above.unit = spell.parent AND above.level = ?
            SEMI JOIN reach ON reach.indicator = below.indicator AND reach.unit = spell.parent
            ANTI JOIN own ON own.indicator = below.indicator AND own.unit = spell.parent AND own.month = below.month
            GROUP BY ALL
            """,
            [level],
        )


def _count(con: duckdb.DuckDBPyConnection, name: str, indicator: Indicator) -> None:
    # A figure needs both its numbers: one without the other is no data, and adds nothing to the sum above.
    con.execute(f"""
        INSERT INTO own
        SELECT
            '{name}',
            team,
            month,
            CASE WHEN denominator IS NOT NULL THEN numerator END,
            CASE WHEN numerator IS NOT NULL THEN denominator END,
            people,
            published
        FROM ({indicator.sql})
    """)


def _check(con: duckdb.DuckDBPyConnection) -> None:
    """Raises Unmeasurable with the indicator's name."""
    for condition, sentence in {
        "people IS NULL AND NOT coalesce(published, false)": "gives rows that do not say how many people they are about",
        "unit IS NULL OR month IS NULL": "gives rows without a team or a month",
        "unit NOT IN (SELECT unit FROM unit_level)": "gives rows for teams that no source brings",
    }.items():
        if found := con.execute(
            f"SELECT indicator, count(*) FROM own WHERE {condition} GROUP BY ALL LIMIT 1"
        ).fetchone():
            raise Unmeasurable(f"sql/indicators/{found[0]}.sql {sentence} ({found[1]:,} rows).")
    if found := con.execute(
        "SELECT indicator, count(*) FROM own GROUP BY indicator, unit, month HAVING count(*) > 1 LIMIT 1"
    ).fetchone():
        raise Unmeasurable(f"sql/indicators/{found[0]}.sql gives {found[1]} rows for the same team and month.")
