"""The attacker finds nothing in what the engine publishes, and finds every mistake that is planted in it."""

import datetime as dt
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from etl.config.settings import DisclosureRules
from etl.disclosure import audit, group, leavers, protect, rounding
from etl.disclosure.attack import kinds
from etl.disclosure.figures import LEAVERS, SHOWN, WHY
from etl.disclosure.releases import Release
from tests.disclosure import hierarchies
from tests.disclosure.history import History
from tests.disclosure.simulated import HEADERS, NOBODY, Organisation

EXAMPLES = int(os.environ.get("KINSHIP_EXAMPLES", "40"))  # the nightly run looks at thousands
patient = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink a history takes longer than to read it
)
many = settings(patient, max_examples=EXAMPLES)
few = settings(patient, max_examples=max(2, EXAMPLES // 50))
QUIET, LOUD = 19, 31  # the first and the last of twelve months in which a release is made


def history(folder: Path, organisation: Organisation, months=range(QUIET, LOUD), headers=HEADERS) -> History:
    made = History(folder, headers=dict(headers))
    for month in months:
        made.publish(organisation, month)
    return made


def planted(made: History, change: Callable[[dict], dict], at: int = -1) -> History:
    """The same history with rows of one release's values changed."""
    release = made.releases[at]
    value = pa.Table.from_pylist([change(dict(row)) for row in release.value.to_pylist()])
    made.releases[at] = Release(release.name, value, release.unit, release.pool, release.headers, release.followed)
    return made


def shows(indicator: str, unit: str, month: dt.date, value: float) -> Callable[[dict], dict]:
    def change(row: dict) -> dict:
        if (row["indicator"], row["unit"], row["month"]) == (indicator, unit, month):
            row |= {"value": value, "shown": "yes"}
        return row

    return change


@given(hierarchies.teams)
@many
def test_no_random_hierarchy_gives_anything_away(drawn):
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        made = History(Path(folder), headers=dict(hierarchies.HEADERS))
        hierarchies.lay_out(con, drawn)
        made.publish_from(con, dt.date(2025, 4, 1))
        assert made.attack() == []


@given(
    sizes=st.lists(st.integers(3, 45), min_size=4, max_size=9),
    large=st.booleans(),
    directorates=st.integers(1, 3),
    seed=st.integers(0, 10**6),
)
@few
def test_twelve_monthly_releases_give_nothing_away(sizes, large, directorates, seed):
    """A team merges into another, one moves to another directorate, teams cross the threshold as people come and go,
    and it turns out late that somebody had left."""
    sizes = sizes + [130] * large
    at = [n % directorates for n in range(len(sizes))]
    organisation = Organisation(sizes, at, LOUD, seed=seed, transfers={1: (26, (at[1] + 1) % directorates)})
    with tempfile.TemporaryDirectory() as folder:
        made = History(Path(folder))
        for month in range(QUIET, LOUD):
            if month == 23 and directorates < len(sizes):
                organisation.merged = {0: directorates}
            if month == 26:
                organisation.leaves_after_all(team=2, month=24)
            made.publish(organisation, month)
        assert made.attack() == []


def test_one_leaver_between_two_releases_changes_no_sensitive_value(tmp_path):
    organisation = Organisation([20, 30, 25, 14], [0, 0, 1, 1], 26, seed=4)
    made = History(tmp_path)
    before = sensitive_values(made.publish(organisation, 24))
    organisation.leaves_after_all(team=3, month=20)
    after = sensitive_values(made.publish(organisation, 24))
    assert before and before == after
    assert made.attack() == []


def sensitive_values(made: protect.Protected) -> dict:
    return {
        (row["indicator"], row["unit"], row["month"]): row["value"]
        for row in made.value.to_pylist()
        if HEADERS[row["indicator"]].disclosure == "A"
    }


def test_a_revised_sensitive_value_of_nearly_the_same_people_is_found(tmp_path):
    organisation = Organisation([20, 30, 25, 34], [0, 0, 1, 1], 26, seed=4)
    made = history(tmp_path, organisation, [24, 24])
    row = next(
        row for row in made.releases[0].value.to_pylist() if row["indicator"] == "long_cases" and row["shown"] == "yes"
    )
    planted(made, shows("long_cases", row["unit"], row["month"], row["value"] - 5))
    assert "revised" in {found.how for found in made.attack()}


def test_every_suppression_that_is_removed_is_found(tmp_path):
    """Showing a figure that was hidden for another gives the other away."""
    organisation = Organisation([14, 30, 25, 34, 22, 31, 17, 26], [0, 0, 0, 0, 1, 1, 1, 1], 24, seed=5, ill=0.05)
    made = history(tmp_path, organisation, [24])
    pairs: dict[tuple, dict] = {}
    for cell in made.made[0].cells.to_pylist():
        if cell["indicator"] == "long_cases" and cell["why"] in ("for itself", "for another"):
            unit = cell["unit"]
            above = unit.rpartition(":")[2] if ":" in unit else f"d{organisation.directorate[int(unit[1:])]:02}"
            pairs.setdefault((above, cell["month"]), {})[cell["why"]] = unit
            pairs[above, cell["month"]].setdefault("all", []).append(unit)
    clean, removed = made.releases[0], 0
    for (_, month), hidden in pairs.items():
        if len(hidden["all"]) == 2 and "for another" in hidden:
            made.releases[0], removed = clean, removed + 1
            planted(made, shows("long_cases", hidden["for another"], month, 30.0))
            assert ("determined", hidden["for itself"], month) in {(f.how, f.unit, f.month) for f in made.attack()}
    assert removed > 2


def test_a_value_that_is_not_rounded_is_found(tmp_path):
    made = history(tmp_path, Organisation([20, 30, 25, 34], [0, 0, 1, 1], 24, seed=4), [24])
    assert made.attack() == []
    clean = made.releases[0]
    for indicator in HEADERS:
        shown = [r for r in clean.value.to_pylist() if r["indicator"] == indicator and r["shown"] == "yes"]
        made.releases[0] = clean
        planted(made, shows(indicator, shown[0]["unit"], shown[0]["month"], shown[0]["value"] + 0.037))
        assert ("fine", indicator, shown[0]["unit"]) in {(f.how, f.indicator, f.unit) for f in made.attack()}


def test_a_member_of_a_pool_that_is_shown_is_found(tmp_path):
    organisation = Organisation([6, 8, 30, 25, 40], [0, 0, 0, 1, 1], 24, seed=4, leaving=0, moving=0)
    made = history(tmp_path, organisation, [24])
    assert made.attack() == []
    month = dt.date(2023, 5, 1)
    planted(made, shows("sickness_rate", "t000", month, 3.0))
    found = {(each.how, each.unit) for each in made.attack() if each.month == month}
    assert found == {("small", "t000"), ("determined", "t001")}


def test_leaver_rates_to_five_points_in_small_teams_are_broken(tmp_path, monkeypatch):
    """The rule as it was first written: this is why it is not the rule any more."""
    monkeypatch.setattr(rounding, "leaver_step", lambda size, people: np.where(np.asarray(size) < 50, 5.0, 0.1))
    monkeypatch.setattr(rounding, "to_middle", rounding.to_nearest)
    monkeypatch.setattr(kinds, "leaver_step", rounding.leaver_step)
    monkeypatch.setattr(kinds, "on_grid", lambda value, step, middle: np.full(np.shape(value), True))
    monkeypatch.setattr(leavers, "in_the_way", lambda rows, told, *rest: np.zeros(rows.shape, dtype=bool))
    monkeypatch.setattr(DisclosureRules, "k_leavers", 11)
    made = history(tmp_path, Organisation([11, 12, 30, 25, 40], [0, 0, 0, 1, 1], 24, seed=4), [24])
    found = [each for each in made.attack() if each.kind == LEAVERS]
    assert len({(each.unit, each.month) for each in found}) > 20


def test_a_build_that_would_give_something_away_is_refused_and_names_no_number(tmp_path, monkeypatch):
    monkeypatch.setattr(group, "suppress", lambda rows, family, listed, unsafe, rules: unsafe & listed)
    organisation = Organisation([14, 30, 25, 34, 22, 31, 17, 26], [0, 0, 0, 0, 1, 1, 1, 1], 24, seed=5, ill=0.05)
    with pytest.raises(audit.FailedAudit, match=r"^R5: a hidden figure could be worked out from those shown\. Nothing"):
        history(tmp_path, organisation, [24])


def test_what_is_hidden_says_why_to_nobody(tmp_path):
    made = history(tmp_path, Organisation([14, 30, 25, 34], [0, 0, 1, 1], 24, seed=5, ill=0.05), [24]).made[0]
    assert set(made.value.column_names) == {
        "indicator",
        "unit",
        "month",
        "value",
        "low",
        "high",
        "people_band",
        "shown",
    }
    for row in made.value.to_pylist():
        assert row["shown"] in ("yes", "protected")
        assert (row["value"] is None) == (row["people_band"] is None) == (row["shown"] == "protected")
    assert {"for itself", "for another"} & set(made.cells["why"].to_pylist())
    assert WHY[SHOWN] == "shown" and NOBODY not in (row for row in made.cells["people"].to_pylist())
