"""Before a build takes anything in: files of accepted rows that are damaged or gone are taken in again from their originals.

A file's receipt then says that it is refused, by no rules that there are, so the build judges it anew and it keeps its place in
the order of arrival. May be cut off at any point and done again.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from etl.config.contracts import Contract
from etl.intake import land
from etl.paths import Workspace
from etl.store import checksums
from etl.store.receipts import Receipt, read_receipts, write_receipt

ENDINGS = ("receipt.json", "parquet", "rejected.parquet")


class DamagedStore(Exception):
    """Accepted rows are damaged and cannot be taken in again; the sentence says of which files."""


def repair(workspace: Workspace, contracts: dict[str, Contract]) -> Iterator[str]:
    """A sentence for each file that is to be taken in again. Hold the workspace while it runs. Raises DamagedStore."""
    damaged = list(_damaged(workspace, contracts))
    originals = _originals(workspace, [receipt for receipt, _ in damaged])
    lost = [receipt.file for receipt, needed in damaged if needed and receipt.content not in originals]
    if lost:
        raise DamagedStore(
            f"The rows of {', '.join(lost)} in the store are damaged, and the original no longer lies in the inbox: put it back "
            "there, under any name that its source expects, or restore a backup. Nothing was published."
        )
    for receipt, _ in damaged:
        if receipt.content in originals:
            sentence = "its rows in the store are damaged, so it is taken in again."
            again = replace(receipt, outcome="refused", sentence=sentence.capitalize(), judged_with="", expectations=[])
            checksums.forget(workspace, [receipt.path(workspace, ending) for ending in ENDINGS])
            write_receipt(workspace, again)
            for ending in ENDINGS:
                receipt.path(workspace, ending).unlink(missing_ok=True)
            yield f"{receipt.file}: {sentence}"


def _damaged(workspace: Workspace, contracts: dict[str, Contract]) -> Iterator[tuple[Receipt, bool]]:
    """Receipts whose files are not what was written, and whether accepted rows are among those."""
    noted, changed = checksums.read(workspace), set(checksums.changed(workspace, workspace.store))
    for source in contracts:
        for receipt in read_receipts(workspace, source):
            rows, aside = receipt.path(workspace, "parquet"), receipt.path(workspace, "rejected.parquet")
            if receipt.outcome != "accepted":
                continue
            seen = rows.relative_to(workspace.home).as_posix() in noted
            if rows in changed or not rows.exists() or not (seen or checksums.is_readable(rows)):
                yield receipt, True
            elif aside in changed:
                yield receipt, False


def _originals(workspace: Workspace, wanted: list[Receipt]) -> set[str]:
    """The contents of these receipts that still lie in the inbox, under whatever name."""
    sizes, contents, there = {receipt.size for receipt in wanted}, {receipt.content for receipt in wanted}, set()
    for path in land.inbox(workspace.inbox) if wanted else ():
        with suppress(OSError):
            if not path.is_symlink() and path.stat().st_size in sizes:
                there |= {checksums.sha256(path)} & contents
    return there
