"""Makes a release of what counts, step by step: units, figures, what may be shown of them, and what may be said.

`Draft` is what the steps share. The tables that each fills stand in the connection: `unit_*`, `figure`, `value`, `signal` and so on.
"""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial

import duckdb

from etl.config import indicator_counts
from etl.config.indicators import Indicator
from etl.disclosure import gate, memory
from etl.disclosure import step as disclosure
from etl.disclosure.protect import Protected
from etl.disclosure.scores import Scale
from etl.release import coverage, events_and_targets, losses, publish, purged_counts, spark, units
from etl.release import measure as measuring
from etl.release.core import lineage
from etl.release.inputs import Inputs
from etl.release.purged_counts import Kept
from etl.spc import laney_step
from etl.spc import step as spc
from etl.store.current_files import settled_together
from etl.strain import step as strain
from etl.survey import step as surveys

Sources = dict[str, set[str]]  # by indicator


@dataclass(frozen=True)
class Draft:
    """A release in the making. `indicators` are those it shows; `counts` has beside them what is counted for surveys alone. The
    `sources` behind each are `published` or `private`."""

    con: duckdb.DuckDBPyConnection
    inputs: Inputs
    fingerprint: str
    queries: dict[str, str]  # of sql/core and of the questionnaires
    indicators: dict[str, Indicator]
    counts: dict[str, Indicator]
    sources: Sources
    published: Sources
    private: Sources
    purged: Kept | None  # what was counted of rows that are gone


@dataclass(frozen=True)
class Shown:
    """What may be shown of a draft's figures: the release's name, the day that each indicator's published and private figures
    are settled to, and what each survey wave offered to answer."""

    release: str
    published_to: dict[str, dt.date | None]
    private_to: dict[str, dt.date | None]
    scales: dict[dt.date, Scale]
    protected: Protected


def draft(
    con: duckdb.DuckDBPyConnection,
    inputs: Inputs,
    fingerprint: str,
    queries: dict[str, str],
    headers: dict[str, Indicator],
) -> Draft:
    """What lies behind the indicators; `queries` are those of sql/core, `headers` those of sql/indicators. Raises BadIndicator."""
    queries = queries | surveys.facts(inputs.contracts, inputs.as_of, inputs.counted)
    indicators = {name: each for name, each in headers.items() if each.status != "draft"}
    indicator_counts.check(indicators, queries)
    counts = indicators | surveys.behind()
    sources = {name: lineage(indicator.reads, queries) for name, indicator in counts.items()}
    published = {
        name: {source for source in behind if inputs.contracts[source].published} for name, behind in sources.items()
    }
    private = {name: behind - published[name] for name, behind in sources.items()}
    before = purged_counts.read(inputs.workspace)
    return Draft(con, inputs, fingerprint, queries, indicators, counts, sources, published, private, before)


def lay_out_units(draft: Draft, even_so: bool) -> tuple[list[str], losses.Holds]:
    """The levels, and what the release holds. Raises BadHierarchy, and LostTooMuch unless `even_so`."""
    inputs = draft.inputs
    months = inputs.months or [inputs.as_of.replace(day=1)]
    levels = units.lay_out_units(draft.con, inputs.contracts, inputs.organisation, months, draft.purged)
    holds = losses.held_now(draft.con, inputs.workspace, inputs.counted)
    if not even_so:
        max_share = inputs.settings.max_loss_share
        losses.expect_little_lost(
            inputs.workspace, inputs.contracts, holds, inputs.organisation, inputs.as_of, max_share
        )
    return levels, holds


def other_engine(draft: Draft) -> AbstractContextManager[spark.Spark | None]:
    """Spark where the settings ask for it, and None where DuckDB does the work. Raises NoSpark."""
    settings = draft.inputs.settings
    if settings.engine != "spark":
        return nullcontext()
    return spark.connected(draft.con, draft.inputs.workspace, settings.spark, settings.spark_store)


def measure(draft: Draft, levels: list[str], answer: Callable[[str, str], str] | None) -> None:
    """Fills `figure`; `answer` asks another engine. Raises Unmeasurable."""
    inputs, organisation, before = draft.inputs, draft.inputs.organisation, draft.purged
    # What no file speaks of has no figures, and asking costs as much as if it had.
    spoken_of = {
        name: each
        for name, each in draft.counts.items()
        if any(inputs.counted[source] for source in draft.sources[name])
    }
    reach = {name: behind | {organisation.source} - {None} for name, behind in draft.private.items()}
    of_people = purged_counts.counted_of_people(draft.sources, inputs.contracts) & spoken_of.keys()
    successors = organisation.successors
    put_back = partial(purged_counts.count, draft.con, before, of_people, successors, inputs.as_of) if before else None
    answer = answer or measuring.in_place
    measuring.measure(draft.con, spoken_of, draft.published, reach, levels, organisation.not_begun, put_back, answer)


def account(draft: Draft) -> None:
    """Fills events, targets, and how far the rows of every source reach."""
    con, inputs = draft.con, draft.inputs
    events_and_targets.annotate(con, draft.indicators, inputs.organisation, inputs.as_of)
    coverage.account(con, inputs.workspace, inputs.contracts, draft.queries)
    if draft.purged:
        purged_counts.account(con, draft.purged, inputs.contracts, inputs.as_of)


def protect(draft: Draft) -> Shown:
    """Fills `value` with what may be shown, by what earlier releases have shown. Raises LostMemory and FailedAudit."""
    con, inputs = draft.con, draft.inputs
    memory.keep_promises(inputs.workspace)
    memory.expect_whole(inputs.workspace)
    memory.recall(con, inputs.workspace.protection)
    published_to, private_to = _settled(draft, draft.published), _settled(draft, draft.private)
    private_to |= dict.fromkeys(surveys.told_in_waves(draft.indicators), surveys.told_to(con, inputs.as_of))
    release = publish.next_name(inputs.workspace, inputs.settings.today())
    scales, rules = surveys.scales(con, inputs.contracts), inputs.settings.disclosure
    protected = disclosure.protect(
        con, draft.indicators, published_to, private_to, rules, inputs.as_of, release, scales
    )
    return Shown(release, published_to, private_to, scales, protected)


def _settled(draft: Draft, sources: Sources) -> dict[str, dt.date | None]:
    """The day that the figures of each indicator are settled to, by those of its sources that come month by month."""
    inputs = draft.inputs
    collected = {source for source, each in inputs.contracts.items() if inputs.counted[source] and each.month_of}
    return {
        name: settled_together(inputs.settled[source] for source in behind & collected)
        for name, behind in sources.items()
    }


def look_for_change(draft: Draft, shown: Shown) -> None:
    """Judges what is shown: charts, strain, surveys."""
    con, indicators = draft.con, draft.indicators
    spc.signal(con, indicators)
    laney_step.prime(con, indicators)
    strain.strain(con, indicators)
    surveys.say(con, indicators, draft.inputs.settings.disclosure, shown.scales)


def publish_checked(draft: Draft, shown: Shown, meta: dict[str, list[dict]], holds: losses.Holds) -> None:
    """Remembers what the release shows, checks and attacks it, and publishes it. Raises FailedCheck and GivesAway."""
    con, inputs, release, cells = draft.con, draft.inputs, shown.release, shown.protected.cells
    successors, rules = inputs.organisation.successors, inputs.settings.disclosure
    memory.promise(cells, successors, release, inputs.workspace, holds)
    expect = partial(gate.expect_nothing_given_away, con, inputs.workspace, release, cells, successors, rules)
    publish.publish(con, inputs.workspace, release, meta, expect)
    gate.record(inputs.workspace, release, rules)
