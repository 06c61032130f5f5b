"""Figures that follow from one another: parts of a whole, posts and those who fill them, and shares told in bands."""

import datetime as dt
import tempfile
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from etl.disclosure import rounding
from etl.release.measure import stretch_spells
from tests.disclosure.history import History
from tests.disclosure.test_disclosure_attack import EXAMPLES, patient

some = settings(patient, max_examples=max(10, EXAMPLES // 2))
MONTH = dt.date(2025, 3, 1)
NAMES = ("indicator", "unit", "month", "numerator", "denominator", "people", "people_in_numerator")
Teams = list[tuple[str, str]]  # each with its directorate
Figures = dict[str, dict[str, tuple]]  # indicator → team → (numerator, denominator, people, people in the numerator)


def header(name: str, **said) -> SimpleNamespace:
    usual = {
        "indicator": name, "family": "x", "disclosure": "B", "window": 1, "refresh": "monthly", "scale": 100.0, "unit": "%",
        "levels": ("team", "above"), "better": "lower", "told_in": "rates", "part_of": (),
    }  # fmt: skip
    return SimpleNamespace(**usual | said)


def lay_out(con: duckdb.DuckDBPyConnection, parents: dict[str, str], counted: Figures) -> None:
    """Fills `figure` and `unit_spell`: teams under directorates under one organisation, in one month."""
    rows = []
    for name, teams in counted.items():
        sums: dict[str, tuple] = {}
        for team, figure in teams.items():
            for unit in (team, parents[team], "org"):
                old = sums.get(unit, tuple(None if each is None else 0 for each in figure))
                sums[unit] = tuple(None if a is None else a + b for a, b in zip(old, figure, strict=True))
        rows += [(name, unit, MONTH, *figure) for unit, figure in sums.items()]
    con.register("made", pa.table(dict(zip(NAMES, map(pa.array, zip(*rows, strict=True)), strict=True))))
    con.execute("""
        CREATE OR REPLACE TABLE figure AS
        SELECT
            * REPLACE (people_in_numerator::BIGINT AS people_in_numerator),
            'private' AS provenance, 0::DOUBLE AS public_numerator, 0::DOUBLE AS public_denominator
        FROM made
    """)
    con.execute(
        "CREATE OR REPLACE TABLE unit_spell "
        "(unit VARCHAR, title VARCHAR, level VARCHAR, parent VARCHAR, from_month DATE, to_month DATE)"
    )
    spells = {(team, "team", parent) for team, parent in parents.items()}
    spells |= {(parent, "directorate", "org") for parent in parents.values()} | {("org", "organisation", None)}
    con.executemany("INSERT INTO unit_spell SELECT $1, $1, $2, $3, DATE '2020-01-01', NULL", sorted(spells, key=str))
    con.execute("DROP TABLE IF EXISTS stands")
    stretch_spells(con)


def told(headers: dict, parents: dict[str, str], *releases: Figures) -> tuple[History, list[dict[tuple, dict]]]:
    """What each release said, by indicator and unit."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        made, said = History(Path(folder), headers=headers), []
        for counted in releases:
            lay_out(con, parents, counted)
            value = made.publish_from(con, dt.date(2025, 4, 1)).value.to_pylist()
            said.append({(row["indicator"], row["unit"]): row for row in value})
    return made, said


def members(made: History, parents: dict[str, str], unit: str) -> set[str]:
    """The teams that a unit, or a pool, is the sum of."""
    pools = {row["unit"]: row["pool"] for row in made.releases[-1].pool.to_pylist()}
    if unit.startswith("smaller:"):
        return {team for team in parents if unit in (pools.get(team), pools.get(parents[team]))}
    return {team for team, parent in parents.items() if unit in (team, parent, "org")}


# ---- bands

OVER = {"over": header("over", disclosure="A", window=4, refresh="quarterly", told_in="bands")}
sizes = st.one_of(st.integers(1, 30), st.integers(11, 70), st.integers(50, 180))
few = st.one_of(st.just(0.0), st.floats(0, 0.1), st.floats(0, 1), st.just(1.0))
banded = st.lists(st.tuples(st.integers(0, 2), sizes, few), min_size=2, max_size=10)


def people_over(drawn: list[tuple]) -> tuple[dict[str, str], Figures]:
    parents = {f"t{n}": f"d{directorate}" for n, (directorate, _, _) in enumerate(drawn)}
    counts = {f"t{n}": (round(part * size), size, size, round(part * size)) for n, (_, size, part) in enumerate(drawn)}
    return parents, {"over": counts}


@given(banded)
@some
def test_nobody_can_bound_a_team_by_bands(drawn):
    """Whoever adds up and subtracts the bands is left in doubt about five people of every team, or about all it has."""
    parents, counted = people_over(drawn)
    made, [said] = told(OVER, parents, counted)
    teams = sorted(parents)
    forms, lows, highs = [], [], []
    for (_, unit), row in said.items():
        if row["shown"] != "yes":
            continue
        inside = members(made, parents, unit)
        whole = sum(counted["over"][team][1] for team in inside)
        forms.append([float(team in inside) for team in teams])
        lows.append(np.ceil(row["low"] * whole / 100 - 1e-6))
        highs.append(np.floor(row["high"] * whole / 100 + 1e-6))
        assert (row["high"] - row["low"]) * whole / 100 >= 10 - 1e-6, "a step of ten people"
    sizes_of = [counted["over"][team][1] for team in teams]
    for n, size in enumerate(sizes_of):
        ends = []
        for sign in (1, -1):
            goal = np.zeros(len(teams))
            goal[n] = sign
            limits = (
                {"A_ub": np.vstack([forms, -np.array(forms)]), "b_ub": [*highs, *(-np.array(lows))]} if forms else {}
            )
            ends.append(linprog(goal, **limits, bounds=[(0, each) for each in sizes_of], method="highs").fun)
        assert -ends[1] - ends[0] >= min(5, size) - 1e-6, teams[n]
    assert made.attack() == []


def test_bands_are_told_of_what_few_exceed_and_of_what_nobody_does():
    """Which of them is told hangs on the people, not on how many are over: else what is not told would tell."""
    shapes = []
    for over in (0, 1, 4, 9):
        drawn = [(n % 2, 40, 0.0) for n in range(9)] + [(2, 260, over / 260)]
        parents, counted = people_over(drawn)
        _, [said] = told(OVER, parents, counted)
        shapes.append({at: row["shown"] for at, row in said.items()})
        row = said["over", "org"]
        assert (row["low"], row["high"], row["value"]) == (0.0, 2.0, 1.0)
        assert said["over", "d2"]["shown"] == "yes" and said["over", "d2"]["high"] == 5.0
        assert said["over", "t0"]["shown"] == "protected"
    assert all(shape == shapes[0] for shape in shapes)


def test_all_of_them_lies_in_the_last_step():
    value = rounding.all_in_the_last_step(np.array([100.0, 99.0, 0.0]), np.array([5.0, 5.0, 5.0]))
    assert rounding.to_middle(value, 5.0).tolist() == [97.5, 97.5, 2.5]


# ---- posts

VACANCY = {"vacancy": header("vacancy", told_in="posts")}


def posts(*each: tuple[str, float, float, int]) -> tuple[dict[str, str], Figures]:
    """From (directorate, funded, in post, people)."""
    parents = {f"t{n}": directorate for n, (directorate, *_) in enumerate(each)}
    return parents, {
        "vacancy": {
            f"t{n}": (funded - filled, funded, people, None) for n, (_, funded, filled, people) in enumerate(each)
        }
    }


def test_a_rate_of_posts_is_told_in_steps_of_whole_posts_at_every_level():
    assert rounding.post_step(np.array([12.0, 20, 40, 300, 1500, 1.0]))[:5].tolist() == [10, 5, 5, 0.5, 0.1]
    assert np.isnan(rounding.post_step(np.array([1.0]))[0])
    # The only team of d1 is told as coarsely as d1: no level tells more finely of it.
    parents, counted = posts(("d0", 22.4, 20.6, 24), ("d0", 31.0, 30.2, 35), ("d1", 14.8, 13.4, 15))
    _, [said] = told(VACANCY, parents, counted)
    whole = {"t0": 22.4, "t1": 31.0, "t2": 14.8, "d0": 53.4, "d1": 14.8, "org": 68.2}
    for unit, funded in whole.items():
        step = float(rounding.post_step(np.array(funded)))
        assert step * funded / 100 >= 1
        place = said["vacancy", unit]["value"] / step
        assert place == pytest.approx(round(place)), unit


@pytest.mark.parametrize("hours", [0.3, 0.6, 0.9])
def test_one_who_joins_or_leaves_is_seen_with_whatever_hours(hours):
    """Told to a tenth, a rate of a team of twelve was the joiner's contract; told in posts, several contracts say the same."""
    said = set()
    for joined in (hours, hours + 0.1):
        parents, counted = posts(("d0", 12.0, 10.0 + joined, 13), ("d0", 30.0, 29.0, 33))
        said.add(told(VACANCY, parents, counted)[1][0]["vacancy", "t0"]["value"])
    assert len(said) == 1


def test_what_was_once_told_more_finely_is_told_anew_in_whole_posts():
    parents, counted = posts(("d0", 22.4, 20.6, 24), ("d0", 31.0, 30.2, 35))
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        lay_out(con, parents, counted)
        made = History(Path(folder), headers={"vacancy": header("vacancy")})
        fine = {row["unit"]: row["value"] for row in made.publish_from(con, dt.date(2025, 4, 1)).value.to_pylist()}
        made.headers = VACANCY
        coarse = {row["unit"]: row["value"] for row in made.publish_from(con, dt.date(2025, 4, 1)).value.to_pylist()}
        assert (fine["t0"], coarse["t0"]) == (8.0, 10.0)
        assert made.attack() == []


# ---- parts of a whole

PARTS = [f"part{n}" for n in range(4)]
WHOLE = {"whole": header("whole")} | {name: header(name, part_of=("whole",)) for name in PARTS}
worked = st.lists(
    st.tuples(st.integers(0, 1), *[st.one_of(st.integers(0, 14), st.integers(11, 40))] * 4), min_size=2, max_size=8
)


# Of the three small teams that are shown together only one has the last part, with too few people for the three.
@example([(0, 5, 5, 5, 4), (0, 5, 5, 5, 0), (0, 5, 5, 5, 0), (0, 30, 30, 30, 30), (1, 30, 30, 30, 30)])
@given(worked)
@some
def test_no_part_of_a_whole_is_hidden_alone(drawn):
    """Else it is what the others leave of the whole."""
    parents = {f"t{n}": f"d{directorate}" for n, (directorate, *_) in enumerate(drawn)}
    counted: Figures = {name: {} for name in ("whole", *PARTS)}
    for n, (_, *people) in enumerate(drawn):
        for name, number in zip(PARTS, people, strict=True):
            if number:
                counted[name][f"t{n}"] = (140.0 * number + 7, 150.0 * number, number, None)
        if any(people):
            counted["whole"][f"t{n}"] = (140.0 * sum(people) + 7 * len(people), 150.0 * sum(people), sum(people), None)
    counted = {name: figures for name, figures in counted.items() if figures}
    if not counted:
        return
    _, [said] = told({name: WHOLE[name] for name in counted}, parents, counted)
    for unit in {unit for name, unit in said if name == "whole"}:
        if said["whole", unit]["shown"] != "yes":
            continue
        there = [said[name, unit]["shown"] for name in PARTS if (name, unit) in said]
        assert there.count("protected") != 1 or len(there) == 1, (unit, there)


# ---- what bounds a part

LONG = {
    "sickness": header("sickness"),
    "long": header("long", disclosure="A", window=12, refresh="quarterly", part_of=("sickness",)),
}
APART = LONG | {"long": header("long", disclosure="A", window=12, refresh="quarterly")}


def test_what_the_whole_says_of_a_hidden_part_is_reckoned_with():
    """Two teams hidden together, one of which hardly lost a day at all: the other's long absences would be all of theirs."""
    parents = dict.fromkeys(("t0", "t1", "t2", "t3", "t4"), "d0") | {"t5": "d1"}
    lost = {"t0": 300, "t1": 12, "t2": 900, "t3": 900, "t4": 900, "t5": 900}
    cases = {"t0": (190, 4), "t1": (6, 1), "t2": (240, 8), "t3": (240, 8), "t4": (240, 8), "t5": (240, 8)}
    counted = {
        "sickness": {team: (float(days), 3000.0, 40, None) for team, days in lost.items()},
        "long": {team: (float(days), 9000.0, 40, people) for team, (days, people) in cases.items()},
    }
    hidden = {}
    for name, headers in {"apart": APART, "linked": LONG}.items():
        _, [said] = told(headers, parents, counted)
        hidden[name] = {team for team in parents if said["long", team]["shown"] != "yes"}
        assert said["sickness", "t1"]["shown"] == "yes"
    assert hidden["apart"] == {"t0", "t1"}
    assert hidden["linked"] > hidden["apart"]


def test_what_was_once_counted_otherwise_is_another_figure():
    """A window of one month that becomes one of three is no value revised for the sake of a few people."""
    parents = dict.fromkeys(("t0", "t1", "t2"), "d0")
    counted = {"long": dict.fromkeys(parents, (240.0, 3000.0, 40, 8))}
    later = {"long": dict.fromkeys(parents, (700.0, 9000.0, 40, 16))}
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        made = History(Path(folder), headers={"long": header("long")})
        for headers, figures in (({"long": header("long")}, counted), ({"long": LONG["long"]}, later)):
            made.headers = headers
            lay_out(con, parents, figures)
            made.publish_from(con, dt.date(2025, 4, 1))
        assert made.attack() == []
