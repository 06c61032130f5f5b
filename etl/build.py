"""The whole way, from the inbox to a release: land, conform, judge, keep; model, measure, protect, signal, check, publish."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from etl.config import contracts as contract_files
from etl.config import indicators
from etl.config.contracts import Contract
from etl.database import connect
from etl.intake import repair
from etl.intake.take_in import Refusal, Say, take_in
from etl.paths import EXPECTATIONS, SQL, Workspace, room_on_disk
from etl.release import facts_cache, withdraw
from etl.release.core import core_queries, run_core
from etl.release.inputs import Inputs, fingerprint, months_seen, read_inputs, with_organisation
from etl.release.sources import MadeOf, lay_out_sources
from etl.store import format, lock
from etl.store.current_files import Part

# What only a new release needs is imported only for one: a build with nothing new is over before these are read.
if TYPE_CHECKING:
    from etl.release.make import Draft

__all__ = ["NothingInView", "Outcome", "alone", "build", "fingerprint", "load_contracts", "make_release", "months_seen"]


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
    """Publishes a release of what is in the store, unless the newest is made of the same."""
    inputs = read_inputs(workspace, contracts, refusals, as_of)
    if not any(inputs.counted.values()):
        sentence = f"Nothing has been accepted yet: drop extracts into {workspace.inbox} and build again."
        return Outcome("nothing_new", sentence, None, inputs.refused, inputs.divided)
    expect_in_view(inputs.counted, as_of)
    inputs = with_organisation(con, inputs)
    made_of = fingerprint(inputs)
    if outcome := nothing_new(inputs, made_of):
        return outcome
    release = publish_new(con, inputs, made_of, busy, even_so)
    return Outcome("published", f"Published release {release}.", release, inputs.refused, inputs.divided)


def expect_in_view(counted: dict[str, list[Part]], as_of: dt.date) -> None:
    """Raises NothingInView for a day before every month of which there are rows."""
    months = {month for kept in counted.values() for part in kept for month in part.months or part.receipt.months}
    if months and min(months) > as_of.isoformat():
        first = dt.date.fromisoformat(min(months))
        raise NothingInView(
            f"On {as_of} there is nothing to tell: the first rows that were accepted are of {first:%B %Y}. Nothing was published."
        )


def nothing_new(inputs: Inputs, made_of: str) -> Outcome | None:
    """The outcome if the newest release has this fingerprint. Raises NewerStore."""
    from etl.release import publish

    workspace, names = inputs.workspace, publish.releases(inputs.workspace)
    if not names or not publish.is_whole(workspace, names[-1]):  # in the place of a damaged one another is made
        return None
    newest = publish.read_release(workspace, names[-1])
    if newest["format"] > publish.FORMAT:
        raise format.NewerStore(
            f"Release {names[-1]} was made by a newer version of Kinship (format {newest['format']}; this one makes "
            f"{publish.FORMAT}). Build with that version. Nothing was changed."
        )
    if (newest["format"], newest["inputs"]) != (publish.FORMAT, made_of):
        return None
    if publish.left_behind(workspace):
        publish.point_at(workspace, names[-1])
    current = publish.current(workspace)
    sentence = f"Nothing has changed since release {names[-1]}"
    sentence += "." if current == names[-1] else f", which was rolled back; {current} stays current."
    return Outcome("nothing_new", sentence, current, inputs.refused, inputs.divided)


def publish_new(con: duckdb.DuckDBPyConnection, inputs: Inputs, made_of: str, busy: Say, even_so: bool) -> str:
    """The new release's name."""
    from etl.release import make
    from etl.release.describe import describe

    busy("Measuring")
    draft = make.draft(con, inputs, made_of, core_queries(SQL / "core"), indicators.load(SQL / "indicators"))
    rows_of = lay_out_sources(
        con, inputs.workspace, inputs.contracts, inputs.counted, inputs.as_of, inputs.organisation
    )
    levels, holds = make.lay_out_units(draft, even_so)
    engine = work_out_figures(draft, rows_of, levels)
    make.account(draft)
    shown = make.protect(draft)
    busy("Looking for change")
    make.look_for_change(draft, shown)
    busy("Checking and publishing")
    make.publish_checked(draft, shown, describe(draft, shown, engine), holds)
    return shown.release


def work_out_figures(draft: "Draft", rows_of: dict[str, MadeOf], levels: list[str]) -> str:
    """The facts, and the figures that are counted in them; `rows_of` says what the sources' rows are made of. Returns the
    other engine that did the work, if one did."""
    from etl.release import make

    inputs = draft.inputs
    with make.other_engine(draft) as server:
        if server:
            server.run_core(
                inputs.workspace, inputs.contracts, inputs.counted, inputs.as_of, inputs.organisation, draft.queries
            )
            facts_cache.throw_away(inputs.workspace)
        else:
            cache = facts_cache.Facts(inputs.workspace, rows_of)
            run_core(draft.con, draft.queries, set(inputs.contracts), cache.lay_out)
            facts_cache.throw_away(inputs.workspace, but=draft.queries)
        make.measure(draft, levels, server.answer if server else None)
    return f"spark {server.version}" if server else ""
