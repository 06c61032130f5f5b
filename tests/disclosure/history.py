"""Publishes releases of a simulated organisation, one after the other, and hands them to the attacker."""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from etl.config.settings import DisclosureRules
from etl.disclosure import memory
from etl.disclosure.attack.finding import Finding
from etl.disclosure.attack.values import attack
from etl.disclosure.protect import Protected, protect
from etl.disclosure.releases import Release
from etl.paths import Workspace
from tests.disclosure.simulated import HEADERS, Organisation

KNOWN = """
    SELECT
        ? AS release, indicator, unit, month, people::DOUBLE AS people, denominator, public_numerator, public_denominator,
        coalesce(
            sum(numerator) OVER whole / nullif(sum(people_in_numerator) OVER whole, 0),
            1
        ) AS per_person
    FROM figure
    WHERE denominator > 0
    WINDOW whole AS (PARTITION BY indicator)
"""


@dataclass
class History:
    """What has been published so far of one workspace, and what colleagues know besides."""

    folder: Path
    rules: DisclosureRules = field(default_factory=DisclosureRules)
    headers: dict = field(default_factory=lambda: dict(HEADERS))
    releases: list[Release] = field(default_factory=list)
    known: list[pa.Table] = field(default_factory=list)
    made: list[Protected] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.workspace = Workspace(self.folder)
        self.workspace.make()

    def publish(self, organisation: Organisation, until: int) -> Protected:
        """One release, built in the month after the last that is counted."""
        with duckdb.connect() as con:
            organisation.figures(con, until)
            followed = {organisation.name(old): organisation.name(new) for old, new in organisation.merged.items()}
            return self.publish_from(con, organisation.month(until), followed)

    def publish_from(
        self, con: duckdb.DuckDBPyConnection, as_of: dt.date, followed: dict[str, str] | None = None
    ) -> Protected:
        name = f"2030-01-01{'abcdefghijklmnopqrstuvwxyz'[len(self.releases)]}"
        memory.recall(con, self.workspace.protection)
        settled = dict.fromkeys(self.headers, as_of - dt.timedelta(days=1))
        made = protect(con, self.headers, settled, self.rules, as_of, name)
        memory.promise(made.cells, followed or {}, name, self.workspace)
        (self.workspace.releases / f"{name}.duckdb").touch()
        memory.keep_promises(self.workspace)
        units = con.sql("SELECT unit, level, parent, from_month, to_month FROM unit_spell").to_arrow_table()
        units = pa.concat_tables([units, made.unit.drop_columns("title")], promote_options="permissive")
        self.releases.append(Release(name, made.value, units, made.pool, self.headers, followed or {}))
        self.known.append(con.sql(KNOWN, params=[name]).to_arrow_table())
        self.made.append(made)
        return made

    def attack(self, rules: DisclosureRules | None = None) -> list[Finding]:
        names = [release.name for release in self.releases]
        return attack(self.releases, pa.concat_tables(self.known), rules or self.rules, complete=names)
