"""The tables `meta.*` of a release: what it is, what it was made of, and what each indicator means."""

import datetime as dt
from dataclasses import asdict
from typing import Any

import duckdb

from etl.config.contracts import Contract
from etl.disclosure import counts as row_counts
from etl.release import publish
from etl.release.core import lineage
from etl.release.events_and_targets import FACTS, unknown_names
from etl.release.inputs import VERSION, Inputs
from etl.release.make import Draft, Shown
from etl.spc.step import PROFILE
from etl.store.current_files import replaced
from etl.store.receipts import Receipt
from etl.survey import step as surveys

Rows = list[dict[str, Any]]
ACCOUNTS = ("rows_read", "rows_accepted", "rows_quarantined", "rows_left_out")


def describe(draft: Draft, shown: Shown, engine: str) -> dict[str, Rows]:
    """The rows of every table `meta.*` by its name; `engine` is what worked the facts out, beside DuckDB."""
    inputs = draft.inputs
    described = {
        "meta.release": [_release(draft, shown, engine)],
        **describe_sources(inputs),
        "meta.indicator": _indicators(draft, shown),
    }
    described["meta.unknown_name"] += _waiting(draft)
    described |= surveys.meta(inputs.contracts)
    described["meta.disclosure"] = shown.protected.disclosure.to_pylist()
    described["meta.setting"] = inputs.settings.disclosure.loosened()
    return described


def _release(draft: Draft, shown: Shown, engine: str) -> dict[str, Any]:
    inputs = draft.inputs
    return {
        "release": shown.release,
        "built_at": dt.datetime.now(dt.UTC).replace(tzinfo=None),
        "as_of": inputs.as_of,
        "engine": ", ".join(filter(None, [f"duckdb {duckdb.__version__}", engine])),
        "version": VERSION,
        "format": publish.FORMAT,
        "settled_to": max(filter(None, inputs.settled.values()), default=None),
        "synthetic": inputs.synthetic,
        "profile": PROFILE,
        "inputs": draft.fingerprint,
    }


def _indicators(draft: Draft, shown: Shown) -> Rows:
    return [
        asdict(indicator)
        | {
            "levels": list(indicator.levels),
            "beside": list(indicator.beside),
            "part_of": list(indicator.part_of),
            "settled_to": max(filter(None, (shown.published_to[name], shown.private_to[name])), default=None),
            "sources": sorted(draft.sources[name]),
        }
        for name, indicator in draft.indicators.items()
    ]


def _waiting(draft: Draft) -> Rows:
    """Names in events, targets and surveys that nothing else knows; their rows are rounded where they are of people."""
    contracts = draft.inputs.contracts
    behind = {fact: min(lineage({f"core.{fact}"}, draft.queries)) for fact in FACTS}
    waiting = unknown_names(draft.con, draft.indicators, behind) + surveys.waiting(draft.con, contracts)
    of_people = {source for source, contract in contracts.items() if contract.of_people}
    return [
        each | {"rows": row_counts.rounded(each["rows"]).told} if each["source"] in of_people else each
        for each in waiting
    ]


def describe_sources(inputs: Inputs) -> dict[str, Rows]:
    """The records of what arrived: sources, files, expectations, unknown names."""
    described: dict[str, Rows] = {
        "meta.source": [],
        "meta.file": [],
        "meta.expectation": [],
        "meta.unknown_name": [],
    }
    for source, contract in inputs.contracts.items():
        receipts = inputs.receipts[source]
        row_counts.expect_accounted(receipts)
        gone = replaced(contract, receipts, inputs.counted[source])
        named = [each for each in receipts if each.outcome == "refused" or each.hash not in gone]
        rounded = [row_counts.as_told(receipt) for receipt in receipts] if contract.of_people else receipts
        standing = [receipt for receipt in rounded if receipt.outcome == "accepted" and receipt.hash not in gone]
        described["meta.source"].append(_source(contract, standing, inputs.settled[source]))
        described["meta.file"] += [_file(source, receipt, receipt.hash in gone) for receipt in rounded]
        for receipt in [*standing, *(each for each in rounded if each.outcome == "refused")]:
            described["meta.expectation"] += [
                {"source": source, "file": receipt.file, **result} for result in receipt.expectations
            ]
        unknown = (row_counts.names_as_told if contract.of_people else row_counts.names)(named)
        described["meta.unknown_name"] += [
            {"source": source, "name": name, "rows": rows} for name, rows in sorted(unknown.items())
        ]
    described["meta.file"] += _refused(inputs)
    return described


def _source(contract: Contract, standing: list[Receipt], settled_to: dt.date | None) -> dict[str, Any]:
    return {
        "source": contract.source,
        "title": contract.title,
        "owner": contract.owner,
        "settled_to": settled_to,
        "files": len(standing),
        **{account: row_counts.total(getattr(receipt, account) for receipt in standing) for account in ACCOUNTS},
        "complete_after_days": contract.complete_after_days,
        "published": contract.published,
    }


def _file(source: str, receipt: Receipt, is_replaced: bool) -> dict[str, Any]:
    return {
        "source": source,
        "file": receipt.file,
        "arrived": _utc(receipt.arrived),
        "outcome": receipt.outcome,
        "sentence": receipt.sentence,
        **{account: getattr(receipt, account) for account in ACCOUNTS},
        "from_month": dt.date.fromisoformat(receipt.months[0]) if receipt.months else None,
        "to_month": dt.date.fromisoformat(receipt.months[-1]) if receipt.months else None,
        "replaced": is_replaced,
        "set_aside": receipt.set_aside,
    }


def _refused(inputs: Inputs) -> Rows:
    """The files that belong to no source."""
    return [
        {
            "source": refusal.source,
            "file": refusal.file,
            "arrived": _utc(refusal.arrived),
            "outcome": "refused",
            "sentence": refusal.sentence,
            **dict.fromkeys(ACCOUNTS, 0),
            "from_month": None,
            "to_month": None,
            "replaced": False,
            "set_aside": [],
        }
        for refusal in inputs.refusals
    ]


def _utc(moment: str) -> dt.datetime:
    return dt.datetime.fromisoformat(moment).astimezone(dt.UTC).replace(tzinfo=None)
