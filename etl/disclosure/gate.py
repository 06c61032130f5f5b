"""Attacks a release before anybody can see it, together with those before it, and refuses it if it would tell what is hidden."""

from pathlib import Path

import duckdb
import pyarrow as pa

from etl import errors
from etl.config.settings import DisclosureRules
from etl.disclosure.attack import findings
from etl.disclosure.attack.workspace import Unpublished, expect_nothing_added, findings_of
from etl.disclosure.releases import Part
from etl.paths import Workspace


def expect_nothing_given_away(
    con: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    release: str,
    cells: pa.Table,
    followed: dict[str, str],
    rules: DisclosureRules,
    unfinished: Path,
) -> None:
    """`cells` and `followed` are what the release will be remembered by. Reads `figure`. Raises GivesAway."""
    new = Unpublished(unfinished, release, followed, cells, lambda part: figures_of(con, part))
    expect_nothing_added(new, workspace, rules)


def record(workspace: Workspace, release: str, rules: DisclosureRules) -> None:
    """Notes which releases break which rule, for history and Data quality. A new release has just been attacked; those that
    never were, for an older engine made them, are attacked once. The release stands already, so nothing that goes wrong here
    may say that it does not: it is noted in errors.log, and the next build tries again."""
    try:
        never = {path.stem for path in workspace.ever_published()} - findings.attacked_releases(workspace) - {release}
        if never:
            findings.record_findings(workspace, findings_of(workspace, rules).rules)
        else:
            findings.record_clean(workspace, release)
    except Exception as error:
        errors.note(workspace, error, "noting which releases break which rule")


def figures_of(con: duckdb.DuckDBPyConnection, part: Part | None) -> pa.Table:
    """What is counted of people now, whether or not the release speaks of it: the columns of releases.KNOWN."""
    return con.sql(
        """
        SELECT
            indicator,
            unit,
            month,
            people::DOUBLE AS people,
            (denominator - public_denominator)::DOUBLE AS denominator,
            public_numerator::DOUBLE AS public_numerator,
            public_denominator::DOUBLE AS public_denominator,
            ((numerator - public_numerator) / nullif(people_in_numerator, 0))::DOUBLE AS per_person
        FROM figure
        WHERE provenance <> 'published'
          AND numerator IS NOT NULL
          AND denominator > public_denominator
          AND ($whole OR list_contains($indicators::VARCHAR[], indicator) OR list_contains($months::DATE[], month))
        """,
        params={
            "whole": part is None,
            "indicators": sorted(part.indicators) if part else [],
            "months": sorted(part.months) if part else [],
        },
    ).to_arrow_table()
