"""Which accepted files count: the latest word on each month, and up to which month a source is settled."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from etl.config.contracts import Contract
from etl.paths import Workspace
from etl.quoting import quoted_texts
from etl.store.receipts import Receipt, read_receipts


@dataclass(frozen=True)
class Part:
    """A file that still counts, and the months it counts for (None: whatever it holds)."""

    receipt: Receipt
    months: tuple[str, ...] | None


def parts(contract: Contract, receipts: list[Receipt]) -> list[Part]:
    """What counts of a source's accepted files, by the contract's rule; `receipts` in the order of arrival."""
    accepted = [receipt for receipt in receipts if receipt.outcome == "accepted"]
    if contract.each_file == "replaces_all":
        return [Part(receipt, None) for receipt in accepted[-1:]]
    if contract.each_file in ("adds", "adds_to_its_months"):  # a row takes the place of the earlier one of its key
        return [Part(receipt, None) for receipt in accepted]
    latest = {month: receipt for receipt in accepted for month in receipt.months}
    counted: dict[str, list[str]] = {}
    for month, receipt in latest.items():
        counted.setdefault(receipt.hash, []).append(month)
    return [Part(receipt, tuple(sorted(counted[receipt.hash]))) for receipt in accepted if receipt.hash in counted]


def replaced(contract: Contract, receipts: list[Receipt], counted: list[Part]) -> set[str]:
    """The hashes of accepted files whose place later ones have taken."""
    counts = {part.receipt.hash for part in counted}
    gone, covered, names = set(), set(), set()  # months and files that come later
    for receipt in reversed(receipts):
        if receipt.outcome != "accepted":
            continue
        # A file of which nothing was accepted is replaced when its months arrive after all, or it comes again.
        if receipt.hash not in counts and (
            receipt.rows_accepted
            or (receipt.quarantined_months and covered.issuperset(receipt.quarantined_months))
            or receipt.file in names
        ):
            gone.add(receipt.hash)
        covered.update(receipt.months)
        names.add(receipt.file)
    return gone


def settled_to(contract: Contract, counted: list[Part], as_of: dt.date) -> dt.date | None:
    """The last day of the newest month that a file covers which was extracted late enough to be complete."""
    if not contract.month_of:
        return None
    settled = []
    for part in counted:
        seen = min(dt.date.fromisoformat(part.receipt.extracted_on), as_of)
        for month in part.months or part.receipt.months:
            end = last_day(dt.date.fromisoformat(month))
            if seen >= end + dt.timedelta(days=contract.complete_after_days):
                settled.append(end)
    return max(settled, default=None)


def settled_together(settled: Iterable[dt.date | None]) -> dt.date | None:
    """How far a figure is settled that is drawn from several sources with files: no further than the least of them, and
    nowhere while one of them has settled nothing."""
    ends = list(settled)
    return min(ends) if ends and None not in ends else None


def last_day(month: dt.date) -> dt.date:
    return (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)


def accepted_rows(workspace: Workspace, contract: Contract) -> str | None:
    """The relation of a source's rows that count."""
    counted = parts(contract, read_receipts(workspace, contract.source))
    paths = quoted_texts(str(part.receipt.path(workspace, "parquet")) for part in counted)
    return f"read_parquet([{paths}], union_by_name = true)" if paths else None
