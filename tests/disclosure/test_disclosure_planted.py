"""Mistakes planted in a small release that is in order: the attacker finds each, whichever table it stands in."""

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl.config.settings import DisclosureRules
from etl.disclosure.attack.workspace import findings_of
from etl.paths import Workspace
from tests.disclosure.history import History
from tests.disclosure.simulated import Organisation
from tests.disclosure.test_disclosure_check import write

SIZES = [6, 8, 14, 30, 25, 34, 22, 31, 17, 26]
DIRECTORATES = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1]
BEFORE, WAVE = dt.date(2024, 9, 1), dt.date(2025, 3, 1)
MONTH = dt.date(2025, 2, 1)
CIRCLE = ("circle.trust", "circle.care")
BESIDE = f"""
    INSERT INTO meta.source
    SELECT name, name, 'x', DATE '2025-03-31', 1, 100, 100, 0, 0, 10, name = 'return'
    FROM (VALUES ('rota'), ('return'), ('survey')) AS source (name);
    INSERT INTO meta.indicator BY NAME
    SELECT * EXCLUDE (name) REPLACE (name AS indicator, 'kindness' AS family, 'wave' AS refresh, 'A' AS disclosure, 1 AS "window",
                      1 AS scale,
                      'of 10' AS unit, 'higher' AS better, ['survey'] AS sources)
    FROM meta.indicator, (VALUES ('{CIRCLE[0]}'), ('{CIRCLE[1]}')) AS construct (name)
    WHERE indicator = 'long_cases';
    INSERT INTO meta.indicator BY NAME
    SELECT * REPLACE ('filled' AS indicator, ['return'] AS sources) FROM meta.indicator WHERE indicator = 'sickness_rate';
    INSERT INTO mart.value BY NAME
    SELECT unit, indicator, wave AS month, 7.1 AS value, 6.8 AS low, 7.4 AS high, '21–30' AS people_band, 'yes' AS shown,
           true AS settled
    FROM (VALUES ('org'), ('d00'), ('t003'), ('t005')) AS u (unit), (VALUES ('{CIRCLE[0]}'), ('{CIRCLE[1]}')) AS i (indicator),
         (VALUES (DATE '{BEFORE}'), (DATE '{WAVE}')) AS w (wave)
    WHERE (unit, indicator, wave) NOT IN (('t005', '{CIRCLE[1]}', DATE '{WAVE}'), ('t005', '{CIRCLE[0]}', DATE '{BEFORE}'));
    INSERT INTO mart.value BY NAME
    SELECT DISTINCT unit, indicator, wave AS month, 'protected' AS shown, true AS settled
    FROM meta.unit, (VALUES ('{CIRCLE[0]}'), ('{CIRCLE[1]}')) AS i (indicator),
         (VALUES (DATE '{BEFORE}'), (DATE '{WAVE}')) AS w (wave)
    WHERE NOT starts_with(unit, 'smaller:')
      AND (unit, indicator, wave) NOT IN (SELECT (unit, indicator, month) FROM mart.value);
    INSERT INTO mart.value BY NAME
    SELECT 'org' AS unit, 'filled' AS indicator, DATE '{MONTH}' AS month, 90 AS numerator, 100 AS denominator, 90 AS value,
           'yes' AS shown, true AS settled;
    INSERT INTO mart.wave SELECT unit, wave, 'survey', wave - 20, wave - 5, '50–59 %', false
    FROM (VALUES ('org'), ('d00'), ('t003')) AS u (unit), (VALUES (DATE '{BEFORE}'), (DATE '{WAVE}')) AS w (wave);
    INSERT INTO mart.score
    SELECT 't003', construct, DATE '{WAVE}', false, 7.1, 'with it', DATE '{BEFORE}', 0, -0.5, 0.5, 'none'
    FROM (VALUES ('{CIRCLE[0]}'), ('{CIRCLE[1]}')) AS score (construct);
    INSERT INTO mart.answer SELECT 'survey', DATE '{WAVE}', 't003', '{CIRCLE[0]}', answer, share
    FROM (VALUES ('positive', 50), ('between', 30), ('negative', 20)) AS a (answer, share);
    INSERT INTO mart.frame VALUES ('t003', DATE '{WAVE}', 'steady_kind', 'steady', 'holding', 90, DATE '2024-12-01', DATE '{MONTH}', []);
    INSERT INTO mart.lead_reading VALUES ('kindness', 'too_few', NULL, 0, 2);
    INSERT INTO mart.signal BY NAME
    SELECT unit, indicator, month, value AS mean, value - 1 AS lower, value + 1 AS upper, 0 AS segment,
           'common_cause' AS verdict, 'given' AS limits
    FROM mart.value WHERE (unit, indicator) IN (('t003', 'sickness_rate'), ('org', 'filled')) AND month = DATE '{MONTH}';
    INSERT INTO mart.prime VALUES ('org', 'filled', DATE '{MONTH}', 'p_prime', 90, 80, 100);
    INSERT INTO mart.strain VALUES ('t003', DATE '{MONTH}', 'likely_strain', DATE '{MONTH}', ['sickness_rate']);
    INSERT INTO mart.shared VALUES ('sickness_rate', DATE '{MONTH}', 'no');
    INSERT INTO meta.agreement VALUES (DATE '{MONTH}', 'a', 'x', 'y', 35, 655), (DATE '{MONTH}', 'b', 'x', 'y', NULL, NULL);
"""


def write_all(path: Path, release) -> None:
    """A release with something in every table that is made of figures."""
    with duckdb.connect(str(path)) as con:
        write(con, release)
        con.execute(BESIDE)


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Workspace:
    """Two releases in which nothing is wrong, and what is remembered of them."""
    made = History(tmp_path_factory.mktemp("sound"))
    organisation = Organisation(SIZES, DIRECTORATES, 26, seed=5, ill=0.05, leaving=0.004, moving=0)
    for month in (24, 25):
        made.publish(organisation, month)
    for release in made.releases:
        path = made.workspace.releases / f"{release.name}.duckdb"
        path.unlink()
        write_all(path, release)
    return made.workspace


@dataclass
class Planted:
    """A copy of the workspace; `con` is its newest release, open."""

    workspace: Workspace
    con: duckdb.DuckDBPyConnection

    def first(self, sql: str, *parameters) -> tuple:
        """Some row that the query finds."""
        row = self.con.execute(f"{sql} ORDER BY ALL LIMIT 1", parameters).fetchone()
        assert row is not None, f"nothing to plant a mistake in: {sql}"
        return row

    def hidden(self, indicator: str, where: str = "true") -> tuple[str, dt.date]:
        return self.first(
            f"SELECT unit, month FROM mart.value WHERE indicator = ? AND shown = 'protected' AND {where}", indicator
        )

    def shown(self, indicator: str, where: str = "true") -> tuple[str, dt.date, float]:
        return self.first(
            f"SELECT unit, month, value FROM mart.value WHERE indicator = ? AND shown = 'yes' AND {where}", indicator
        )

    def change(self, indicator: str, unit: str, month: dt.date, what: str) -> None:
        self.con.execute(
            f"UPDATE mart.value SET {what} WHERE indicator = ? AND unit = ? AND month = ?", [indicator, unit, month]
        )

    def memory(self) -> Path:
        return max(self.workspace.protection.glob("*.parquet"))


Expected = tuple[str, str, str | None]  # how, indicator, unit; None: any
PLANTS: dict[str, Callable[[Planted], Expected]] = {}


def plant(function: Callable[[Planted], Expected]) -> Callable[[Planted], Expected]:
    PLANTS[function.__name__] = function
    return function


@plant
def one_secondary_cell_shown(made: Planted) -> Expected:
    cells = pq.read_table(min(made.workspace.protection.glob("*.parquet"))).to_pylist()
    mine = {(cell["unit"], cell["month"]): cell["why"] for cell in cells if cell["indicator"] == "long_cases"}
    groups: dict[tuple, dict[str, list]] = {}
    for (unit, month), why in mine.items():
        above = (
            unit.removeprefix("smaller:")
            if ":" in unit
            else f"d{DIRECTORATES[int(unit[1:])]:02}"
            if unit[0] == "t"
            else ""
        )
        if why in ("for itself", "for another") and mine.get((above, month)) == "shown":
            groups.setdefault((above, month), {}).setdefault(why, []).append(unit)
    month, itself, another = next(
        (at[1], group["for itself"][0], group["for another"][0])
        for at, group in sorted(groups.items())
        if {why: len(units) for why, units in group.items()} == {"for itself": 1, "for another": 1}
    )
    made.change("long_cases", another, month, "value = 30, shown = 'yes', people_band = '21–30'")
    return "determined", "long_cases", itself


@plant
def a_mean_of_a_hidden_team(made: Planted) -> Expected:
    unit, month = made.hidden("sickness_rate")
    made.con.execute(
        """
        INSERT INTO mart.signal BY NAME
        SELECT ? AS unit, 'sickness_rate' AS indicator, ?::DATE AS month, 4.2 AS mean, 'not_judged' AS verdict, 'short' AS limits
        """,
        [unit, month],
    )
    return "derived", "sickness_rate", unit


@plant
def a_mean_of_more_than_is_shown(made: Planted) -> Expected:
    made.con.execute("UPDATE mart.signal SET mean = 77")
    return "derived", "sickness_rate", "t003"


@plant
def a_range_beside_a_hidden_value(made: Planted) -> Expected:
    unit, month = made.hidden("long_cases")
    made.change("long_cases", unit, month, "low = 10, high = 20")
    return "beside", "long_cases", unit


@plant
def a_numerator_beside_a_hidden_value(made: Planted) -> Expected:
    unit, month = made.hidden("long_cases")
    made.change("long_cases", unit, month, "numerator = 3")
    return "beside", "long_cases", unit


@plant
def a_band_of_people_beside_a_hidden_value(made: Planted) -> Expected:
    unit, month = made.hidden("sickness_rate")
    made.change("sickness_rate", unit, month, "people_band = '11–15'")
    return "beside", "sickness_rate", unit


@plant
def a_private_figure_said_to_be_public(made: Planted) -> Expected:
    unit, month, _ = made.shown("sickness_rate", "unit = 't003'")
    made.change("sickness_rate", unit, month, "numerator = 12, denominator = 900, people_band = NULL")
    return "numerator", "sickness_rate", unit


@plant
def answers_of_a_hidden_construct(made: Planted) -> Expected:
    made.con.execute(f"UPDATE mart.answer SET unit = 't005', construct = '{CIRCLE[1]}'")
    return "derived", CIRCLE[1], "t005"


@plant
def a_frame_of_a_hidden_circle(made: Planted) -> Expected:
    made.con.execute("UPDATE mart.frame SET unit = 't005'")
    return "derived", "", "t005"


@plant
def a_reason_in_a_frame_that_is_hidden(made: Planted) -> Expected:
    made.con.execute("UPDATE mart.frame SET because = ['stress_share_of_others']")
    return "derived", "stress_share_of_others", "t003"


@plant
def a_reason_for_strain_that_is_hidden(made: Planted) -> Expected:
    made.change("sickness_rate", "t003", MONTH, "shown = 'protected', value = NULL, people_band = NULL")
    for back in (dt.date(2025, 1, 1), dt.date(2024, 12, 1), dt.date(2024, 11, 1)):
        made.change("sickness_rate", "t003", back, "shown = 'protected', value = NULL, people_band = NULL")
    return "derived", "sickness_rate", "t003"


@plant
def strain_of_a_team_of_which_nothing_is_shown(made: Planted) -> Expected:
    made.con.execute("UPDATE mart.strain SET unit = 't000', verdict = 'steady', because = []")
    return "derived", "", "t000"


@plant
def what_all_did_of_an_indicator_that_is_hidden(made: Planted) -> Expected:
    made.con.execute("UPDATE mart.shared SET indicator = 'nothing_of_it'")
    return "derived", "nothing_of_it", ""


@plant
def limits_of_private_counts(made: Planted) -> Expected:
    made.con.execute("UPDATE mart.prime SET unit = 't003', indicator = 'sickness_rate'")
    return "derived", "sickness_rate", "t003"


@plant
def a_score_moved_since_a_hidden_wave(made: Planted) -> Expected:
    made.con.execute("UPDATE mart.score SET unit = 't005'")
    return "derived", CIRCLE[0], "t005"


@plant
def a_benchmark_that_is_not_shown(made: Planted) -> Expected:
    made.con.execute("UPDATE mart.score SET benchmark = 6.3")
    return "derived", CIRCLE[0], "t003"


@plant
def a_wave_of_a_hidden_team(made: Planted) -> Expected:
    made.con.execute("UPDATE mart.wave SET unit = 't000' WHERE unit = 't003'")
    return "derived", "", "t000"


@plant
def a_lead_found_with_hidden_teams(made: Planted) -> Expected:
    made.con.execute("UPDATE mart.lead_reading SET team_count = 8")
    return "derived", "kindness", ""


@plant
def a_value_off_its_grid(made: Planted) -> Expected:
    unit, month, value = made.shown("sickness_rate")
    made.change("sickness_rate", unit, month, f"value = {value + 0.037}")
    return "fine", "sickness_rate", unit


@plant
def a_sensitive_share_of_a_team_to_one_point(made: Planted) -> Expected:
    unit, month, value = made.shown("long_cases", "starts_with(unit, 't')")
    made.change("long_cases", unit, month, f"value = {value + 1}")
    return "fine", "long_cases", unit


@plant
def a_leaver_rate_in_half_its_step(made: Planted) -> Expected:
    unit, month, _ = made.shown("leaver_rate")
    made.change("leaver_rate", unit, month, "low = value - 0.3")
    return "fine", "leaver_rate", unit


@plant
def a_range_beside_a_working_figure(made: Planted) -> Expected:
    unit, month, _ = made.shown("sickness_rate", "unit = 't003'")
    made.change("sickness_rate", unit, month, "low = value - 0.3, high = value + 0.3")
    return "fine", "sickness_rate", unit


@plant
def people_told_exactly(made: Planted) -> Expected:
    unit, month, _ = made.shown("sickness_rate", "unit = 't003'")
    made.change("sickness_rate", unit, month, "people_band = '30'")
    return "fine", "sickness_rate", unit


@plant
def people_who_disagree_told_exactly(made: Planted) -> Expected:
    made.con.execute("UPDATE meta.agreement SET people = 3 WHERE kind = 'b'")
    return "fine", "b", ""


@plant
def a_row_of_a_member_of_a_pool(made: Planted) -> Expected:
    made.change("sickness_rate", "t000", MONTH, "value = 3, shown = 'yes', people_band = '11–15'")
    return "small", "sickness_rate", "t000"


@plant
def a_pool_of_one(made: Planted) -> Expected:
    pool, unit = made.first(
        "SELECT pool, unit FROM meta.pool WHERE list_contains(indicators, 'sickness_rate') AND pool = 'smaller:d00'"
    )
    made.con.execute("DELETE FROM meta.pool WHERE pool = ? AND unit <> ?", [pool, unit])
    return "pool", "sickness_rate", pool


@plant
def hidden_once_and_shown_later(made: Planted) -> Expected:
    unit, month = made.hidden("long_cases", "starts_with(unit, 't') AND unit > 't002'")
    made.change("long_cases", unit, month, "value = 30, shown = 'yes', people_band = '21–30'")
    return "later", "long_cases", unit


@plant
def a_sensitive_value_told_twice(made: Planted) -> Expected:
    unit, month, value = made.shown("long_cases", "starts_with(unit, 't')")
    made.change("long_cases", unit, month, f"value = {value + 5}")
    return "revised", "long_cases", unit


@plant
def a_small_team_that_comes_late(made: Planted) -> Expected:
    """The directorate is told again, with ten people more."""
    unit, month, value = made.shown("sickness_rate", f"unit = 'd00' AND month = DATE '{MONTH}'")
    made.change("sickness_rate", unit, month, f"value = {value + 0.2:.1f}")
    made.con.execute("INSERT INTO meta.unit VALUES ('t099', 'New', 'team', 'd00', DATE '2023-01-01', NULL)")
    made.con.execute(
        """
        INSERT INTO mart.value BY NAME
        SELECT 't099' AS unit, 'sickness_rate' AS indicator, ?::DATE AS month, 'protected' AS shown, true AS settled
        """,
        [month],
    )
    cells = pq.read_table(made.memory())
    [old] = [cell for cell in cells.to_pylist() if (cell["indicator"], cell["unit"]) == ("sickness_rate", "t001")][-1:]
    new = old | {"unit": "t099", "month": month, "people": 10.0, "denominator": 300.0}
    metadata = cells.schema.metadata
    rows = pa.Table.from_pylist([*cells.to_pylist(), new], cells.schema).replace_schema_metadata(metadata)
    pq.write_table(rows, made.memory())
    return "determined", "sickness_rate", "t099"


@plant
def nothing_collected_of_a_small_team(made: Planted) -> Expected:
    unit, month = made.hidden("stress_share", "unit = 't000'")
    made.change("stress_share", unit, month, "shown = 'not_collected'")
    return "missing", "stress_share", unit


@plant
def a_release_that_fails_its_own_checks(made: Planted) -> Expected:
    unit, month, _ = made.shown("sickness_rate", "unit = 't004'")
    made.change("sickness_rate", unit, month, "value = 'nan'")
    return "check", "shown_has_a_value", ""


def test_a_release_in_order_has_no_finding(sound):
    report = findings_of(sound, DisclosureRules())
    assert (report.findings, report.skipped, report.releases) == ([], [], 2)


@pytest.mark.parametrize("name", PLANTS)
def test_what_is_planted_is_found(sound, tmp_path, name):
    workspace = Workspace(tmp_path / "planted")
    shutil.copytree(sound.home, workspace.home)
    newest = max(workspace.releases.glob("*.duckdb"))
    with duckdb.connect(str(newest)) as con:
        how, indicator, unit = PLANTS[name](Planted(workspace, con))
    found = [each for each in findings_of(workspace, DisclosureRules()).findings if each.releases[-1] == newest.stem]
    assert (how, indicator, unit) in {(each.how, each.indicator, each.unit) for each in found}
    assert all(each.rule and each.sentence for each in found)
