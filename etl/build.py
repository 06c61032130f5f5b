"""The whole way, from the inbox to a release: land, conform, judge, keep; model, measure, protect, signal, check, publish."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from functools import partial

import duckdb

from etl.config import contracts as contract_files
from etl.config import indicators as indicator_files
from etl.config import settings
from etl.config.contracts import Contract
from etl.database import connect
from etl.disclosure import counts as row_counts
from etl.intake import repair
from etl.intake.take_in import Refusal, Say, take_in
from etl.paths import EXPECTATIONS, SQL, Workspace, room_on_disk
from etl.release import purged_counts, spark, withdraw
from etl.release.core import core_queries, lineage, run_core
from etl.release.sources import lay_out_sources, read_organisation
from etl.store import format, lock
from etl.store.current_files import Part, parts, replaced, settled_to, settled_together
from etl.store.hierarchy import Organisation
from etl.store.receipts import Receipt, read_receipts
from etl.strain import METHOD

VERSION = "0.1.0"


class NothingInView(Exception):
    """The day to judge from is before everything that was accepted; the sentence says what the first month is."""


@dataclass(frozen=True)
class Outcome:
    """What a build did: `outcome` is published or nothing_new; `divided` counts the files that seem to be parts of a month
    and took each other's place."""

    outcome: str
    sentence: str
    release: str | None
    refused: int
    divided: int = 0


@contextmanager
def alone(workspace: Workspace, say: Say) -> Iterator[None]:
    """Holds the workspace, and finishes a withdrawal that was cut off. Raises NewerStore."""
    with lock.hold(workspace, say):
        withdraw.finish(workspace)
        yield


def load_contracts(workspace: Workspace) -> dict[str, Contract]:
    return contract_files.load([EXPECTATIONS, workspace.expectations])


def build(
    workspace: Workspace,
    as_of: dt.date,
    say: Say = print,
    busy: Say = lambda _: None,
    even_so: bool = False,
) -> Outcome:
    """Takes in what has arrived and publishes a release if it changes anything; one that is without much of the last one only
    if `even_so`. Raises one of the engine's exceptions, each a sentence; nothing is published then."""
    with room_on_disk(workspace.home), alone(workspace, say):
        contracts = load_contracts(workspace)
        con = connect(workspace)
        try:
            for sentence in repair.repair(workspace, contracts):
                say(sentence)
            refusals = take_in(con, workspace, contracts, say, busy)
            return make_release(con, workspace, contracts, refusals, as_of, busy, even_so)
        finally:
            con.close()


def make_release(
    con: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    contracts: dict[str, Contract],
    refusals: list[Refusal],
    as_of: dt.date,
    busy: Say,
    even_so: bool = False,
) -> Outcome:
    from etl.release import losses, publish

    held = {source: read_receipts(workspace, source) for source in contracts}
    counted = {source: parts(contract, held[source]) for source, contract in contracts.items()}
    settled = {source: settled_to(contract, counted[source], as_of) for source, contract in contracts.items()}
    refused = len(refusals) + sum(receipt.outcome == "refused" for kept in held.values() for receipt in kept)
    divided = sum(bool(part.receipt.shares_months) for kept_parts in counted.values() for part in kept_parts)
    if not any(counted.values()):
        return Outcome(
            "nothing_new",
            f"Nothing has been accepted yet: drop extracts into {workspace.inbox} and build again.",
            None,
            refused,
            divided,
        )
    expect_in_view(counted, as_of)

    organisation = read_organisation(con, workspace, contracts, counted, as_of)
    months = months_seen(counted, as_of)
    synthetic, said = workspace.synthetic.exists(), settings.read(workspace)
    inputs = fingerprint(contracts, held, counted, settled, refusals, organisation, months, synthetic, said.disclosure)
    names = publish.releases(workspace)
    newest = {"format": publish.FORMAT, "inputs": None}
    if names and publish.is_whole(workspace, names[-1]):  # in the place of a damaged one another is made
        newest = publish.read_release(workspace, names[-1])
    if newest["format"] > publish.FORMAT:
        raise format.NewerStore(
            f"Release {names[-1]} was made by a newer version of Kinship (format {newest['format']}; this one makes "
            f"{publish.FORMAT}). Build with that version. Nothing was changed."
        )
    if (newest["format"], newest["inputs"]) == (publish.FORMAT, inputs):
        if publish.left_behind(workspace):
            publish.point_at(workspace, names[-1])
        current = publish.current(workspace)
        sentence = f"Nothing has changed since release {names[-1]}"
        sentence += "." if current == names[-1] else f", which was rolled back; {current} stays current."
        return Outcome("nothing_new", sentence, current, refused, divided)

    # What only a new release needs is imported only for one: a build with nothing new is over before these are read.
    from etl.config import indicator_counts as counted_facts
    from etl.disclosure import memory
    from etl.disclosure.gate import expect_nothing_given_away
    from etl.disclosure.gate import record as record_attack
    from etl.disclosure.step import protect
    from etl.release import facts_cache
    from etl.release.coverage import account
    from etl.release.events_and_targets import FACTS, annotate, unknown_names
    from etl.release.measure import in_place, measure
    from etl.release.units import lay_out_units
    from etl.spc.laney_step import prime
    from etl.spc.step import PROFILE, signal
    from etl.strain.step import strain
    from etl.survey import step as surveys

    busy("Measuring")
    queries = core_queries(SQL / "core") | surveys.facts(contracts, as_of, counted)
    live = {name: each for name, each in indicator_files.load(SQL / "indicators").items() if each.status != "draft"}
    counted_facts.check(live, queries)
    made_of = lay_out_sources(con, workspace, contracts, counted, as_of, organisation)
    before = purged_counts.read(workspace)
    levels = lay_out_units(con, contracts, organisation, months or [as_of.replace(day=1)], before)
    holds = losses.held_now(con, workspace, counted)
    if not even_so:
        losses.expect_little_lost(workspace, contracts, holds, organisation, as_of, said.max_loss_share)
    counts = live | surveys.behind()
    sources = {name: lineage(indicator.reads, queries) for name, indicator in counts.items()}
    published = {name: {source for source in behind if contracts[source].published} for name, behind in sources.items()}
    private = {name: behind - published[name] for name, behind in sources.items()}
    private_reach = {name: behind | {organisation.source} - {None} for name, behind in private.items()}
    # What no file speaks of has no figures, and asking costs as much as if it had.
    spoken_of = {name: each for name, each in counts.items() if any(counted[source] for source in sources[name])}
    of_people = purged_counts.counted_of_people(sources, contracts) & spoken_of.keys()
    put_back = partial(purged_counts.count, con, before, of_people, organisation.successors, as_of) if before else None
    elsewhere = (
        spark.connected(con, workspace, said.spark, said.spark_store) if said.engine == "spark" else nullcontext()
    )
    with elsewhere as server:
        if server:
            server.run_core(workspace, contracts, counted, as_of, organisation, queries)
            facts_cache.throw_away(workspace)
        else:
            run_core(con, queries, set(contracts), facts_cache.Facts(workspace, made_of).lay_out)
            facts_cache.throw_away(workspace, but=queries)
        answer = server.answer if server else in_place
        measure(con, spoken_of, published, private_reach, levels, organisation.not_begun, put_back, answer)
    collected = {source for source, contract in contracts.items() if counted[source] and contract.month_of}
    published_to, private_to = (
        {name: settled_together(settled[source] for source in behind & collected) for name, behind in each.items()}
        for each in (published, private)
    )
    private_to |= dict.fromkeys(surveys.told_in_waves(live), surveys.told_to(con, as_of))
    annotate(con, live, organisation, as_of)
    account(con, workspace, contracts, queries)
    if before:
        purged_counts.account(con, before, contracts, as_of)
    memory.keep_promises(workspace)
    memory.expect_whole(workspace)
    memory.recall(con, workspace.protection)
    release = publish.next_name(workspace, said.today())
    offered = surveys.scales(con, contracts)
    made = protect(con, live, published_to, private_to, said.disclosure, as_of, release, offered)
    busy("Looking for change")
    signal(con, live)
    prime(con, live)
    strain(con, live)
    surveys.say(con, live, said.disclosure, offered)

    busy("Checking and publishing")
    meta = {
        "meta.release": [
            {
                "release": release,
                "built_at": dt.datetime.now(dt.UTC).replace(tzinfo=None),
                "as_of": as_of,
                "engine": f"duckdb {duckdb.__version__}" + (f", spark {server.version}" if server else ""),
                "version": VERSION,
                "format": publish.FORMAT,
                "settled_to": max(filter(None, settled.values()), default=None),
                "synthetic": synthetic,
                "profile": PROFILE,
                "inputs": inputs,
            }
        ],
        **describe_sources(contracts, held, counted, settled, refusals),
        "meta.indicator": [
            asdict(indicator)
            | {
                "levels": list(indicator.levels),
                "beside": list(indicator.beside),
                "part_of": list(indicator.part_of),
                "settled_to": max(filter(None, (published_to[name], private_to[name])), default=None),
                "sources": sorted(sources[name]),
            }
            for name, indicator in live.items()
        ],
    }
    behind = {fact: min(lineage({f"core.{fact}"}, queries)) for fact in FACTS}
    waiting = unknown_names(con, live, behind) + surveys.waiting(con, contracts)
    of_people = {source for source, contract in contracts.items() if contract.of_people}
    meta["meta.unknown_name"] += [
        each | {"rows": row_counts.rounded(each["rows"]).told} if each["source"] in of_people else each
        for each in waiting
    ]
    meta |= surveys.meta(contracts)
    meta["meta.disclosure"] = made.disclosure.to_pylist()
    meta["meta.setting"] = said.disclosure.loosened()
    memory.promise(made.cells, organisation.successors, release, workspace, holds)
    followed = organisation.successors
    rest = (con, workspace, release, made.cells, followed, said.disclosure)
    publish.publish(con, workspace, release, meta, partial(expect_nothing_given_away, *rest))
    record_attack(workspace, release, said.disclosure)
    return Outcome("published", f"Published release {release}.", release, refused, divided)


def expect_in_view(counted: dict[str, list[Part]], as_of: dt.date) -> None:
    """Raises NothingInView for a day before every month of which there are rows."""
    months = {month for kept in counted.values() for part in kept for month in part.months or part.receipt.months}
    if months and min(months) > as_of.isoformat():
        first = dt.date.fromisoformat(min(months))
        raise NothingInView(
            f"On {as_of} there is nothing to tell: the first rows that were accepted are of {first:%B %Y}. Nothing was published."
        )


def describe_sources(
    contracts: dict[str, Contract],
    held: dict[str, list[Receipt]],
    counted: dict,
    settled: dict[str, dt.date | None],
    refusals: list[Refusal],
) -> dict[str, list[dict]]:
    """The records of what arrived: sources, files, expectations, unknown names."""
    described: dict[str, list[dict]] = {
        "meta.source": [],
        "meta.file": [],
        "meta.expectation": [],
        "meta.unknown_name": [],
    }
    accounts = ("rows_read", "rows_accepted", "rows_quarantined", "rows_left_out")
    for source, contract in contracts.items():
        row_counts.expect_accounted(held[source])
        gone = replaced(contract, held[source], counted[source])
        named = [each for each in held[source] if each.outcome == "refused" or each.hash not in gone]
        told = [row_counts.as_told(receipt) for receipt in held[source]] if contract.of_people else held[source]
        standing = [receipt for receipt in told if receipt.outcome == "accepted" and receipt.hash not in gone]
        described["meta.source"].append(
            {
                "source": source,
                "title": contract.title,
                "owner": contract.owner,
                "settled_to": settled[source],
                "files": len(standing),
                **{
                    account: row_counts.total(getattr(receipt, account) for receipt in standing) for account in accounts
                },
                "complete_after_days": contract.complete_after_days,
                "published": contract.published,
            }
        )
        for receipt in told:
            described["meta.file"].append(
                {
                    "source": source,
                    "file": receipt.file,
                    "arrived": _utc(receipt.arrived),
                    "outcome": receipt.outcome,
                    "sentence": receipt.sentence,
                    **{account: getattr(receipt, account) for account in accounts},
                    "from_month": dt.date.fromisoformat(receipt.months[0]) if receipt.months else None,
                    "to_month": dt.date.fromisoformat(receipt.months[-1]) if receipt.months else None,
                    "replaced": receipt.hash in gone,
                    "set_aside": receipt.set_aside,
                }
            )
        for receipt in [*standing, *(each for each in told if each.outcome == "refused")]:
            described["meta.expectation"] += [
                {"source": source, "file": receipt.file, **result} for result in receipt.expectations
            ]
        unknown = (row_counts.names_as_told if contract.of_people else row_counts.names)(named)
        described["meta.unknown_name"] += [
            {"source": source, "name": name, "rows": rows} for name, rows in sorted(unknown.items())
        ]
    described["meta.file"] += [
        {
            "source": refusal.source,
            "file": refusal.file,
            "arrived": _utc(refusal.arrived),
            "outcome": "refused",
            "sentence": refusal.sentence,
            **dict.fromkeys(accounts, 0),
            "from_month": None,
            "to_month": None,
            "replaced": False,
            "set_aside": [],
        }
        for refusal in refusals
    ]
    return described


def _utc(moment: str) -> dt.datetime:
    return dt.datetime.fromisoformat(moment).astimezone(dt.UTC).replace(tzinfo=None)


def months_seen(counted: dict[str, list[Part]], as_of: dt.date) -> list[dt.date]:
    """The months until that day that the sources' rows hold, earliest first."""
    months = {month for kept in counted.values() for part in kept for month in part.months or part.receipt.months}
    return sorted(month for month in map(dt.date.fromisoformat, months) if month <= as_of)


def fingerprint(
    contracts: dict[str, Contract],
    held: dict[str, list[Receipt]],
    counted: dict[str, list[Part]],
    settled: dict[str, dt.date | None],
    refusals: list[Refusal],
    organisation: Organisation,
    months: list[dt.date],
    synthetic: bool,
    rules: settings.DisclosureRules,
) -> str:
    """Of everything a release is made of: the same inputs, settled months and units publish nothing new."""
    record = {
        "version": VERSION,
        "contracts": {source: contract.fingerprint for source, contract in contracts.items()},
        "parts": {source: [(part.receipt.hash, part.months) for part in kept] for source, kept in counted.items()},
        "files": sorted(
            (receipt.file, receipt.hash, receipt.outcome, receipt.sentence)
            for kept in held.values()
            for receipt in kept
        ),
        "refusals": sorted((refusal.file, refusal.sentence) for refusal in refusals),
        "settled": settled,
        "seen": months[-1:],
        "organisation": asdict(organisation),
        "synthetic": synthetic,
        "disclosure": asdict(rules),
        "strain": METHOD,
        "sql": {
            str(path.relative_to(SQL)): path.read_text(encoding="utf-8")
            for path in sorted(SQL.rglob("*.sql"))
            if path.parent.name != "app"
        },
    }
    return hashlib.sha256(json.dumps(record, default=str, sort_keys=True).encode()).hexdigest()
