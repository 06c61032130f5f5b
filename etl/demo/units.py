"""What each system calls each team, and the extracts that say so: teams.csv and crosswalk.csv."""

import numpy as np

from etl.demo import names
from etl.demo.calendar import Calendar, written
from etl.demo.organisation import Teams

UNKNOWN_NAME = "ZZZZ OLD Ward 9 (Pre 27.07.20)"  # which no crosswalk knows


class UnitNames:
    """The names by system; ESR's change when a team moves to another directorate."""

    def __init__(self, teams: Teams):
        self.teams = teams
        self.health_roster = [
            f"N - {title}" if kind in ("ward", "mental health", "care home") else title
            for title, kind in zip(teams.titles, teams.kinds, strict=True)
        ]
        self.finance = [f"{title.upper()} ({code[1:]})" for title, code in zip(teams.titles, teams.codes, strict=True)]
        self.patients = [title.upper().replace(" WARD", "") for title in teams.titles]

    def esr(self, month: int) -> list[str]:
        return [self._esr(team, self.teams.directorate(team, month)) for team in range(self.teams.count)]

    def _esr(self, team: int, directorate: str) -> str:
        return f"{names.TRUST_NUMBER} {self.teams.titles[team]} - {names.DIRECTORATES[directorate]} Level 5"

    def crosswalk(self, calendar: Calendar) -> list[list]:
        rows = [["System", "Name", "Unit"]]
        for team, code in enumerate(self.teams.codes):
            esr = dict.fromkeys(self.esr(month)[team] for month in (0, len(calendar.months) - 1))
            rows += [["ESR", name, code] for name in esr]
            if self.health_roster[team] != self.teams.titles[team]:
                rows.append(["HealthRoster", self.health_roster[team], code])
            rows.append(["Finance ledger", self.finance[team], code])
            if self.teams.beds[team]:
                rows.append(["Patient administration", self.patients[team], code])
        return rows


def hierarchy(teams: Teams, calendar: Calendar) -> list[list]:
    """A row a unit, but two for the team that moved."""
    rows = [["Unit", "Title", "Level", "Parent", "From", "To", "Successor"]]
    rows.append([names.ORGANISATION, names.ORGANISATION_TITLE, "Trust", "", "", "", ""])
    rows += [[code, title, "Directorate", names.ORGANISATION, "", "", ""] for code, title in names.DIRECTORATES.items()]
    merged, moved = teams.places["merged"], teams.places["moved"]
    for team, (code, title) in enumerate(zip(teams.codes, teams.titles, strict=True)):
        level, place = "Ward" if teams.kinds[team] == "ward" else "Team", teams.directorates[team]
        if team == merged:
            until = written(calendar.starts[teams.at["merged"]] - 1)
            rows.append([code, title, level, place, "", until, teams.codes[teams.places["merged into"]]])
        elif team == moved:
            since = int(calendar.starts[teams.at["moved"]])
            rows.append([code, title, level, place, "", written(since - 1), ""])
            rows.append([code, title, level, teams.directorate(team, len(calendar.months)), written(since), "", ""])
        else:
            rows.append([code, title, level, place, "", "", ""])
    return rows


def existing(teams: Teams, month: int) -> np.ndarray:
    """The teams that are there in a month."""
    return np.unique(teams.now(month))
