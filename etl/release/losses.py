"""Compares what a release would hold with the last one: what lost much is likelier a fault than news, and is not published.

What a release holds stands with what it decided (etl/disclosure/memory.py), exactly and privately: its units, and of each source the
accepted rows by month. So the comparison rests on no figure of the release itself.
"""

import datetime as dt
from collections.abc import Mapping

import duckdb

from etl.config.contracts import Contract
from etl.disclosure import memory
from etl.intake.size_limits import listed
from etl.paths import Workspace
from etl.release import publish, purged_counts
from etl.store.current_files import Part
from etl.store.hierarchy import Organisation
from etl.store.receipts import Receipt

MAX_NAMED_UNITS = 5
NO_MONTH = ""  # stands for the month of rows that have none
Holds = dict[str, dict]  # units: code → its first month; rows: source → month → accepted rows that count


class LostTooMuch(Exception):
    """The release would be without much that the last one holds; the sentence says what."""


def held_now(con: duckdb.DuckDBPyConnection, workspace: Workspace, counted: Mapping[str, list[Part]]) -> Holds:
    """What the release that is being made holds; reads the table `unit_spell`."""
    units = con.execute("SELECT unit, min(from_month)::VARCHAR FROM unit_spell GROUP BY unit ORDER BY unit").fetchall()
    rows: dict[str, dict[str, int]] = {}
    for source, kept_parts in counted.items():
        by_month = rows.setdefault(source, {})
        for part in kept_parts:
            for month, many in _rows_of(con, workspace, part.receipt).items():
                if part.months is None or month in part.months:
                    by_month[month] = by_month.get(month, 0) + many
    return {"units": dict(units), "rows": rows}


def _rows_of(con: duckdb.DuckDBPyConnection, workspace: Workspace, receipt: Receipt) -> dict[str, int]:
    if receipt.rows_of_months or not receipt.months:
        return receipt.rows_of_months or {NO_MONTH: receipt.rows_accepted}
    counted = "SELECT month::VARCHAR, count(*) FROM read_parquet($1) WHERE month IS NOT NULL GROUP BY ALL"
    return dict(con.execute(counted, [str(receipt.path(workspace, "parquet"))]).fetchall())


def expect_little_lost(
    workspace: Workspace,
    contracts: Mapping[str, Contract],
    holds: Holds,
    organisation: Organisation,
    as_of: dt.date,
    max_share: float,
) -> None:
    """Raises LostTooMuch where all units are gone, or more than that share of them, or of the rows of one source, against the
    release that readers see. What a past view does not see yet is not lost, nor what was purged, nor a unit that became
    another."""
    last = publish.current(workspace)
    before = memory.holds(workspace, last) if last else {}
    if not before:
        return
    became = organisation.successors
    units = {became.get(unit, unit) for unit, first in before["units"].items() if first <= as_of.isoformat()}
    gone = sorted(units - holds["units"].keys())
    lost = []
    if _is_much(len(gone), len(units), max_share):
        lost.append(f"{len(gone):,} of {len(units):,} units ({listed(gone, MAX_NAMED_UNITS)})")
    purged = purged_counts.read(workspace)
    for source, rows in before["rows"].items():
        contract = contracts.get(source)
        since = purged.held_from.isoformat() if purged and contract and purged_counts.is_of_people(contract) else ""
        many, now = (_in_view(each, since, as_of) for each in (rows, holds["rows"].get(source, {})))
        if _is_much(many - now, many, max_share):
            lost.append(_in_words(many - now, many, max_share, contract, source))
    if lost:
        raise LostTooMuch(
            f"Nothing was published: against release {last}, this one would be without {'; '.join(lost)}. "
            "`python -m etl receipts` says what became of every file. Where it is meant so, `python -m etl build --even-so` "
            "publishes it; until then the last release stays."
        )


def _in_words(lost: int, many: int, max_share: float, contract: Contract | None, source: str) -> str:
    """What of a source is gone; the quality page shows the sentence, so rows that may be people are told by their share."""
    if lost == many:
        return f"all accepted rows of {contract.title if contract else source}"
    if contract and (contract.published or contract.hierarchy or contract.translates):
        return f"{lost:,} of {many:,} accepted rows of {contract.title}"
    return f"more than {max_share:.0%} of the accepted rows of {contract.title if contract else source}"


def _is_much(lost: int, many: int, max_share: float) -> bool:
    return lost > 0 and (lost == many or lost > max_share * many)


def _in_view(rows: Mapping[str, int], since: str, as_of: dt.date) -> int:
    """The rows of months from `since` on that are seen on that day, and those of no month."""
    return sum(many for month, many in rows.items() if month == NO_MONTH or since <= month <= as_of.isoformat())
