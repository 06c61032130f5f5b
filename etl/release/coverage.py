"""Lays out what analysts look after: which team has rows of which source and month, where sources contradict each other, what
each system calls a unit, and which facts a figure is drawn from.

Nothing here tells of a person. Rows of a team are told as there or few, never counted; and of people who stand in contradiction
only numbers that are no small ones, rounded, for the whole organisation.
"""

import duckdb

from etl.config.contracts import Contract, unit_column
from etl.config.indicators import tables_of
from etl.paths import Workspace
from etl.store.current_files import accepted_rows

LEAST_PEOPLE = 11  # fewer are not shown, nor whether there are any
ROUNDED_TO = 5
USUAL = 30  # rows a month, of a team of which "few" can be told
AGREEMENT = "agreement"  # the fact of sql/core that says where sources contradict each other


def account(
    con: duckdb.DuckDBPyConnection, workspace: Workspace, contracts: dict[str, Contract], queries: dict[str, str]
) -> None:
    """Fills the tables `coverage`, `agreement`, `unit_name` and `fact`; reads `source.*`, `core.*` and `unit_spell`."""
    _coverage(con, contracts)
    _agreement(con, AGREEMENT in queries)
    _unit_names(con, workspace, contracts)
    con.execute("CREATE TABLE fact (fact VARCHAR, reads VARCHAR[], sql VARCHAR)")
    for name, sql in queries.items():
        con.execute("INSERT INTO fact VALUES (?, ?, ?)", [name, sorted(tables_of(sql)), sql])


def _coverage(con: duckdb.DuckDBPyConnection, contracts: dict[str, Contract]) -> None:
    """A row a source, unit and month with rows: `full`, or `few` where there are less than half of its usual.

    Only of sources that say something of every team in every month: where files add what happened (an absence, somebody
    leaving), a month without a row may be a month in which nothing did, and telling it would tell of people.
    """
    counted = [
        f"SELECT '{name}' AS source, {column} AS unit, month, count(*) AS many FROM source.{name} "
        f"WHERE {column} IS NOT NULL AND month IS NOT NULL GROUP BY ALL"
        for name, contract in contracts.items()
        if contract.month_of and contract.each_file != "adds" and (column := unit_column(contract, contracts))
    ]
    counted = counted or ["SELECT '' AS source, '' AS unit, NULL::DATE AS month, 0 AS many WHERE false"]
    con.execute(f"""
        CREATE TABLE coverage AS
        SELECT
            source, unit, month,
            CASE
                WHEN many < 0.5 * median(many) OVER before AND median(many) OVER before >= {USUAL} THEN 'few'
                ELSE 'full'
            END AS state
        FROM ({" UNION ALL ".join(counted)})
        SEMI JOIN unit_spell USING (unit)
        WINDOW before AS (PARTITION BY source, unit ORDER BY month ROWS BETWEEN 12 PRECEDING AND 1 PRECEDING)
    """)


def _agreement(con: duckdb.DuckDBPyConnection, told: bool) -> None:
    """A row a contradiction and month: the people concerned, where they are not few, and those looked at; both rounded."""
    rows = (
        f"core.{AGREEMENT}"
        if told
        else (
            "(SELECT NULL::DATE AS month, '' AS kind, '' AS what, '' AS why, 0 AS people, 0 AS looked_at WHERE false)"
        )
    )
    con.execute(f"""
        CREATE TABLE agreement AS
        SELECT
            month, kind, what, why,
            CASE WHEN people >= {LEAST_PEOPLE}
                THEN ({ROUNDED_TO} * round(people / {ROUNDED_TO}.0))::BIGINT END AS people,
            CASE WHEN looked_at >= {LEAST_PEOPLE}
                THEN ({ROUNDED_TO} * round(looked_at / {ROUNDED_TO}.0))::BIGINT END AS looked_at
        FROM {rows}
    """)


def _unit_names(con: duckdb.DuckDBPyConnection, workspace: Workspace, contracts: dict[str, Contract]) -> None:
    """What each system calls a unit, as the organisation has said so far: the page gives it back with the new names added."""
    selects = ["SELECT '' AS system, '' AS name, '' AS unit WHERE false"]
    for contract in contracts.values():
        if contract.translates and (rows := accepted_rows(workspace, contract)):
            says = contract.translates
            selects.append(f"SELECT coalesce({says.system}, 'all'), {says.name}, {says.unit} FROM {rows}")
    con.execute(f"CREATE TABLE unit_name AS {' UNION ALL '.join(selects)}")
