"""Makes up Northmere's kindness survey: who answers, what they say, and the teams planted in each of the four frames.

A team's circle is 6.5 + 0.6 × support − 0.4 × pressure of the three months before, with some luck of the wave (§5.2 of the
project's reference); people differ about it by 1.8 points, agree more readily than not, and answer more where they trust.
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from etl.config.contracts import read
from etl.demo.organisation import FRAMES, Teams
from etl.demo.simulation import Life
from etl.demo.staff import BANK
from etl.demo.units import existing
from etl.demo.writing import Inbox
from etl.paths import EXPECTATIONS

SOURCE = "survey_answers"
QUARTER_ENDS = (3, 6, 9, 12)
OPEN_FROM, OPEN_TO = 5, 26  # days of the month
FIRST_WAVE = 3  # months before it
CENTRE, SUPPORT, PRESSURE, WAVE_LUCK, PERSON, NODE, ANSWER, AGREEING = 6.5, 0.6, -0.4, 0.3, 1.8, 0.35, 1.2, 0.7
RESPONSE, MORE_WITH_TRUST, PLANTED_RESPONSE = 0.55, 0.06, 0.78
PLANTED_KINDNESS = {"stretched_holding": 2.1, "stretched_fraying": -1.1, "steady_kind": 1.5, "steady_other": -1.6}
CANNOT_SAY, NOT_THEIR_WORK, BLANK = 0.02, 0.85, 0.015
CARE_ITEMS = ("C05", "C07", "C09", "C10", "C11", "C12")
CONSTRUCTS = {  # how far from the circle as a whole the organisation lies
    "circle.attentiveness": -0.9, "circle.kindness": 0.5, "circle.alliance": 0.3, "hinders.society": -2.2,
    "hinders.over_shoulders": -0.8, "hinders.organisation": -1.2, "hinders.troubled_team": 0.6, "helps.management": -0.9,
    "helps.other_services": -1.1, "helps.team_setting": -0.6,
}  # fmt: skip
NUMBERS_FROM = 4  # the survey tool wrote words until this wave, then numbers
NEVER_LOADED = ("Response ID", "Started", "IP Address", "Browser")  # what such an export holds beside the answers


def pressure_before(teams: Teams, month: int) -> np.ndarray:
    """The latent pressure of each team over the three months before a month, in standard deviations."""
    strain = (teams.demand - teams.demand.mean()) / teams.demand.std() + teams.strain
    return strain[max(0, month - 3) : month].mean(axis=0)


class Survey:
    """`today` decides which waves are over: the newest extracts are those of the inbox."""

    def __init__(self, life: Life, inbox: Inbox, random: np.random.Generator):
        self.life, self.inbox, self.random = life, inbox, random
        self.asked = read(EXPECTATIONS / SOURCE).questionnaire
        teams = life.teams
        self.nodes = {
            construct: random.normal(0, NODE, teams.count) + CONSTRUCTS.get(construct, 0)
            for construct in dict.fromkeys(question.construct for question in self.asked.questions)
        }
        self.waves = [
            number
            for number, month in enumerate(life.calendar.months)
            if month.month in QUARTER_ENDS and number >= FIRST_WAVE
        ]

    def extracts(self) -> Iterator[Path]:
        """A file of answers a wave, then one of the waves."""
        waves = [["Team", "Opened", "Closed", "Eligible staff"]]
        for number, month in enumerate(self.waves):
            first = self.life.calendar.months[month]
            eligible = self._eligible(month)
            days = (first.replace(day=OPEN_FROM), first.replace(day=OPEN_TO))
            titles = self.life.teams.titles
            for team in existing(self.life.teams, month):
                waves.append([titles[team], *(f"{day:%d/%m/%Y}" for day in days), int(eligible[team])])
            rows = self._sheets(month, number, eligible)
            name = f"kindness_survey_{first:%Y-%m}.csv"
            yield self.inbox.write_rows(name, rows, self.inbox.made_after(month, 2))
        made = self.inbox.made_after(self.waves[-1], 2) if self.waves else self.inbox.newest
        yield self.inbox.write_rows("survey_waves.csv", waves, made)

    def _eligible(self, month: int) -> np.ndarray:
        """How many people of each team are in post when the month ends."""
        snap = self.life.snapshots[month]
        own = self.life.staff.assignments.contract[snap.assignment] != BANK
        return np.bincount(snap.team[own], minlength=self.life.teams.count)

    def circle(self, month: int) -> np.ndarray:
        """What each team's circle truly is in a month, without the luck of the wave."""
        teams = self.life.teams
        planted = np.array([PLANTED_KINDNESS.get(teams.frames.get(team, ""), np.nan) for team in range(teams.count)])
        own = np.where(np.isnan(planted), SUPPORT * teams.support, planted)
        return CENTRE + own + PRESSURE * pressure_before(teams, month)

    def _sheets(self, month: int, number: int, eligible: np.ndarray) -> list[list]:
        random, teams, first = self.random, self.life.teams, self.life.calendar.months[month]
        level = self.circle(month) + random.normal(0, WAVE_LUCK, teams.count)
        reply = np.clip(RESPONSE + MORE_WITH_TRUST * (level - CENTRE), 0.35, 0.75)
        for team in teams.frames:
            reply[team] = PLANTED_RESPONSE
        count = random.binomial(eligible, reply)
        team = random.permutation(np.repeat(np.arange(teams.count), count))
        person, agreeing = random.normal(0, PERSON, len(team)), random.normal(AGREEING / 2, AGREEING, len(team))
        options = list(self.asked.options)
        columns = []
        for question in self.asked.questions:
            true = level[team] + self.nodes[question.construct][team] + person + random.normal(0, ANSWER, len(team))
            said = (10 - true if question.reversed else true) + agreeing
            place = np.clip(np.round(said / 2.5), 0, 4).astype(int)
            spelled = [self.asked.options[points][number >= NUMBERS_FROM] for points in options]
            words = [spelled[each] for each in place]
            not_theirs = (teams.kinds[team] == "non-clinical") & (question.code in CARE_ITEMS)
            chance = random.random(len(team))
            cannot = chance < np.where(not_theirs, NOT_THEIR_WORK, CANNOT_SAY)
            empty = random.random(len(team)) < BLANK
            columns.append(
                [
                    "" if e else self.asked.cannot_say[2] if c else w
                    for w, c, e in zip(words, cannot, empty, strict=True)
                ]
            )
        codes = [question.code for question in self.asked.questions]
        rows: list[list] = [[*NEVER_LOADED, "Team", "Wave", *codes]]
        for sheet, (where, *answers) in enumerate(zip(team.tolist(), *columns, strict=True)):
            started = dt.datetime(first.year, first.month, OPEN_FROM + sheet % 20, 8 + sheet % 11, sheet % 60)
            never = [
                f"R_{number:02}{sheet:05}",
                started.isoformat(sep=" "),
                f"192.0.2.{sheet % 250}",
                "Made-up browser",
            ]
            rows.append([*never, teams.titles[where], f"{first:%Y-%m}", *answers])
        return rows

    def truth(self) -> dict:
        """What must come out: which team was planted in which frame, and how long pressure takes to be felt."""
        teams, months = self.life.teams, self.life.calendar.months
        return {
            "waves": [f"{months[month]:%Y-%m}" for month in self.waves],
            "frames": {
                frame: [teams.codes[team] for team, planted in sorted(teams.frames.items()) if planted == frame]
                for frame in FRAMES
            },
            "frames_from": f"{months[teams.at['frames']]:%Y-%m}",
            "lag_months": [1, 3],
            "sickness_lag_months": [teams.at["sickness follows"], teams.at["sickness follows"] + 1],
            "says": "Kindness follows the pressure of the three months before; absences begin two months after it, and last.",
        }
