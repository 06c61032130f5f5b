"""What a release is made of: the files that count, the hierarchy, the settings and the day to judge from."""

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass, field, replace

import duckdb

from etl.config import settings
from etl.config.contracts import Contract
from etl.config.settings import Settings
from etl.intake.take_in import Refusal
from etl.paths import SQL, Workspace
from etl.release.sources import read_organisation
from etl.store.current_files import Part, parts, settled_to
from etl.store.hierarchy import Organisation
from etl.store.receipts import Receipt, read_receipts
from etl.strain import METHOD

VERSION = "0.1.0"


@dataclass(frozen=True)
class Inputs:
    """`receipts`, the parts `counted` and the day each is `settled` to stand by source. `organisation`, `settings` and
    `synthetic` are read by `with_organisation`: a build without one accepted file is over before."""

    workspace: Workspace
    contracts: dict[str, Contract]
    refusals: list[Refusal]  # of files that belong to no source
    as_of: dt.date
    receipts: dict[str, list[Receipt]]
    counted: dict[str, list[Part]]
    settled: dict[str, dt.date | None]
    organisation: Organisation = field(default_factory=Organisation)
    settings: Settings | None = None
    synthetic: bool = False

    @property
    def refused(self) -> int:
        """Files."""
        receipts = sum(receipt.outcome == "refused" for each in self.receipts.values() for receipt in each)
        return len(self.refusals) + receipts

    @property
    def divided(self) -> int:
        """Files that seem to be parts of a month and took each other's place."""
        return sum(bool(part.receipt.shares_months) for each in self.counted.values() for part in each)

    @property
    def months(self) -> list[dt.date]:
        return months_seen(self.counted, self.as_of)


def read_inputs(
    workspace: Workspace, contracts: dict[str, Contract], refusals: list[Refusal], as_of: dt.date
) -> Inputs:
    receipts = {source: read_receipts(workspace, source) for source in contracts}
    counted = {source: parts(contract, receipts[source]) for source, contract in contracts.items()}
    settled = {source: settled_to(contract, counted[source], as_of) for source, contract in contracts.items()}
    return Inputs(workspace, contracts, refusals, as_of, receipts, counted, settled)


def with_organisation(con: duckdb.DuckDBPyConnection, inputs: Inputs) -> Inputs:
    """Raises BadHierarchy and BadSettings."""
    workspace = inputs.workspace
    return replace(
        inputs,
        organisation=read_organisation(con, workspace, inputs.contracts, inputs.counted, inputs.as_of),
        synthetic=workspace.synthetic.exists(),
        settings=settings.read(workspace),
    )


def months_seen(counted: dict[str, list[Part]], as_of: dt.date) -> list[dt.date]:
    """The months until that day that the sources' rows hold, earliest first."""
    months = {month for kept in counted.values() for part in kept for month in part.months or part.receipt.months}
    return sorted(month for month in map(dt.date.fromisoformat, months) if month <= as_of)


def fingerprint(inputs: Inputs) -> str:
    """Of everything a release is made of: the same inputs, settled months and units publish nothing new."""
    record = {
        "version": VERSION,
        "contracts": {source: contract.fingerprint for source, contract in inputs.contracts.items()},
        "parts": {
            source: [(part.receipt.hash, part.months) for part in kept] for source, kept in inputs.counted.items()
        },
        "files": sorted(
            (receipt.file, receipt.hash, receipt.outcome, receipt.sentence)
            for kept in inputs.receipts.values()
            for receipt in kept
        ),
        "refusals": sorted((refusal.file, refusal.sentence) for refusal in inputs.refusals),
        "settled": inputs.settled,
        "seen": inputs.months[-1:],
        "organisation": asdict(inputs.organisation),
        "synthetic": inputs.synthetic,
        "disclosure": asdict(inputs.settings.disclosure),
        "strain": METHOD,
        "sql": {
            str(path.relative_to(SQL)): path.read_text(encoding="utf-8")
            for path in sorted(SQL.rglob("*.sql"))
            if path.parent.name != "app"
        },
    }
    return hashlib.sha256(json.dumps(record, default=str, sort_keys=True).encode()).hexdigest()
