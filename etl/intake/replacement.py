"""Says which file took the place of which rows, and finds files that seem to divide a month and so have replaced each other."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import duckdb

from etl.config.contracts import Contract
from etl.paths import Workspace
from etl.store.receipts import Receipt


@dataclass(frozen=True)
class Replacement:
    """An accepted file, and an earlier one of which it replaced some months, or everything where the months are none."""

    by: Receipt
    of: Receipt
    months: tuple[str, ...]

    def __str__(self) -> str:
        if not self.months:
            return f"{self.by.file} took the place of {self.of.file} and its {_rows(self.of.rows_accepted)}."
        of_months = self.of.rows_of_months
        rows = f"{_rows(sum(of_months[month] for month in self.months))} of " if of_months else "the rows of "
        return f"{self.by.file} took the place of {rows}{self.of.file} ({in_words(self.months)})."


def replacements(contract: Contract, receipts: Iterable[Receipt]) -> list[Replacement]:
    """What replaced what, by the contract's rule; `receipts` in the order of arrival. Where files add, rows replace rows by
    their key, and none is told of."""
    accepted = [receipt for receipt in receipts if receipt.outcome == "accepted"]
    if contract.each_file == "replaces_all":
        return [Replacement(by, of, ()) for of, by in pairwise(accepted)]
    if contract.each_file != "replaces_its_months":
        return []
    found, latest = [], {}
    for receipt in accepted:
        taken: dict[str, list[str]] = {}
        for month in receipt.months:
            if before := latest.get(month):
                taken.setdefault(before.hash, []).append(month)
        by_hash = {each.hash: each for each in latest.values()}
        found += [Replacement(receipt, by_hash[of], tuple(sorted(months))) for of, months in taken.items()]
        latest |= dict.fromkeys(receipt.months, receipt)
    return found


def divided(
    con: duckdb.DuckDBPyConnection, workspace: Workspace, contract: Contract, replacement: Replacement, unit: str | None
) -> str | None:
    """The sentence, where the two files share a month and no unit of it (`unit`: the column that names one) or no day: then
    each is likelier a part of the month than a correction. None where it is none."""
    for what, column in (("unit", unit), ("day", f"{contract.month_of}::DATE")):
        if column is None:
            continue
        for month in replacement.months:
            paths = [str(each.path(workspace, "parquet")) for each in (replacement.by, replacement.of)]
            both = con.execute(
                f"""
                SELECT 1
                FROM (SELECT {column} AS shared FROM read_parquet($1) WHERE month = $3::DATE)
                SEMI JOIN (SELECT {column} AS shared FROM read_parquet($2) WHERE month = $3::DATE) USING (shared)
                LIMIT 1
                """,
                [*paths, month],
            ).fetchone()
            if not both:
                return (
                    f"It took the place of {replacement.of.file} in {in_words([month])}, though no {what} of the one is in the "
                    f"other: where each is a part of the month, the contract of {contract.title} must say each_file: "
                    "adds_to_its_months, or the month must come as one file."
                )
    return None


def in_words(months: Iterable[str]) -> str:
    """The months as people write them; of many the first and the last."""
    days = sorted(map(dt.date.fromisoformat, months))
    if len(days) > 3:
        return f"{len(days)} months from {days[0]:%B %Y} to {days[-1]:%B %Y}"
    return " and ".join(f"{day:%B %Y}" for day in days)


def _rows(many: int) -> str:
    return f"{many:,} row" if many == 1 else f"{many:,} rows"
