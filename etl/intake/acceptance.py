"""What must hold of a judged file as a whole before it is kept, because it would take the place of what was accepted before."""

import datetime as dt

import duckdb

from etl.config.contracts import Contract
from etl.intake.conform import EMPTY_ROW, Conformed
from etl.intake.read import Table, rows_at
from etl.paths import Workspace
from etl.quoting import quoted_texts
from etl.store import hierarchy
from etl.store.current_files import parts
from etl.store.hierarchy import BadHierarchy, levels_in_order
from etl.store.receipts import RefusedExtract, Result, read_receipts

MAX_PLACES = 3  # rows that a sentence names
ACCEPTED = "(FROM staged WHERE row NOT IN (SELECT row FROM failed))"


def expect_acceptable(
    con: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    name: str,
    contracts: dict[str, Contract],
    contract: Contract,
    table: Table,
    conformed: Conformed,
    results: list[Result],
    today: dt.date,
) -> None:
    """Raises RefusedExtract where the file would replace everything by nothing, or keeps a hierarchy that does not hold on the
    rows that were accepted. Reads the view `staged` and the table `failed`, which the judge has filled."""
    places = _Places(con, contract, table, conformed)
    if contract.each_file == "replaces_all" and not _any(con):
        raise RefusedExtract(
            f"{name} is refused: it would take the place of every file before it, and none of its rows was accepted"
            f"{places.of_failed()}. What was accepted last stays.",
            results,
        )
    if contract.hierarchy and _any(con):
        try:
            spells = hierarchy.read(con, contract, _with_those_before(workspace, contract))
            levels_in_order(contracts, hierarchy.as_known(contract, spells, today, {}))
        except BadHierarchy as error:
            raise RefusedExtract(
                f"{name} is refused: {str(error).removesuffix('.')}{places.of_unit(error)}{places.of_failed()}. "
                "What was accepted last stays.",
                results,
            ) from None


def _any(con: duckdb.DuckDBPyConnection) -> bool:
    return con.execute(f"SELECT 1 FROM {ACCEPTED} LIMIT 1").fetchone() is not None


def _with_those_before(workspace: Workspace, contract: Contract) -> str:
    """The accepted rows, beside those that would still count with them."""
    if contract.each_file == "replaces_all":
        return ACCEPTED
    counted = parts(contract, read_receipts(workspace, contract.source))
    paths = quoted_texts(str(part.receipt.path(workspace, "parquet")) for part in counted)
    columns = ", ".join(contract.kept)
    if not paths:
        return ACCEPTED
    return f"(SELECT {columns} FROM {ACCEPTED} UNION BY NAME SELECT {columns} FROM read_parquet([{paths}], union_by_name = true))"


class _Places:
    """Where in the file a row stands, in words: its line, the heading and what is wrong, and never what a cell holds."""

    def __init__(self, con: duckdb.DuckDBPyConnection, contract: Contract, table: Table, conformed: Conformed) -> None:
        self.con, self.contract, self.table, self.conformed = con, contract, table, conformed

    def of_unit(self, error: BadHierarchy) -> str:
        """The rows that say something of the unit at fault: ` (line 3, Parent)`."""
        if not error.unit:
            return ""
        columns = vars(self.contract.hierarchy)
        rows = self.con.execute(
            f"SELECT row FROM {ACCEPTED} WHERE {columns['unit']} = ? ORDER BY row LIMIT {MAX_PLACES}", [error.unit]
        ).fetchall()
        heading = self.conformed.headings.get(columns.get(error.role, ""), "")
        lines = self._lines([row for (row,) in rows])
        where = ", ".join(f"line {line}" for line in lines.values())
        return f" ({', '.join(filter(None, (where, heading)))})" if where else ""

    def of_failed(self) -> str:
        """The first rows that were set aside: `; set aside were line 3 (From is not a date) and 4 more`."""
        rows = self.con.execute(
            "SELECT row, string_agg(DISTINCT trim(heading || ' ' || reason), ', ') FROM failed GROUP BY row ORDER BY row"
        ).fetchall()
        lines = self._lines([row for row, _ in rows[:MAX_PLACES]])
        places = [f"line {lines.get(row, '?')} ({why})" for row, why in rows]
        places += [f"line {row.line} ({row.reason})" for row in self.conformed.misshapen if row.reason != EMPTY_ROW]
        more = " and others" if len(places) > MAX_PLACES else ""  # how many may be a number of people
        return f"; set aside were {', '.join(places[:MAX_PLACES])}{more}" if places else ""

    def _lines(self, rows: list[int]) -> dict[int, int]:
        """row → the line in which it stands."""
        if self.table.kind != "csv":
            return {row: row + 1 for row in rows}
        at = rows_at(self.table, set(rows), {row.line for row in self.conformed.misshapen})
        return {row: at[row][0] for row in rows if row in at}
