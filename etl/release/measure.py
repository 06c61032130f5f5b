"""Counts every indicator per unit and month, and adds numerators and denominators up the hierarchy, never rates.

Fills `figure` (indicator, unit, month, numerator, denominator, people, people_in_numerator, provenance, public_numerator,
public_denominator, and of a survey its tallies): what the units' own rows say, and for a unit above them without a row of its
own the sum of the units that stood under it that month. Its provenance is `published` (made of nothing but published rows),
`private`, or `both`; of the last, the public part is given too. Published figures rise within the units that the indicator's
published sources bring, private ones within the hierarchy, and what is made of both only where both may. So a sum of private
rows never mixes with what others have published.
"""

from collections.abc import Callable

import duckdb

from etl.config.indicators import TALLIES, Indicator


class Unmeasurable(Exception):
    """An indicator's query gives rows that may not be published, or that name no unit."""


def in_place(sql: str, name: str) -> str:
    """DuckDB's own answer to a query: the query."""
    return f"({sql})"


def measure(
    con: duckdb.DuckDBPyConnection,
    indicators: dict[str, Indicator],
    published: dict[str, set[str]],
    private: dict[str, set[str]],
    levels: list[str],
    not_begun: tuple[str, ...] = (),
    put_back: Callable[[], None] | None = None,
    answer: Callable[[str, str], str] = in_place,
) -> None:
    """Fills `figure`. `published` and `private` give for each indicator the sources whose units its figures may rise to;
    figures of units that have `not_begun` wait until those have. `put_back`, called once everything is counted, adds to
    `own` what was counted of rows that have been purged since. `answer` takes a query and its name, and says where its rows
    are: another engine may have worked them out. Raises Unmeasurable."""
    count(con, indicators, answer)
    if put_back:
        put_back()
    con.execute("""
        CREATE TABLE figure AS FROM own LIMIT 0;
        CREATE TABLE reach (indicator VARCHAR, provenance VARCHAR, unit VARCHAR)
    """)
    for name in indicators:
        for provenance, sources in {"published": published[name], "private": private[name]}.items():
            con.execute(
                "INSERT INTO reach SELECT DISTINCT ?, ?, unit FROM unit_source WHERE list_contains(?::VARCHAR[], source)",
                [name, provenance, sorted(sources)],
            )
    con.execute("""
        INSERT INTO reach
        SELECT indicator, 'both', unit
        FROM reach
        GROUP BY indicator, unit
        HAVING count(*) = 2
    """)
    con.execute("DELETE FROM own WHERE list_contains(?::VARCHAR[], unit)", [list(not_begun)])
    _check(con, indicators)
    _let_published_rows_win(con)
    stretch_spells(con)
    for level in levels:
        con.execute("INSERT INTO figure SELECT own.* FROM own JOIN unit_level USING (unit) WHERE level = ?", [level])
        con.execute(
            """
            INSERT INTO figure
            SELECT
                below.indicator,
                stands.parent,
                below.month,
                sum(below.numerator),
                sum(below.denominator),
                sum(below.people) FILTER (WHERE below.numerator IS NOT NULL),
                sum(below.people_in_numerator) FILTER (WHERE below.numerator IS NOT NULL),
                coalesce(
                    CASE
                        WHEN count(DISTINCT below.provenance) FILTER (WHERE below.numerator IS NOT NULL) > 1 THEN 'both'
                        ELSE min(below.provenance) FILTER (WHERE below.numerator IS NOT NULL)
                    END,
                    min(below.provenance)
                ),
                coalesce(sum(CASE WHEN below.provenance = 'published' THEN below.numerator ELSE below.public_numerator END), 0),
                coalesce(sum(CASE WHEN below.provenance = 'published' THEN below.denominator ELSE below.public_denominator END), 0),
                sum(below.squares),
                sum(below.positive),
                sum(below.negative),
                sum(below.answers)
            FROM figure AS below
            JOIN stands
              ON stands.unit = below.unit
             AND below.month >= stands.from_month
             AND below.month < stands.before_month
            JOIN unit_level AS above ON above.unit = stands.parent AND above.level = ?
            SEMI JOIN reach
                   ON reach.indicator = below.indicator
                  AND reach.provenance = below.provenance
                  AND reach.unit = stands.parent
            ANTI JOIN own ON own.indicator = below.indicator AND own.unit = stands.parent AND own.month = below.month
            GROUP BY below.indicator, stands.parent, below.month
            """,
            [level],
        )


def count(
    con: duckdb.DuckDBPyConnection, indicators: dict[str, Indicator], answer: Callable[[str, str], str] = in_place
) -> None:
    """Fills `own`: what each indicator's query gives."""
    con.execute("""
        CREATE TABLE own (indicator VARCHAR, unit VARCHAR, month DATE, numerator DOUBLE, denominator DOUBLE,
                          people BIGINT, people_in_numerator BIGINT, provenance VARCHAR,
                          public_numerator DOUBLE, public_denominator DOUBLE,
                          squares DOUBLE, positive DOUBLE, negative DOUBLE, answers DOUBLE)
    """)
    for name, indicator in indicators.items():
        _count(con, name, indicator, answer(indicator.sql, name))


def _count(con: duckdb.DuckDBPyConnection, name: str, indicator: Indicator, rows: str) -> None:
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
            {"people_in_numerator" if indicator.says_people_in_numerator else "NULL"},
            CASE WHEN published THEN 'published' ELSE 'private' END,
            0,
            0,
            {", ".join(TALLIES if indicator.tallies else ["NULL"] * len(TALLIES))}
        FROM {rows}
    """)


def _check(con: duckdb.DuckDBPyConnection, indicators: dict[str, Indicator]) -> None:
    """Raises Unmeasurable with the indicator's name."""
    sensitive = [name for name, indicator in indicators.items() if indicator.disclosure == "A"]
    for condition, sentence in {
        "people IS NULL AND provenance = 'private'": "gives rows that do not say how many people they are about",
        "people_in_numerator IS NULL AND provenance = 'private' AND list_contains($sensitive, indicator)": (
            "is of class A and gives rows that do not say how many people make up the numerator"
        ),
        "unit IS NULL OR month IS NULL": "gives rows without a team or a month",
        "unit NOT IN (SELECT unit FROM unit_level)": "gives rows for units that no source brings",
    }.items():
        if found := con.execute(
            f"""
            SELECT indicator, count(*), string_agg(DISTINCT unit, ', ' ORDER BY unit)
            FROM own
            WHERE {condition}
            GROUP BY indicator
            ORDER BY indicator
            LIMIT 1
            """,
            {"sensitive": sensitive} if "$sensitive" in condition else {},
        ).fetchone():
            units = f": {found[2][:100]}" if found[2] else ""
            raise Unmeasurable(f"sql/indicators/{found[0]}.sql {sentence} ({found[1]:,} rows{units}).")
    if found := con.execute("""
        SELECT indicator, count(*), unit
        FROM own
        GROUP BY indicator, unit, month, provenance
        HAVING count(*) > 1
        ORDER BY ALL
        LIMIT 1
    """).fetchone():
        raise Unmeasurable(
            f"sql/indicators/{found[0]}.sql gives {found[1]} rows for the same team and month ({found[2]})."
        )


def _let_published_rows_win(con: duckdb.DuckDBPyConnection) -> None:
    """Where a unit has a published row and its own records too, what is public already is the figure."""
    con.execute("""
        DELETE FROM own
        WHERE provenance = 'private'
          AND (indicator, unit, month) IN (SELECT (indicator, unit, month) FROM own WHERE provenance = 'published')
    """)


def stretch_spells(con: duckdb.DuckDBPyConnection) -> None:
    """Makes `stands` (unit, parent, from_month, before_month): the spells without the time between them, for a figure from
    before its unit began or after it ended still belongs to where the unit stood nearest."""
    con.execute("""
        CREATE TABLE stands AS
        SELECT
            unit,
            parent,
            CASE WHEN row_number() OVER by_month = 1 THEN DATE '0001-01-01' ELSE from_month END AS from_month,
            lead(from_month, 1, DATE '9999-12-31') OVER by_month AS before_month
        FROM unit_spell
        WINDOW by_month AS (PARTITION BY unit ORDER BY from_month)
    """)
