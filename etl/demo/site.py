"""The ledger's and the wards' own extracts: establishment, and patients at midnight."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from etl.demo.calendar import written
from etl.demo.simulation import Life
from etl.demo.units import UnitNames, existing
from etl.demo.writing import Inbox

NOT_COUNTED = 0.004  # of nights
BEDS_CLOSED = 6  # where the bed change is planted


def establishment(life: Life, inbox: Inbox, unit_names: UnitNames) -> Path:
    """A row a team and month: posts there is money for, filled or not."""
    rows = [["OrganizationName", "Cost Centre", "CensusDate", "FTEBudget", "Headroom %"]]
    teams, posts, calendar = life.teams, life.staff.posts, life.calendar
    for month in range(len(calendar.months)):
        funded = np.bincount(teams.now(month)[posts.team], posts.funded, teams.count)
        for team in existing(teams, month):
            budget = f"{funded[team]:.2f}"
            cells = [unit_names.finance[team], teams.codes[team][1:], written(calendar.end(month)), budget]
            rows.append([*cells, f"{teams.headroom[team]:.1f}"])
    return inbox.write_rows("establishment.csv", rows, inbox.newest)


def patients(life: Life, inbox: Inbox, unit_names: UnitNames, random: np.random.Generator) -> Iterator[Path]:
    """A row a ward and night; blank where nobody counted."""
    teams, calendar = life.teams, life.calendar
    files: dict[int, list[list]] = {}
    for month, first in enumerate(calendar.months):
        rows = files.setdefault(first.year, [["Ward", "Census Date", "Beds", "Patients At Midnight"]])
        beds = np.bincount(teams.now(month), teams.beds, teams.count).astype(int)
        if month >= teams.at["bed change"]:
            beds[teams.places["bed change"]] -= BEDS_CLOSED
        for team in np.flatnonzero(beds):
            full = np.clip(0.9 + 0.03 * teams.demand[month, team], 0.6, 1.0)
            days = range(int(calendar.starts[month]), calendar.end(month) + 1)
            counted = random.binomial(beds[team], full, len(days))
            missed = random.random(len(days)) < NOT_COUNTED
            for day, count, blank in zip(days, counted, missed, strict=True):
                rows.append([unit_names.patients[team], written(day), beds[team], "" if blank else count])
    for year, rows in files.items():
        yield inbox.write_rows(f"patients_{year}.csv", rows, inbox.made_after_year(year))
