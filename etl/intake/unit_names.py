"""Gathers what the references know: what an extract may call a unit, and the unit's own code that is kept instead."""

import hashlib
import json

import duckdb

from etl.config.contracts import Contract
from etl.intake.cell_sql import Names, loose_sql
from etl.paths import Workspace
from etl.quoting import quoted_text
from etl.store.current_files import accepted_rows


def references(contract: Contract, contracts: dict[str, Contract]) -> set[str]:
    """The sources that must be read before this one: those it refers to, and those that say what else their units are called."""
    before = set(contract.refers.values())
    return before | {name for refers in before for name in translators(refers, contracts) if name != contract.source}


def translators(source: str, contracts: dict[str, Contract]) -> list[str]:
    return [
        name
        for name, contract in contracts.items()
        if contract.translates and contract.refers.get(contract.translates.unit) == source
    ]


def names_known(
    con: duckdb.DuckDBPyConnection, workspace: Workspace, contract: Contract, contracts: dict[str, Contract]
) -> dict[str, Names | None]:
    """For each column that refers to another source, what that knows; None where nothing of it was accepted yet."""
    known: dict[str, Names | None] = {}
    for source in sorted(set(contract.refers.values())):
        accepted = accepted_rows(workspace, contracts[source])
        if accepted is None:
            known[source] = None
        elif contracts[source].hierarchy is None:
            names = con.execute(
                f"SELECT DISTINCT {contracts[source].key[0]}::VARCHAR AS name FROM {accepted} ORDER BY name"
            )
            known[source] = Names({name: name for (name,) in names.fetchall() if name is not None})
        else:
            others = [contracts[name] for name in translators(source, contracts) if name != contract.source]
            known[source] = Names(_codes(con, workspace, contract, contracts[source], accepted, others), loosely=True)
    return {column: known[source] for column, source in contract.refers.items()}


def fingerprint(known: dict[str, Names | None]) -> str:
    """Of what the names mean, whatever file says so."""
    said = {column: names and sorted(names.codes.items()) for column, names in known.items()}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest() if said else ""


def _codes(
    con: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    contract: Contract,
    reference: Contract,
    units: str,
    translating: list[Contract],
) -> dict[str, str]:
    """Every way to say a unit, as names are compared, and the code that is meant: its code wins over a system's name for it,
    that over a name in all systems, and that over its title. What could mean two units means none."""
    said = reference.hierarchy
    selects = [
        f"SELECT 0 AS rank, {said.unit} AS name, {said.unit} AS code FROM {units}",
        f"SELECT 3, {said.title}, {said.unit} FROM {units}",
    ]
    for other in translating:
        rows, row = accepted_rows(workspace, other), other.translates
        if rows:
            whose = f"coalesce({loose_sql(row.system)}, 'all')"
            selects.append(
                f"SELECT CASE WHEN {whose} = 'all' THEN 2 ELSE 1 END, {row.name}, {row.unit} FROM {rows} "
                f"WHERE {whose} IN ('all', {loose_sql(quoted_text(contract.system))})"
            )
    found = con.execute(f"""
        WITH said AS (SELECT rank, name, {loose_sql("name")} AS compared, code FROM ({" UNION ALL ".join(selects)})),
        best AS (
            SELECT compared, min(code) AS code
            FROM (SELECT * FROM said QUALIFY rank = min(rank) OVER (PARTITION BY compared))
            WHERE code IS NOT NULL
            GROUP BY compared
            HAVING count(DISTINCT code) = 1
        ),
        SELECT compared, code FROM best WHERE compared <> '' ORDER BY compared
    """)
    return dict(found.fetchall())
