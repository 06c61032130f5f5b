"""Random histories: teams that come, go, merge, move, shrink, are late or half known; corrected files; late waves. Each is published
release by release, attacked with everything that a reader has, and nothing falls.

It runs beneath the verbs, on `protect` and the attack. The suite looks at as many as fit half a minute of one core;
`--hypothesis-profile nightly` at thousands.
"""

import datetime as dt
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.disclosure.history import History
from tests.disclosure.simulated import HEADERS, Organisation

USUAL, IN_THE_SUITE = 100, 12  # examples: of hypothesis, if nothing is said; of the suite
EXAMPLES = IN_THE_SUITE if settings().max_examples <= USUAL else settings().max_examples
FIRST, LAST = 17, 22  # the months after which releases are made
SCORE = "circle.trust"
WAVES = {15: dt.date(2024, 7, 1), 19: dt.date(2024, 11, 1)}  # the month after which a wave is closed → its own month
ANSWERS = np.arange(5) * 2.5
WITH_SURVEY = dict(HEADERS) | {
    SCORE: SimpleNamespace(
        indicator=SCORE, family="kindness", disclosure="A", window=1, refresh="wave", scale=1.0, unit="of 10",
        levels=("team", "above"), better="higher",
    )
}  # fmt: skip
EVENTS = ("comes", "goes", "merges", "moves", "half", "lacks", "corrected", "late answers")


@dataclass
class Story:
    """What becomes of an organisation: (kind of event, team, the release before which it happens) for each event."""

    sizes: list[int]
    directorates: int
    seed: int
    events: list[tuple[str, int, int]] = field(default_factory=list)
    leaving: float = 0.01  # the share of people in a month; a third as many move

    def __post_init__(self) -> None:
        count = len(self.sizes)
        self.at = [n % self.directorates for n in range(count)]
        self.events = [(kind, team % count, when) for kind, team, when in self.events]
        moves = {
            team: (FIRST + when, (self.at[team] + 1) % self.directorates)
            for kind, team, when in self.events
            if kind == "moves"
        }
        self.organisation = Organisation(
            self.sizes,
            self.at,
            LAST + 1,
            seed=self.seed,
            transfers=moves,
            leaving=self.leaving,
            moving=self.leaving / 3,
        )
        made = self.organisation
        made.unknown |= self._teams("comes")
        made.half |= self._teams("half")
        made.lacking |= {team: {"stress_share", "sickness_rate"} for team in self._teams("lacks")}
        self.late = self._teams("late answers")

    def _teams(self, kind: str) -> set[int]:
        return {team for each, team, _ in self.events if each == kind}

    def before(self, release: int) -> None:
        """What happens before a release is made."""
        made = self.organisation
        for kind, team, when in self.events:
            if when != release:
                continue
            if kind == "goes":
                made.unknown.add(team)
            elif kind == "merges" and team not in made.merged.values():
                other = (team + self.directorates) % len(self.sizes)
                if other != team and other not in made.merged:
                    made.merged[team] = other
            elif kind == "corrected":
                made.leaves_after_all(team, FIRST + release - 3)
            made.unknown -= {team} if kind == "comes" else set()
            made.half -= {team} if kind == "half" else set()
            self.late -= {team} if kind == "late answers" else set()
            if kind == "lacks":
                made.lacking.pop(team, None)

    def add_survey(self, con: duckdb.DuckDBPyConnection, until: int) -> None:
        """The answers to each wave that is closed, but for those that are late."""
        rows, made = [], self.organisation
        for closed, wave in WAVES.items():
            if closed > until:
                continue
            above: dict[str, np.ndarray] = {}
            for team, size in enumerate(self.sizes):
                random = np.random.default_rng([self.seed, closed, team])
                shares = random.dirichlet(np.array([1, 1, 2, 4, 3]) * random.uniform(0.3, 3))
                sheets = random.choice(ANSWERS, int(size * random.uniform(0.3, 0.95)), p=shares)
                if team in made.unknown or team in made.merged or team in self.late or not len(sheets):
                    continue
                figure = np.array([sheets.sum(), len(sheets), len(sheets), len(sheets)])
                rows.append((SCORE, made.name(team), wave, *figure))
                month = next(n for n in range(LAST + 2) if made.month(n) == wave)
                for unit in (f"d{made.parent(team, month):02}", "org"):
                    above[unit] = above.get(unit, 0) + figure
            rows += [(SCORE, unit, wave, *figure) for unit, figure in above.items()]
        names = ("indicator", "unit", "month", "numerator", "denominator", "people", "people_in_numerator")
        if rows:
            con.register("answered", pa.table(dict(zip(names, map(pa.array, zip(*rows, strict=True)), strict=True))))
            con.execute("""
                INSERT INTO figure BY NAME
                SELECT
                    * REPLACE (people::BIGINT AS people), 'private' AS provenance,
                    0::DOUBLE AS public_numerator, 0::DOUBLE AS public_denominator
                FROM answered
            """)


def told(story: Story, folder: str) -> History:
    made, organisation = History(Path(folder), headers=WITH_SURVEY), story.organisation
    for number, until in enumerate(range(FIRST, LAST)):
        story.before(number)
        with duckdb.connect() as con:
            organisation.figures(con, until)
            story.add_survey(con, until)
            followed = {organisation.name(old): organisation.name(new) for old, new in organisation.merged.items()}
            made.publish_from(con, organisation.month(until), followed)
    return made


stories = st.builds(
    Story,
    sizes=st.lists(st.one_of(st.integers(3, 45), st.integers(4, 16)), min_size=4, max_size=8),
    directorates=st.integers(1, 3),
    seed=st.integers(0, 10**6),
    events=st.lists(
        st.tuples(st.sampled_from(EVENTS), st.integers(0, 7), st.integers(1, LAST - FIRST - 1)), max_size=4
    ),
    leaving=st.sampled_from([0.0, 0.01, 0.04]),
)


@given(stories)
# A team of ten that is known from the third release on, with all its past: a new ward before its crosswalk.
@example(Story([30, 25, 10, 22], 1, 5, [("comes", 2, 2)], leaving=0))
@example(Story([30, 10, 25, 34, 22, 14], 2, 5, [("comes", 1, 2), ("comes", 4, 3)], leaving=0))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink a history takes longer than to read it
)
def test_no_random_history_gives_anything_away(story):
    with tempfile.TemporaryDirectory() as folder:
        found = told(story, folder).attack()
    assert found == []
