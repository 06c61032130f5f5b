"""Twelve monthly releases of the made-up organisation, its whole history in each, and the attacker on all of them."""

import calendar
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from etl import build
from etl.config import indicators
from etl.config.indicators import Indicator
from etl.disclosure.figures import WORKING, kind_of
from etl.disclosure.releases import Release
from etl.paths import SQL
from tests.disclosure.history import History
from tests.etl.conftest import DAY, Organisation

SHOWN_FIRST = 2  # of the working facts; all go the same way, and all others take as long
SETTLES_AFTER = 10  # days
MONTHS = 18  # of history that the first release tells


class Measured(Exception):
    """Stops a build as soon as everything is counted."""


@pytest.fixture(scope="module")
def live() -> dict[str, Indicator]:
    every = indicators.load(SQL / "indicators")
    working = [name for name, each in every.items() if kind_of(each) == WORKING and each.front][:SHOWN_FIRST]
    return {name: each for name, each in every.items() if kind_of(each) != WORKING or name in working}


@pytest.fixture(scope="module")
def counted(organisation: Organisation, live) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables that the rules read, with everything that was ever counted."""
    kept = duckdb.connect()

    def take(con, *_) -> None:
        for table in ("figure", "unit_spell", "stands"):
            kept.register("given", con.sql(f"FROM {table}").to_arrow_table())
            kept.execute(f"CREATE TABLE all_{table} AS FROM given")
            kept.unregister("given")
        raise Measured

    con = build.connect(organisation.workspace)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "fingerprint", lambda *_: "as if something were new")
        patch.setattr("etl.disclosure.step.protect", take)
        contracts = build.load_contracts(organisation.workspace)
        with pytest.raises(Measured):
            build.make_release(con, organisation.workspace, contracts, [], DAY, busy=lambda _: None)
    con.close()
    only_what_is_told(kept, live)
    yield kept
    kept.close()


def only_what_is_told(kept: duckdb.DuckDBPyConnection, live: dict[str, Indicator]) -> None:
    """The indicators of the test; those told by quarter at quarter ends only, for of other months no release speaks."""
    by_quarter = [name for name, each in live.items() if kind_of(each) != WORKING]
    kept.execute(
        """
        DELETE FROM all_figure
        WHERE NOT list_contains($1::VARCHAR[], indicator)
           OR (list_contains($2::VARCHAR[], indicator) AND month(month) % 3 <> 0)
        """,
        [list(live), by_quarter],
    )


@pytest.fixture(scope="module")
def history(counted, live, tmp_path_factory) -> History:
    made = History(tmp_path_factory.mktemp("history"), headers=live)
    last = counted.execute("SELECT max(month) FROM all_figure WHERE provenance = 'private'").fetchall()[0][0]
    for back in range(11, -1, -1):
        publish(made, counted, months_before(last, back))
    return made


def months_before(month: dt.date, back: int) -> dt.date:
    number = month.year * 12 + month.month - 1 - back
    return dt.date(number // 12, number % 12 + 1, 1)


def publish(made: History, counted: duckdb.DuckDBPyConnection, month: dt.date) -> None:
    """A release made soon after the end of a month, which knows nothing later."""
    counted.execute("CREATE OR REPLACE TABLE unit_spell AS FROM all_unit_spell WHERE from_month <= $1", [month])
    counted.execute("CREATE OR REPLACE TABLE stands AS FROM all_stands WHERE from_month <= $1", [month])
    counted.execute(
        "CREATE OR REPLACE TABLE figure AS FROM all_figure WHERE month <= $1 AND month > $1 - $2 * INTERVAL 1 MONTH",
        [month, MONTHS],
    )
    last_day = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    made.publish_from(counted, last_day + dt.timedelta(days=SETTLES_AFTER + 1))


def test_nothing_hidden_can_be_worked_out_from_all_of_them(history):
    assert len(history.releases) == 12
    assert history.attack() == []


def test_they_show_what_they_can(history):
    """A third of what there is would be no dashboard."""
    cost = {}
    for row in history.made[-1].disclosure.to_pylist():
        shown, all_of_them = cost.get((row["kind"], row["level"]), (0, 0))
        cost[row["kind"], row["level"]] = shown + row["shown"], all_of_them + row["figures"]
    share = {key: shown / figures for key, (shown, figures) in cost.items()}
    assert share["working", "team"] > 0.75 and share["working", "directorate"] == 1
    assert share["leaving", "directorate"] > 0.9 and share["leaving", "team"] == 0
    assert share["sensitive", "team"] > 0.2 and share["sensitive", "directorate"] > 0.5


def test_what_was_told_stays_told(history):
    """Of sensitive figures and of leavers nothing is ever said twice; of a working fact no month changes after the third."""
    told: dict[tuple, float | None] = {}
    for made, release in zip(history.made, history.releases, strict=True):
        for row in made.value.to_pylist():
            at = row["indicator"], row["unit"], row["month"]
            if at in told and kind_of(history.headers[row["indicator"]]) != WORKING:
                assert row["value"] == told[at], (release.name, at)
            told[at] = row["value"]
    assert len(told) > 3_000


def test_a_planted_mistake_is_found(history):
    """A team whose stress-related share was hidden is shown in the last release."""
    release = history.releases[-1]
    rows = release.value.to_pylist()
    newest = max(row["month"] for row in rows if row["indicator"] == "stress_share")
    hidden = next(
        row for row in rows
        if (row["indicator"], row["month"], row["shown"]) == ("stress_share", newest, "protected") and row["unit"][0] == "T"
    )  # fmt: skip
    changed = [row | {"value": 33.3, "shown": "yes"} if row == hidden else row for row in rows]
    found = History(Path(history.folder), rules=history.rules, headers=history.headers)
    found.known = history.known
    for old in history.releases:
        value = pa.Table.from_pylist(changed) if old is release else old.value
        headers = {"stress_share": old.headers["stress_share"]}
        found.releases.append(Release(old.name, value, old.unit, old.pool, headers, old.followed))
    assert ("stress_share", hidden["unit"], newest) in {
        (each.indicator, each.unit, each.month) for each in found.attack()
    }
