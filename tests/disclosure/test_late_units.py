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
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

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
