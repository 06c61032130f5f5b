"""A small made-up organisation whose people join, fall ill, move and leave, and the figures an engine would count of it."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import duckdb
import numpy as np
import pyarrow as pa

from etl.release.measure import stretch_spells

NOBODY = -1


def headers(*each: tuple) -> dict[str, SimpleNamespace]:
    """Indicators by name, from (name, family, disclosure, window, refresh)."""
    names = ("indicator", "family", "disclosure", "window", "refresh")
    common = {"scale": 100.0, "unit": "%", "levels": ("team", "above"), "better": "lower"}
    return {one[0]: SimpleNamespace(**dict(zip(names, one, strict=True)), **common) for one in each}


HEADERS = headers(
    ("sickness_rate", "absence", "B", 1, "monthly"),
    ("stress_share", "absence", "A", 12, "monthly"),
    ("long_cases", "absence", "A", 12, "monthly"),
    ("leaver_rate", "staying", "B", 12, "quarterly"),
    ("moves_out", "staying", "B", 12, "quarterly"),
)


@dataclass
class Organisation:
    """`sizes` are the people of each team at the start, `directorate` the one each team belongs to. What happens to
    people is drawn once from `seed`; `month` 0 is the first of `months`."""

    sizes: list[int]
    directorate: list[int]
    months: int
    seed: int = 0
    first: str = "2023-04"
    leaving: float = 0.01
    moving: float = 0.004
    ill: float = 0.12
    stress: float = 0.25
    merged: dict[int, int] = field(default_factory=dict)  # team → the one that its history follows
    transfers: dict[int, tuple[int, int]] = field(default_factory=dict)  # team → (from month, directorate)
    unknown: set[int] = field(default_factory=set)  # teams whose rows are set aside, for nobody knows their name
    lacking: dict[int, set[str]] = field(default_factory=dict)  # team → indicators of which no rows have come
    half: set[int] = field(default_factory=set)  # teams of whom every second person's rows are set aside

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        start = np.repeat(np.arange(len(self.sizes)), self.sizes)
        number = 3 * len(start) + 50
        self.team = np.full((number, self.months + 12), NOBODY)
        self.days = np.zeros(self.team.shape)
        self.stressed = np.zeros(self.team.shape, dtype=bool)
        self.left = np.full(self.team.shape, NOBODY)  # the team somebody left the organisation from
        self.moved = np.full(self.team.shape, NOBODY)
        self.team[: len(start), 0] = start
        free = len(start)
        for month in range(1, self.team.shape[1]):
            now = self.team[:, month - 1].copy()
            here = np.flatnonzero(now != NOBODY)
            leaves = here[self.random.random(len(here)) < self.leaving]
            self.left[leaves, month] = now[leaves]
            self.moved[leaves, month] = now[leaves]
            for team in now[leaves]:  # most posts are filled again
                if self.random.random() < 0.95 and free < number:
                    now[free], free = team, free + 1
            now[leaves] = NOBODY
            if len(self.sizes) > 1:
                moves = here[(self.random.random(len(here)) < self.moving) & (now[here] != NOBODY)]
                to = self.random.integers(len(self.sizes), size=len(moves))
                self.moved[moves, month] = np.where(to != now[moves], now[moves], NOBODY)
                now[moves] = to
            self.team[:, month] = now
        ill = (self.random.random(self.team.shape) < self.ill) & (self.team != NOBODY)
        self.days[ill] = self.random.integers(1, 28, ill.sum())
        self.stressed = ill & (self.random.random(self.team.shape) < self.stress)

    def figures(self, con: duckdb.DuckDBPyConnection, until: int) -> None:
        """Fills `figure` and `unit_spell` as a build after `until` months would."""
        teams = len(self.sizes)
        team = self._follow(self.team)
        counted = []
        for month in range(until):
            at = month + 12
            now = self._each(team[:, at], np.ones(len(team)))
            window = slice(at - 11, at + 1)
            days = self._each(team[:, at], self.days[:, at])
            counted.append(("sickness_rate", month, days, now * 30, now, np.full(teams, np.nan)))
            where, lost = team[:, window], self.days[:, window]
            stress = np.where(self.stressed[:, window], lost, 0)
            long = lost > 20
            ill_people, stress_people = self._distinct(where, lost > 0), self._distinct(where, stress > 0)
            counted.append(
                ("stress_share", month, self._each(where, stress), self._each(where, lost), ill_people, stress_people)
            )
            everybody = self._distinct(where, where != NOBODY)
            cases = self._distinct(where, long)
            counted.append(("long_cases", month, cases, everybody, everybody, cases))
            if month % 3 == 2:
                mean = (now + self._each(team[:, at - 12], np.ones(len(team)))) / 2
                for name, gone in (("leaver_rate", self.left), ("moves_out", self.moved)):
                    gone = self._follow(gone[:, window])
                    left = self._each(gone, np.ones(gone.shape))
                    counted.append((name, month, left, mean, now, np.full(teams, np.nan)))
        self._write(con, counted)

    def leaves_after_all(self, team: int, month: int) -> None:
        """It turns out that one of a team's people had left by then."""
        at = month + 12
        person = np.flatnonzero(self.team[:, at - 1] == team)[:1]
        self.left[person, at] = self.moved[person, at] = team
        self.team[person, at:] = NOBODY
        self.days[person, at:] = 0
        self.stressed[person, at:] = False

    def _follow(self, team: np.ndarray) -> np.ndarray:
        following = np.arange(len(self.sizes) + 1)
        for old, new in self.merged.items():
            following[following == old] = new
        following[-1] = NOBODY
        followed = following[team]
        followed[1::2][np.isin(followed[1::2], list(self.half))] = NOBODY
        return followed

    def _each(self, team: np.ndarray, weight: np.ndarray) -> np.ndarray:
        here = team != NOBODY
        return np.bincount(team[here], weight[here], minlength=len(self.sizes))

    def _distinct(self, team: np.ndarray, which: np.ndarray) -> np.ndarray:
        person, month = np.nonzero(which & (team != NOBODY))
        pairs = np.unique(np.column_stack([person, team[person, month]]), axis=0)
        return np.bincount(pairs[:, 1], minlength=len(self.sizes)).astype(float)

    def name(self, team: int) -> str:
        return f"t{team:03}"

    def parent(self, team: int, month: int) -> int:
        moved = self.transfers.get(team)
        return moved[1] if moved and month >= moved[0] else self.directorate[team]

    def month(self, number: int):
        return (np.datetime64(self.first, "M") + number).astype("datetime64[D]").item()

    def _write(self, con: duckdb.DuckDBPyConnection, counted: list[tuple]) -> None:
        rows, spells = [], []
        standing = [team for team in range(len(self.sizes)) if team not in {*self.merged, *self.unknown}]
        for name, month, *arrays in counted:
            above: dict[str, np.ndarray] = {}
            for team in standing:
                figure = np.array([array[team] for array in arrays])
                if figure[2] == 0 or name in self.lacking.get(team, ()):
                    continue
                rows.append((name, self.name(team), self.month(month), *figure))
                for unit in (f"d{self.parent(team, month):02}", "org"):
                    above[unit] = above.get(unit, 0) + figure
            rows += [(name, unit, self.month(month), *figure) for unit, figure in above.items()]
        for team in standing:
            begins = self.month(-12)
            if team in self.transfers:
                at, _ = self.transfers[team]
                spells.append((self.name(team), "team", f"d{self.directorate[team]:02}", begins, self.month(at - 1)))
                begins = self.month(at)
            spells.append((self.name(team), "team", f"d{self.parent(team, 10**6):02}", begins, None))
        directorates = {*self.directorate, *(to for _, to in self.transfers.values())}
        spells += [(f"d{each:02}", "directorate", "org", self.month(-12), None) for each in sorted(directorates)]
        spells.append(("org", "organisation", None, self.month(-12), None))
        columns = list(zip(*rows, strict=True))
        names = ("indicator", "unit", "month", "numerator", "denominator", "people", "people_in_numerator")
        figure = pa.table(dict(zip(names, map(pa.array, columns), strict=True)))
        con.register("made", figure)
        con.execute("""
            CREATE OR REPLACE TABLE figure AS
            SELECT
                * REPLACE (people::BIGINT AS people),
                'private' AS provenance,
                0::DOUBLE AS public_numerator,
                0::DOUBLE AS public_denominator
            FROM made
        """)
        con.execute("""
            CREATE OR REPLACE TABLE unit_spell (
                unit VARCHAR, title VARCHAR, level VARCHAR, parent VARCHAR, from_month DATE, to_month DATE
            )
        """)
        con.executemany("INSERT INTO unit_spell SELECT $1, $1, $2, $3, $4, $5", spells)
        con.execute("DROP TABLE IF EXISTS stands")
        stretch_spells(con)
        con.unregister("made")
