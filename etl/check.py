"""`python -m etl check`: reads every contract, suite, header and query, and touches no data."""

import datetime as dt
from collections.abc import Iterator

import duckdb

from etl.build import load_contracts
from etl.config import indicator_counts, settings
from etl.config import indicators as indicator_files
from etl.config.contracts import BadContract, Contract
from etl.config.indicators import BadIndicator
from etl.database import connect_to_files
from etl.intake.take_in import references_first
from etl.paths import SQL, Workspace
from etl.release import facts_cache
from etl.release.core import core_queries, run_core
from etl.release.sources import lay_out_sources
from etl.store.hierarchy import Organisation, hierarchy_of, levels_in_order
from etl.store.receipts import RefusedExtract
from etl.survey import queries as of_surveys
from etl.survey import step as surveys


def check_all(workspace: Workspace) -> Iterator[str]:
    """A sentence for each part that is in order. Raises BadContract, BadModel, BadHierarchy or BadIndicator for the first
    that is not."""
    contracts = load_contracts(workspace)
    references_first(contracts)
    hierarchy_of(contracts)
    levels = levels_in_order(contracts, Organisation())  # those of the hierarchy itself are data
    yield f"{len(contracts)} sources: {', '.join(contracts)}; levels: {', '.join(levels) or 'none'}."

    check_suites(contracts)
    yield f"{sum(len(contract.suite) for contract in contracts.values())} expectations in their suites."

    queries = core_queries(SQL / "core") | of_surveys.queries(contracts)
    indicators = indicator_files.load(SQL / "indicators")
    with connect_to_files() as con:
        lay_out_empty(con, workspace, contracts)
        for name, sql in queries.items():
            facts_cache.source_by_month(name, sql)
        try:
            run_core(con, queries, set(contracts))
        except duckdb.Error as error:
            raise BadIndicator(f"sql/core does not run on empty sources: {str(error).splitlines()[0]}") from None
        for name, indicator in (indicators | surveys.behind()).items():
            try:
                con.execute(indicator.sql)
            except duckdb.Error as error:
                raise BadIndicator(f"sql/indicators/{name}.sql does not run: {str(error).splitlines()[0]}") from None
    indicator_counts.check(indicators, queries)
    yield f"{len(queries)} core queries and {len(indicators)} indicators: {', '.join(indicators)}."


def lay_out_empty(con: duckdb.DuckDBPyConnection, workspace: Workspace, contracts: dict[str, Contract]) -> None:
    """Every source as an empty table."""
    lay_out_sources(con, workspace, contracts, {source: [] for source in contracts}, dt.date.max, Organisation())


def check_suites(contracts: dict[str, Contract]) -> None:
    """Raises BadContract for an expectation that Great Expectations does not know, or that cannot set rows aside."""
    from etl.intake.expectations import failing_rows, judge

    with connect_to_files() as con:
        for contract in contracts.values():
            for given in contract.suite:
                try:
                    judge.as_suite(contract.source, [given])
                except RefusedExtract as error:
                    raise BadContract(f"{contract.folder}/suite.yaml: {error}") from None
                if not failing_rows.is_one_select(con, given):
                    raise BadContract(
                        f"{contract.folder}/suite.yaml: a query of an {failing_rows.FREE} is not one SELECT that can be read."
                    )


def attack_all(workspace: Workspace) -> Iterator[str]:
    """Tries what a reader of every release could work out, and records which release breaks which rule. Raises GivesAway if it
    is too much; the sentences say where, and no number."""
    from etl.disclosure import memory
    from etl.disclosure.attack import findings
    from etl.disclosure.attack.finding import GivesAway
    from etl.disclosure.attack.workspace import findings_of

    releases = workspace.ever_published()
    if not memory.releases(workspace):
        yield f"{len(releases)} releases, and nothing in them that is not already public."
        return
    report = findings_of(workspace, settings.read(workspace).disclosure)
    findings.record_findings(workspace, report.rules)
    yield from report.skipped
    for each in report.findings:
        where = ", ".join(filter(None, (each.indicator, each.unit, each.month and f"{each.month:%B %Y}")))
        yield f"{where or 'a whole release'}: {each.sentence}."
    for name, rules in report.rules.items():
        if rules:
            yield f"Release {name} breaks {', '.join(rules)}."
    if report.findings:
        raise GivesAway(f"{len(report.findings):,} figures say more than they should; see docs/disclosure.md.")
    yield f"{report.releases} releases, and nothing hidden in them could be worked out."
