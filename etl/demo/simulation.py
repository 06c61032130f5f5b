"""Lives through the weeks of Northmere: rosters, sickness, leave, leaving and cover, and what the systems note of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from etl.demo.absence import CODES, STRESS, Absence, Leave
from etl.demo.calendar import Calendar, clock_changes
from etl.demo.cover import NOBODY, Cover, Gaps
from etl.demo.duties import LEAVE as ON_LEAVE
from etl.demo.duties import OTHER, OTHER_LEAVE, SICK, Duties, Roster
from etl.demo.leaving import HELD_OPEN, REASONS, Leaving
from etl.demo.organisation import Teams
from etl.demo.staff import ACTIVE, NURSE, REGISTERED, SUPPORT, Staff
from etl.demo.work import EARLY, HOURS, LATE, NIGHT, OFF, Work

DAYS = np.arange(7)
COMMUNITY_GAPS = 0.6  # of the duties nobody comes for in the community, how many somebody else must take over
SICK_BEFORE_LEAVING = 45  # days, of the leaver whom differences would expose


@dataclass
class Snapshot:
    """Who is in post on the last day of a month, a row an assignment."""

    month: int
    assignment: np.ndarray
    team: np.ndarray
    status: np.ndarray
    taken: np.ndarray


@dataclass
class Life:
    """What became of Northmere, beside its duties."""

    teams: Teams
    staff: Staff
    calendar: Calendar
    snapshots: list[Snapshot] = field(default_factory=list)
    absence: Absence | None = None


class Simulation:
    def __init__(self, teams: Teams, calendar: Calendar, random: np.random.Generator):
        self.teams, self.calendar, self.random = teams, calendar, random
        self.staff = Staff(teams, calendar, random)
        self.work, self.absence = Work(self.staff, random), Absence(self.staff, random)
        self.leave, self.cover, self.roster = (
            Leave(self.staff, random),
            Cover(self.staff, random),
            Roster(self.staff, random),
        )
        self.leaving = Leaving(self.staff, calendar, self.absence, self.work, random)
        self.life = Life(teams, self.staff, calendar, absence=self.absence)
        posts, clinical = self.staff.posts, np.isin(self.staff.posts.group, (NURSE, SUPPORT))
        community = clinical & (teams.kinds[posts.team] == "community")
        self.gap_chance = np.where(posts.on_shifts, 1.0, np.where(community, COMMUNITY_GAPS, 0.0))
        self.clocks = {day - 6 for day in clock_changes(calendar.first, calendar.last)}

    def months(self) -> Iterator[tuple[int, Duties]]:
        """Each month's duties, as soon as it is over; `life` is whole when the last has been given."""
        waiting: list[Duties] = []
        done = 0
        for monday in self.calendar.mondays:
            if (week := self._week(monday)) is not None:
                waiting.append(week)
            while done < len(self.calendar.months) and self.calendar.end(done) <= monday + 6:
                duties = Duties.together(waiting)
                ends = self.calendar.starts[done + 1] * 1440
                yield done, duties.only(duties.starts < ends)
                waiting, done = [duties.only(duties.starts >= ends)], done + 1

    def _week(self, monday: int) -> Duties | None:
        calendar, posts = self.calendar, self.staff.posts
        months = calendar.month_of(monday + DAYS)
        self.leaving.week_begins(monday)
        for month in np.flatnonzero((calendar.starts[:-1] >= monday) & (calendar.starts[:-1] < monday + 7)):
            self.leaving.month_begins(int(month))
        self._plant_leaver(monday)
        on_leave = self.leave.week(monday, calendar.months[months[0]].month) & (self.absence.sick_until < monday)
        codes = self.work.plan(int(months[0]), on_leave)
        if monday in self.clocks:
            self._plant_clocks(codes, on_leave)

        present, sick = np.empty(codes.shape, bool), np.empty(codes.shape, bool)
        for number in DAYS:
            day, month = monday + int(number), int(months[number])
            if day == calendar.starts[month]:
                self.leave.month_begins(calendar.months[month].month)
            present[:, number] = self.staff.present(day)
            duty = np.where(present[:, number] & ~on_leave, codes[:, number], OFF)
            off = self.absence.day(day, month, calendar.months[month].month, duty)
            sick[:, number] = off & present[:, number]
            self.absence.day_ended(day, np.where(off, OFF, duty))
            if day == calendar.end(month):
                self._snapshot(month, day)
        taken = (codes * (present & on_leave[:, None] & ~sick)) > 0
        held = posts.holder[taken.any(axis=1)]
        self.staff.assignments.taken[held] += (HOURS[codes] * taken).sum(axis=1)[taken.any(axis=1)]

        before = np.column_stack([self.work.last, codes[:, :-1]])
        free = present & ~sick & ~on_leave[:, None] & (before != NIGHT)
        last = codes[:, 6].copy()
        self.work.week_ended(last, np.where(last == NIGHT, np.maximum(self.absence.nights, 1), 0))
        if monday + 6 < calendar.first:
            return None
        came = (codes > OFF) & present & ~sick & ~on_leave[:, None]
        gaps = self._gaps(months, codes, came, present & ~sick | on_leave[:, None])
        self.cover.fill(monday, months, gaps, codes, free)
        sunday_night = (gaps.post >= 0) & (gaps.day == 6)
        self.work.last[gaps.post[sunday_night]] = gaps.code[sunday_night]
        self._look_back(came, codes, gaps)
        return self._note(monday, months, codes, came, taken, (codes > OFF) & sick, gaps)

    def _gaps(self, months: np.ndarray, codes: np.ndarray, came: np.ndarray, covered: np.ndarray) -> Gaps:
        """Planned duties that nobody is there for, and those asked for beyond the plan."""
        random, posts = self.random, self.staff.posts
        more = self.teams.extra[months[None, :], posts.team[:, None]]
        chance = np.where(came, more, np.where((codes > OFF) & ~covered, 1.0, 0.0)) * self.gap_chance[:, None]
        post, day = np.nonzero(random.random(codes.shape) < chance)
        empty = np.full(len(post), -1)
        return Gaps(
            posts.team[post],
            day,
            codes[post, day].astype(np.int64),
            posts.group[post],
            empty.copy(),
            empty.copy(),
            empty,
        )

    def _look_back(self, came: np.ndarray, codes: np.ndarray, gaps: Gaps) -> None:
        """How short of hands each team was this week, and how skilled: it weighs on the next."""
        posts, count = self.staff.posts, self.teams.count
        worked = np.bincount(posts.team, came.sum(axis=1), count)
        registered = np.bincount(posts.team, came.sum(axis=1) * REGISTERED[posts.group], count)
        unfilled = np.bincount(gaps.team, gaps.by == NOBODY, count)
        self.absence.understaffed = unfilled / np.maximum(worked + np.bincount(gaps.team, minlength=count), 1)
        self.absence.skill_mix = np.where(worked > 0, registered / np.maximum(worked, 1), 0.55)

    def _note(self, monday: int, months: np.ndarray, codes, came, taken, sick, gaps: Gaps) -> Duties:
        """The week's duties. `came`, `taken` (leave) and `sick` say of each post and day what became of its planned duty."""
        parts = [self.roster.cover(monday, gaps)]
        for which, kind in ((taken, ON_LEAVE), (sick, SICK)):
            post, day = np.nonzero(which)
            parts.append(self.roster.absent(post, monday + day, codes[post, day].astype(np.int64), kind))
        post, day = np.nonzero(came)
        code, other = codes[post, day].astype(np.int64), self.random.random(len(post)) < OTHER_LEAVE
        parts.append(self.roster.absent(post[other], monday + day[other], code[other], OTHER))
        post, day, code = post[~other], day[~other], code[~other]
        parts += self.roster.worked(months[day], post, monday + day, code)
        duties = Duties.together(parts)
        inside = (duties.starts >= self.calendar.first * 1440) & (duties.starts < (self.calendar.last + 1) * 1440)
        duties = duties.only(inside)
        month = self.calendar.month_of(duties.starts // 1440)
        self.roster.record(month, duties)
        for number in np.unique(month):  # a merged team's duties are its successor's
            now, which = self.teams.now(int(number)), month == number
            duties.team[which], duties.worked_team[which] = now[duties.team[which]], now[duties.worked_team[which]]
        return duties

    def _snapshot(self, month: int, day: int) -> None:
        posts, held = self.staff.posts, self.staff.assignments
        post = np.flatnonzero(self.staff.in_post(day))
        own = posts.holder[post]
        bank = np.flatnonzero((held.post[: held.count] < 0) & (held.ends[: held.count] >= day))
        office = np.full(len(bank), self.teams.places["bank office"])
        self.life.snapshots.append(
            Snapshot(
                month,
                np.concatenate([own, bank]),
                np.concatenate([self.teams.now(month)[posts.team[post]], office]),
                np.concatenate(
                    [np.where(posts.away_until[post] >= day, posts.away_as[post], ACTIVE), np.zeros_like(bank)]
                ),
                np.concatenate([held.taken[own], np.zeros(len(bank))]),
            )
        )

    def _plant_leaver(self, monday: int) -> None:
        """One of twelve is off with stress for some weeks and leaves; nobody follows. Eleven and twelve then differ by one."""
        day = self.calendar.starts[self.teams.at["one leaver"]] + 16
        if not monday <= day - SICK_BEFORE_LEAVING < monday + 7:
            return
        posts = self.staff.posts
        can = (posts.team == self.teams.places["one leaver"]) & (self.absence.sick_until < monday) & (posts.pair < 0)
        post = np.flatnonzero(can & (posts.group == NURSE))[:1]
        self.absence.record(post, monday, np.full(1, day), np.array([CODES.index(STRESS)]))
        self.leaving.leave(
            int(post[0]), int(day), REASONS.index("Voluntary Resignation - Health"), days_to_fill=HELD_OPEN
        )

    def _plant_clocks(self, codes: np.ndarray, on_leave: np.ndarray) -> None:
        """The weekend the clocks change: two people of one house work a late on Saturday and an early on Sunday."""
        posts = self.staff.posts
        house = posts.on_shifts & (posts.team == self.teams.places["clocks changed"]) & ~on_leave
        for post in np.flatnonzero(house & (codes != NIGHT).all(axis=1) & (posts.holder >= 0))[:2]:
            codes[post, 5], codes[post, 6] = LATE, EARLY
