"""The attacker knows nothing that no release gives: where nothing is told, it works out nothing."""

import datetime as dt
import os

import numpy as np
import pytest

from etl.disclosure.attack.programme import intervals, matrix
from etl.disclosure.time import frozen_size
from tests.conftest import table

TEAMS = [
    *(("ORG", "Northmere", "Trust", ""), ("D1", "Adult care", "directorate", "ORG")),
    *(("T01", "Alder Ward", "team", "D1"), ("T02", "Birch Ward", "team", "D1")),
]
STAFF = [
    *(
        "Employee Number",
        "Assignment Number",
        "Organisation",
        "Census Date",
        "FTE",
        "Staff Group",
        "Assignment Category",
    ),
    *("Assignment Status", "Latest Start Date"),
]
SICKNESS = [
    *("Employee Number", "Assignment Number", "Organisation", "FTE", "Absence Type", "Absence Reason"),
    *("Absence Start Date", "Absence End Date"),
]
SPELLS = [
    *((7000, "T02", "06/01/2025", "07/01/2025"), (8000, "T01", "02/03/2026", "21/03/2026")),
    (7001, "T02", "08/06/2026", "09/06/2026"),
]
SIZES = {"T01": range(8000, 8008), "T02": range(7000, 7015)}  # the people of each team


def month_ends(first: dt.date, months: int) -> list[str]:
    begins = [dt.date(first.year + (first.month + n) // 12, (first.month + n) % 12 + 1, 1) for n in range(months)]
    return [(begin - dt.timedelta(days=1)).strftime("%d/%m/%Y") for begin in begins]


def test_a_rate_of_which_nothing_is_told_is_no_finding(engine):
    """Days for each episode have no greatest value; the attacker may not make one up."""
    posts = [
        (person, person, team, day, 1, "Nursing", "Permanent", "Active Assignment", "01/09/2019")
        for day in month_ends(dt.date(2025, 1, 1), 18)
        for team, people in SIZES.items()
        for person in people
    ]
    ill = [(person, person, team, 1, "Sickness", "S13 Cold", *days) for person, team, *days in SPELLS]
    units = table(["Unit", "Title", "Level", "Parent", "From", "To"], [(*each, "", "") for each in TEAMS])
    for name, text in {"teams": units, "staff": table(STAFF, posts), "sickness": table(SICKNESS, ill)}.items():
        os.utime(engine.drop(f"{name}.csv", text))  # arrived today: everything that it tells of is settled
    built = engine.run("build")
    assert built.code == 0, built.said
    shown = engine.ask("SELECT count(*) FROM mart.value WHERE indicator = 'days_per_episode' AND shown = 'yes'")
    hidden = engine.ask("SELECT count(*) FROM mart.value WHERE indicator = 'days_per_episode' AND shown = 'protected'")
    assert shown == [(0,)] and hidden[0][0] > 0
    said = engine.run("check", "--attack")
    assert "1 releases, and nothing hidden in them could be worked out." in said.said
    assert said.code == 0


@pytest.mark.parametrize("need", [1.0, 50.0, 1e6])
def test_an_unknown_without_a_bound_has_none(need):
    """Two unknowns that add up to 10 at the most, and a third that no sum bounds."""
    stands = matrix([[0, 1], [2]], 3)
    targets = matrix([[0], [2], [0, 2]], 3)
    least, most = intervals(stands, np.array([4.0, 0]), np.array([10.0, np.inf]), targets, np.full(3, need))
    assert least[[1, 2]].tolist() == [0, 0] and most[[1, 2]].tolist() == [np.inf, np.inf]
    assert most[0] - least[0] == pytest.approx(10, abs=1e-4) or need <= most[0] - least[0]


def test_what_lies_under_an_unbounded_sum_is_bounded_by_its_own():
    stands = matrix([[0, 1], [0]], 2)
    least, most = intervals(stands, np.array([0.0, 2]), np.array([np.inf, 3]), matrix([[0]], 2), np.array([5.0]))
    assert (least[0], most[0]) == (pytest.approx(2, abs=1e-4), pytest.approx(3, abs=1e-4))


def test_a_group_of_which_no_month_is_settled_yet_has_no_sizes():
    assert frozen_size(np.zeros((4, 0)), np.array([], dtype="datetime64[M]"), 3).shape == (4, 0)
