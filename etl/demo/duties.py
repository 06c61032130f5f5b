"""Turns what happened in a week into duties: a row each, as a roster system keeps them."""

from dataclasses import dataclass, fields

import numpy as np

from etl.demo.cover import AGENCY, NOBODY, OWN, Gaps
from etl.demo.staff import Staff
from etl.demo.work import BREAKS, DAY, EARLY, ENDS, LATE, LONG, NIGHT, STARTS

TYPES = (
    "", "Early", "Late", "Long day", "Night", "Day", "Annual leave", "Sickness", "Study leave", "Clinical supervision",
    "Reflective practice", "Team time", "Other leave",
)  # fmt: skip
LEAVE, SICK, STUDY, SUPERVISION, REFLECTIVE, TEAM_TIME, OTHER = range(6, 13)
SUBSTANTIVE, BANK, AGENCY_STAFF, OVERTIME, NONE = range(5)
WORKED, UNFILLED, CANCELLED = range(3)
MANDATORY, OPTIONAL, SUPERNUMERARY, NO_REQUIREMENT = range(4)
BY_STAFF, BY_MANAGER, BY_SYSTEM, UNCHANGED = range(4)
NO_TIME = -1
NOT_NEEDED, REDEPLOYED, STUDY_DAYS, OTHER_LEAVE = 0.008, 0.012, 0.016, 0.006  # of duties
SWAPS, BY_SYSTEM_SHARE, EARLY_CHANGES, RECORD_FIXES = 0.04, 0.008, 0.05, 0.02


@dataclass
class Duties:
    """A row a duty. Moments are minutes of local time since day 0, as the clock on the wall shows them."""

    team: np.ndarray
    worked_team: np.ndarray
    who: np.ndarray  # the assignment, -1 for nobody and for agency staff
    group: np.ndarray
    type: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    rest: np.ndarray  # planned break
    began: np.ndarray
    ended: np.ndarray
    rested: np.ndarray  # break taken
    by: np.ndarray
    status: np.ndarray
    requirement: np.ndarray
    changed: np.ndarray
    changed_by: np.ndarray
    lone: np.ndarray

    @classmethod
    def together(cls, parts: list["Duties"]) -> "Duties":
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)))

    def only(self, which: np.ndarray) -> "Duties":
        return Duties(*(getattr(self, f.name)[which] for f in fields(self)))

    @property
    def count(self) -> int:
        return len(self.team)


class Roster:
    def __init__(self, staff: Staff, random: np.random.Generator):
        self.staff, self.random = staff, random
        teams = staff.teams
        self.hours = np.zeros(teams.count, np.int64)
        self.hours[teams.places["clocks changed"]] = 1
        self.partner = self._partners()

    def _partners(self) -> np.ndarray:
        """The team that each lends people to: the next of its kind."""
        kinds = self.staff.teams.kinds
        partner = np.arange(len(kinds))
        for kind in np.unique(kinds):
            same = np.flatnonzero((kinds == kind) & ~self.staff.teams.steady)
            partner[same] = np.roll(same, -1)
        partner[kinds == "non-clinical"] = np.flatnonzero(kinds == "non-clinical")
        return partner

    def _rows(self, day: np.ndarray, code: np.ndarray, **known) -> Duties:
        """Duties with their planned times; whatever is not said is as for a duty nobody changed."""
        count = len(day)
        hours = self.hours[known["team"]]
        values = {
            "worked_team": known["team"],
            "who": np.full(count, -1),
            "type": code,
            "starts": day * 1440 + STARTS[hours, code],
            "ends": day * 1440 + ENDS[hours, code],
            "rest": BREAKS[code],
            "began": np.full(count, NO_TIME),
            "ended": np.full(count, NO_TIME),
            "rested": np.full(count, NO_TIME),
            "by": np.full(count, SUBSTANTIVE),
            "status": np.full(count, WORKED),
            "requirement": np.full(count, NO_REQUIREMENT),
            "changed": np.full(count, NO_TIME),
            "changed_by": np.full(count, UNCHANGED),
            "lone": np.zeros(count, bool),
        } | known
        return Duties(**{f.name: np.asarray(values[f.name]).astype(np.int64) for f in fields(Duties)})

    def absent(self, post: np.ndarray, day: np.ndarray, code: np.ndarray, kind: int) -> Duties:
        """Time off that takes a planned duty's place: leave, sickness, other leave."""
        posts = self.staff.posts
        rows = self._rows(day, code, team=posts.team[post], who=posts.holder[post], group=posts.group[post])
        rows.type[:] = kind
        return rows

    def cover(self, monday: int, gaps: Gaps) -> Duties:
        """Open duties, filled or not."""
        filled = gaps.by != NOBODY
        bank = np.where(self.staff.assignments.on_bank[gaps.who] >= 0, BANK, OVERTIME)
        by = np.select([gaps.by == NOBODY, gaps.by == AGENCY, gaps.by == OWN], [NONE, AGENCY_STAFF, bank], BANK)
        return self._rows(
            monday + gaps.day,
            gaps.code,
            team=gaps.team,
            who=gaps.who,
            group=gaps.group,
            by=by,
            status=np.where(filled, WORKED, UNFILLED),
            requirement=np.full(len(gaps.team), MANDATORY),
        )

    def worked(self, month: np.ndarray, post: np.ndarray, day: np.ndarray, code: np.ndarray) -> list[Duties]:
        """The duties people came for, with the thinking time and study cut out of them; some were called off."""
        posts, teams, random = self.staff.posts, self.staff.teams, self.random
        team, who, group = posts.team[post], posts.holder[post], posts.group[post]
        count = len(post)
        duties = self._rows(day, code, team=team, who=who, group=group)
        clinical = teams.kinds[team] != "non-clinical"
        new = day - self.staff.assignments.joined[who] < 14
        duties.requirement[:] = np.where(new, SUPERNUMERARY, np.where(clinical, MANDATORY, OPTIONAL))

        lost = random.random(count) < teams.thinking_lost[month, team]
        study = (random.random(count) < STUDY_DAYS) & clinical & np.isin(code, (EARLY, LONG, DAY))
        called_off = (random.random(count) < NOT_NEEDED) & ~study & clinical
        think = (
            (random.random(count) < teams.thinking[team])
            & np.isin(code, (EARLY, LATE, LONG, DAY))
            & ~study
            & ~called_off
        )
        lent = (random.random(count) < REDEPLOYED) & ~think & ~study & ~called_off & ~teams.steady[team]
        duties.worked_team[lent] = self.partner[team[lent]]
        duties.status[called_off] = CANCELLED
        duties.lone[:] = (random.random(count) < teams.lone[team]) & (code != NIGHT)

        parts = [self._thinking(duties, think, lost)]
        away = self._rows(
            day[study], np.full(int(study.sum()), DAY), team=team[study], who=who[study], group=group[study]
        )
        away.type[:] = STUDY
        away.status[:] = np.where(lost[study], CANCELLED, WORKED)
        return [duties.only(~study | lost), away, *parts]

    def _thinking(self, duties: Duties, think: np.ndarray, lost: np.ndarray) -> Duties:
        """The last hour of a duty, for supervision and the like; where it is lost, the duty goes on instead."""
        where = np.flatnonzero(think)
        hour = duties.only(where)
        kind = self.random.choice([SUPERVISION, REFLECTIVE, TEAM_TIME], len(where), p=[0.4, 0.25, 0.35])
        hour.type[:] = np.where(self.staff.teams.kinds[hour.team] == "non-clinical", TEAM_TIME, kind)
        hour.starts[:] = hour.ends - 60
        hour.rest[:], hour.lone[:], hour.requirement[:] = 0, 0, NO_REQUIREMENT
        gone = lost[where]
        hour.status[gone] = CANCELLED
        went_on = where[gone]
        duties.began[went_on], duties.ended[went_on] = duties.starts[went_on], duties.ends[went_on]
        duties.ends[where] -= 60
        kept = where[~gone & self.staff.teams.clocked[duties.team[where]]]  # they went on to it without an overrun
        duties.began[kept], duties.ended[kept] = duties.starts[kept], duties.ends[kept]
        return hour

    def record(self, month: np.ndarray, duties: Duties) -> None:
        """Times clocked, breaks noted and late changes, as far as the team records them."""
        random, teams = self.random, self.staff.teams
        count, team = duties.count, duties.team
        duty = duties.type <= DAY
        came = duty & (duties.status == WORKED)
        clocked = came & teams.clocked[team] & (duties.ended == NO_TIME)
        over = random.random(count)
        pressure = 1 + 0.3 * np.clip(teams.demand[month, team], -1, 2)
        late = np.where(over < 0.05 * pressure, 45, np.where(over < 0.2 * pressure, 15, -5))
        minutes = np.where(late > 0, late + random.integers(0, 35, count), random.integers(-5, 10, count))
        minutes = np.where(duties.ends - duties.starts >= 12 * 60, minutes // 3, minutes)
        duties.began[clocked] = (duties.starts - random.integers(-4, 8, count))[clocked]
        duties.ended[clocked] = (duties.ends + minutes)[clocked]

        taken = np.where(random.random(count) < 0.12 * pressure, random.choice([0, 10, 15], count), duties.rest)
        taken = np.where((random.random(count) < 0.2) & (taken == 60), 45, taken)
        noted = came & (teams.breaks[team] == 2) & (random.random(count) < 0.93)
        duties.rested[noted] = taken[noted]
        duties.rested[came & (teams.breaks[team] == 1)] = 30
        self._change(month, duties, duty)

    def _change(self, month: np.ndarray, duties: Duties, duty: np.ndarray) -> None:
        random, count = self.random, duties.count
        late = self.staff.teams.late_changes[month, duties.team]
        ends = np.cumsum(
            [late, *(np.full(count, share) for share in (EARLY_CHANGES, SWAPS, BY_SYSTEM_SHARE, RECORD_FIXES))], axis=0
        )
        which = (random.random(count) > ends).sum(axis=0)
        before = random.random(count)
        days = np.select(
            [which == 0, which == 1, which == 2, which == 3],
            [before**1.5 * 7, 7 + before * 20, before * 20, before * 9],
            -1,
        )
        moment = duties.starts - (days * 1440).astype(np.int64)
        moment -= np.where(moment % 1440 < 360, 360, 0)  # nobody edits a roster in the small hours
        moment = np.where(which == 4, duties.ends + (before * 3000).astype(np.int64), moment)
        filled = (duties.status == WORKED) & ((duties.by == SUBSTANTIVE) | (before < 0.25))
        some = duty & ((filled & (which < 5)) | (duties.status == CANCELLED))
        by = np.array([BY_MANAGER, BY_MANAGER, BY_STAFF, BY_SYSTEM, BY_MANAGER, BY_MANAGER])
        called_off = duties.status == CANCELLED
        moment = np.where(
            called_off & (which == 5), duties.starts - 1440 - (before * 9 * 1440).astype(np.int64), moment
        )
        duties.changed[some] = moment[some]
        duties.changed_by[some] = by[which][some]
