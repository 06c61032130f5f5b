"""R8: units that come late, or by halves, are as telling as units that go. The attacker here shares nothing with the engine.

It knows which people every figure ever shown was counted of, month by month, and looks for a few of them that the figures
tell apart: exactly, by the null space of all releases together, or as the difference of any two figures.
"""

import os
import tempfile
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from etl.disclosure import differencing, leavers
from etl.disclosure.rows import Rows
from tests.disclosure.history import History
from tests.disclosure.simulated import HEADERS, Organisation, headers

WORKING = headers(
    ("sickness_rate", "absence", "B", 1, "monthly"),
    ("long_cases", "absence", "B", 1, "monthly"),
)
BEGIN, MONTHS = 13, 20
FEW = 11
EXAMPLES = int(os.environ.get("KINSHIP_EXAMPLES", "10"))


def who(organisation: Organisation, indicator: str, month: int) -> dict[str, frozenset]:
    """Of each team that has a figure the people who are counted in it, as (team at the start, first half or second)."""
    atoms: dict[str, set] = {}
    for team in range(len(organisation.sizes)):
        now = organisation.merged.get(team, team)
        if now in organisation.unknown or indicator in organisation.lacking.get(now, ()):
            continue
        halves = (0,) if now in organisation.half else (0, 1)
        atoms.setdefault(organisation.name(now), set()).update(
            (team, half) for half in halves if people(organisation, team, half, month, indicator)
        )
    return {name: frozenset(some) for name, some in atoms.items() if some}


def people(organisation: Organisation, team: int, half: int, month: int, indicator: str) -> int:
    months = slice(month + 1 if indicator == "long_cases" else month + 12, month + 13)  # of a year, or of the month
    return int((organisation.team[half::2, months] == team).any(axis=1).sum())


class Watcher:
    """Publishes releases, and keeps of every figure shown which people it counts."""

    def __init__(self, folder: Path, organisation: Organisation, names=WORKING):
        self.organisation, self.made = organisation, History(folder, headers=dict(names))
        self.shown: dict[tuple, set[frozenset]] = defaultdict(set)
        self.values: dict[tuple, set[float]] = defaultdict(set)
        self.size: dict[tuple, int] = {}  # of an atom in a month, when it was first counted

    def publish(self, until: int) -> None:
        made = self.made.publish(self.organisation, until)
        number = {self.organisation.month(month): month for month in range(until)}
        pools = made.pool.to_pylist()
        counted: dict[tuple, dict[str, frozenset]] = {}
        for row in made.value.to_pylist():
            at = row["indicator"], number[row["month"]]
            if row["shown"] != "yes":
                continue
            if row["value"] in self.values[*at, row["unit"]]:
                continue  # said before: of those it was said of then
            self.values[*at, row["unit"]].add(row["value"])
            if at not in counted:
                counted[at] = self._rows(*at, row["month"], pools)
            self.shown[at].add(counted[at][row["unit"]])

    def _rows(self, indicator: str, month: int, day, pools: list[dict]) -> dict[str, frozenset]:
        rows: dict[str, set] = defaultdict(set)
        for team, atoms in who(self.organisation, indicator, month).items():
            for atom in atoms:
                self.size.setdefault((atom, month, indicator), people(self.organisation, *atom, month, indicator))
            rows[team] |= atoms
            rows[f"d{self.organisation.parent(int(team[1:]), month):02}"] |= atoms
            rows["org"] |= atoms
        for pool in pools:
            inside = pool["from_month"] <= day and (pool["to_month"] is None or day <= pool["to_month"])
            if indicator in pool["indicators"] and inside and pool["unit"] in rows:
                rows[pool["pool"]] |= rows[pool["unit"]]
        return {name: frozenset(atoms) for name, atoms in rows.items()}

    def findings(self) -> set[tuple]:
        return {
            (indicator, month, atoms)
            for (indicator, month), sets in self.shown.items()
            for atoms in told_apart(sets)
            if 0 < sum(self.size[atom, month, indicator] for atom in atoms) < FEW
        }


def told_apart(sets: set[frozenset]) -> set[frozenset]:
    """The groups of people that follow: single ones by the null space, whole teams too, and differences of two figures."""
    atoms = sorted(set().union(*sets))
    place = {atom: n for n, atom in enumerate(atoms)}

    def vector(some) -> np.ndarray:
        found = np.zeros(len(atoms))
        found[[place[atom] for atom in some]] = 1
        return found

    _, sizes, space = np.linalg.svd(np.array([vector(some) for some in sets]))
    space = space[: (sizes > 1e-9).sum()]
    teams = [frozenset(atom for atom in atoms if atom[0] == team) for team in {team for team, _ in atoms}]
    asked = {*teams, *(frozenset([atom]) for atom in atoms), *(one ^ two for one, two in combinations(sets, 2)
                                                              if one < two or two < one)}  # fmt: skip
    return {some for some in asked if some and np.abs(vector(some) - vector(some) @ space.T @ space).max() < 1e-9}


patient = settings(
    deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.reuse, Phase.generate]
)


@given(
    sizes=st.lists(st.one_of(st.integers(4, 16), st.integers(12, 45)), min_size=4, max_size=9),
    directorates=st.integers(1, 3),
    seed=st.integers(0, 10**6),
    data=st.data(),
)
@settings(patient, max_examples=EXAMPLES)
def test_no_unit_that_comes_goes_merges_moves_or_is_half_known_can_be_told_apart(sizes, directorates, seed, data):
    number = len(sizes)
    teams = st.integers(0, number - 1)
    at = [n % directorates for n in range(number)]
    organisation = Organisation(sizes, at, MONTHS, seed=seed, leaving=0.004, moving=0.002)
    organisation.unknown = data.draw(st.sets(teams, max_size=min(3, number - 2)), "unknown")
    organisation.half = data.draw(st.sets(teams, max_size=2), "half")
    organisation.lacking = {team: {"long_cases"} for team in data.draw(st.sets(teams, max_size=2), "lacking")}
    with tempfile.TemporaryDirectory() as folder:
        watcher = Watcher(Path(folder), organisation)
        for month in range(BEGIN, MONTHS):
            what = data.draw(st.sampled_from(["nothing", "come", "go", "whole", "merge", "move", "rows", "late"]))
            team, other = data.draw(teams), data.draw(teams)
            match what:
                case "come":
                    organisation.unknown = set(sorted(organisation.unknown)[1:])
                case "go" if len({*organisation.unknown, *organisation.merged, team}) < number:
                    organisation.unknown = organisation.unknown | {team}
                case "whole":
                    organisation.half = set()
                case "rows":
                    organisation.lacking = {}
                case "merge" if team != other and not {team, other} & {
                    *organisation.merged,
                    *organisation.merged.values(),
                }:
                    organisation.merged = organisation.merged | {team: other}
                case "move":  # as if it had always stood there, or from this month on
                    since = data.draw(st.sampled_from([0, month - 1]))
                    organisation.transfers = {team: (since, other % directorates)}
                case "late":
                    organisation.leaves_after_all(team, month - 2)
            watcher.publish(month)
        assert watcher.findings() == set()


def newcomer(folder: Path, size: int = 10, first: int = BEGIN, **how) -> Watcher:
    """A team known from the third release on; nothing else changes."""
    organisation = Organisation([30, 25, 40, size], [0, 0, 1, 0], MONTHS, seed=4, leaving=0, moving=0, **how)
    organisation.unknown = {3}
    watcher = Watcher(folder, organisation, HEADERS | {"long_cases": WORKING["long_cases"]})
    for month in range(first, first + 6):
        if month == first + 2:
            organisation.unknown = set()
        watcher.publish(month)
    return watcher


def test_a_small_team_known_from_the_third_release_on_is_no_difference_of_two(tmp_path):
    watcher = newcomer(tmp_path)
    assert watcher.findings() == set()
    assert watcher.made.attack() == []


def test_a_rule_that_is_taken_away_is_missed_and_either_of_the_two_suffices(tmp_path, monkeypatch):
    """What is revised is asked first, and what falls is looked for besides: the attacker beats both gone, and neither alone."""
    with monkeypatch.context() as patch:
        patch.setattr(differencing, "revisable", lambda now, then, wanted, shown, least: wanted)
        assert newcomer(tmp_path / "without the rule").findings() == set()
        patch.setattr(differencing, "fallen", nothing_falls)
        assert newcomer(tmp_path / "without either").findings() != set()
    monkeypatch.setattr(differencing, "fallen", nothing_falls)
    assert newcomer(tmp_path / "without the search").findings() == set()


def nothing_falls(now, new, least):
    return np.zeros(now.rows.shape, dtype=bool), np.zeros(now.rows.shape, dtype=bool)


def late_days(folder: Path, sizes=(30, 25, 40, 35), come: int | None = None, half: int | None = None) -> dict:
    """(first, last) value of month 13 for each unit, whose days turn out to have been more, before and after it is frozen;
    a team comes in between, or the other half of one."""
    organisation = Organisation(list(sizes), [0, 0, 1, 1], MONTHS, seed=4, leaving=0, moving=0, ill=0.4)
    organisation.unknown = {come} if come is not None else set()
    organisation.half = {half} if half is not None else set()
    made = History(folder, headers={"sickness_rate": HEADERS["sickness_rate"]})
    before = values(made.publish(organisation, 14), organisation.month(13))
    organisation.days[:, 13 + 12] *= 1.5
    organisation.unknown, organisation.half = set(), set()
    assert before.items() <= values(made.publish(organisation, 15), organisation.month(13)).items()
    after = values(made.publish(organisation, 16), organisation.month(13))
    assert made.attack() == []
    return {unit: (before.get(unit), after[unit]) for unit in after}


def values(made, month) -> dict:
    return {
        row["unit"]: row["value"] for row in made.value.to_pylist() if row["month"] == month and row["shown"] == "yes"
    }


def revised(found: dict) -> set[str]:
    return {unit for unit, (before, after) in found.items() if before is not None and before != after}


def test_late_days_of_the_same_people_are_told_once_the_month_is_frozen(tmp_path):
    assert revised(late_days(tmp_path)) == {"t000", "t001", "t002", "t003", "d00", "d01", "org"}


def test_a_row_with_a_hidden_newcomer_stays_as_it_was_and_the_others_are_revised(tmp_path):
    assert revised(late_days(tmp_path, (30, 25, 40, 9), come=3)) == {"t000", "t001", "t002", "d00"}


def test_a_row_whose_newcomers_are_all_shown_is_revised(tmp_path):
    found = late_days(tmp_path, come=3)
    assert revised(found) == {"t000", "t001", "t002", "d00", "d01", "org"} and found["t003"][0] is None


@pytest.mark.parametrize(("size", "stay"), [(20, {"t002", "t003", "d01", "org"}), (60, set())])
def test_a_few_people_more_in_a_known_team_are_no_difference_and_many_are(tmp_path, size, stay):
    found = late_days(tmp_path, (30, 25, 40, size), half=3)
    assert revised(found) == {"t000", "t001", "t002", "t003", "d00", "d01", "org"} - stay


def test_what_comes_for_months_whose_pools_were_drawn_without_it_hides_what_would_fall(tmp_path, monkeypatch):
    """Episodes of all, and a seventh team of seven, arrive when the pools of the months have been settled: the team would be
    what is left of its directorate."""

    def comes(folder: Path) -> Watcher:
        organisation = Organisation([30, 6, 8, 7, 25, 40], [0, 0, 0, 0, 1, 1], MONTHS, seed=4, leaving=0, moving=0)
        organisation.unknown, organisation.lacking = {3}, {team: {"long_cases"} for team in range(6)}
        watcher = Watcher(folder, organisation)
        watcher.publish(14)
        organisation.unknown, organisation.lacking = set(), {}
        watcher.publish(15)
        return watcher

    watcher = comes(tmp_path / "as built")
    assert watcher.findings() == set()
    told = [row for row in watcher.made.made[-1].value.to_pylist() if row["indicator"] == "long_cases"]
    assert {row["unit"] for row in told if row["shown"] == "yes"} >= {"org", "d00", "d01", "t004", "t005"}
    monkeypatch.setattr(differencing, "fallen", nothing_falls)
    assert comes(tmp_path / "without the search").findings() != set()


def test_a_memory_from_before_units_above_were_remembered_still_serves(tmp_path):
    organisation = Organisation([30, 25, 40, 9], [0, 0, 1, 1], MONTHS, seed=4, leaving=0, moving=0, ill=0.4)
    organisation.unknown = {3}
    watcher = Watcher(tmp_path, organisation)
    for month in (14, 15, 16):
        watcher.publish(month)
        for path in watcher.made.workspace.protection.glob("*.parquet"):
            table = pq.read_table(path)
            pq.write_table(table.drop_columns([n for n in ("parent", "told_in") if n in table.column_names]), path)
        organisation.days[:, 13 + 12] *= 1.5
        organisation.unknown = set()
    watcher.publish(17)
    assert watcher.findings() == set() and watcher.made.attack() == []
    first, *_, last = (values(made, organisation.month(13)) for made in watcher.made.made)
    assert first.items() <= last.items(), "where a unit stood is not remembered: nothing of that month is revised"


def test_leavers_of_a_unit_that_came_later_are_not_in_the_quarters_told_before():
    parent = np.array([[2, 2], [2, 2], [-1, -1]], dtype=np.int32)
    names = np.array(["a", "late", "d"], dtype=object)
    months = np.array(["2025-03", "2025-06"], "datetime64[M]")
    rows = Rows(names, names, names, months, parent, np.array([0, 0, 1]))
    told, absent = np.zeros((3, 2), dtype=bool), np.zeros((3, 2), dtype=bool)
    told[2], absent[1, 0] = True, True
    stands, cell, *_ = leavers._atoms(rows, told, 1, absent)
    assert cell.tolist() == [2, 2] and stands.sum(axis=1).tolist() == [1, 2]


def test_that_nobody_was_ill_is_hidden_like_any_few(tmp_path):
    """A team without a day of absence in twelve months has no share of stress; its directorate less the others would say so,
    and so would a list of those shown together that lacks it."""
    organisation = Organisation([40, 45, 50, 24, 44, 47], [0, 0, 0, 0, 1, 1], 26, seed=4, leaving=0, moving=0, ill=0.3)
    in_team = (organisation.team == 3).any(axis=1)
    organisation.days[in_team] = 0
    organisation.stressed[in_team] = False
    made = History(tmp_path, headers={name: HEADERS[name] for name in ("sickness_rate", "stress_share")})
    release = made.publish(organisation, 24)
    stress = [row for row in release.value.to_pylist() if row["indicator"] == "stress_share"]
    assert {row["shown"] for row in stress if row["unit"] == "t003"} == {"protected"}
    for month in {row["month"] for row in stress}:
        shown = {row["unit"] for row in stress if row["month"] == month and row["shown"] == "yes"}
        assert not shown >= {"t000", "t001", "t002", "d00"} and shown
    pooled = [row for row in release.pool.to_pylist() if row["kind"] == "sensitive"]
    assert not pooled or "t003" in {row["unit"] for row in pooled}
    assert made.attack() == []
