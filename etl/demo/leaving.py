"""Who leaves, moves, goes on maternity leave and is hired, month by month."""

import numpy as np

from etl.demo.absence import Absence
from etl.demo.calendar import Calendar
from etl.demo.staff import (
    CAREER_BREAK,
    DOCTOR,
    FIXED,
    MATERNITY,
    NEVER,
    PERMANENT,
    ROTATIONAL,
    Staff,
)
from etl.demo.work import Work

HAZARD = 0.009  # a month: about 10 % a year
PER_SUPPORT = 1.2  # for each standard deviation less leadership and support
PER_LONG_SHIFTS = 1.05  # for each ten points more of long shifts
MOVES, MATERNITIES, BREAKS = 0.003, 0.0028, 0.0003
DAYS_TO_FILL = 150
HELD_OPEN = NEVER // 2  # a post that is to be filled later than this is not to be filled at all
REASONS = (
    "Voluntary Resignation - Work Life Balance",
    "Voluntary Resignation - Relocation",
    "Voluntary Resignation - Promotion",
    "Voluntary Resignation - Health",
    "Voluntary Resignation - Better Reward Package",
    "Voluntary Resignation - Incompatible Working Relationships",
    "Voluntary Resignation - Other/Not Known",
    "Retirement Age",
    "Flexi Retirement",
    "Retirement - Ill Health",
    "Dismissal - Capability",
    "Employee Transfer",
    "Death in Service",
    "Unknown",
    "End of Fixed Term Contract",
    "End of Fixed Term Contract - External Rotation",
)
SHARES = np.array([0.15, 0.08, 0.1, 0.03, 0.05, 0.02, 0.24, 0.09, 0.04, 0.02, 0.02, 0.03, 0.005, 0.125])
END_OF_TERM, END_OF_ROTATION = REASONS.index("End of Fixed Term Contract"), len(REASONS) - 1
ROTATION_MONTHS = (2, 8)


class Leaving:
    def __init__(self, staff: Staff, calendar: Calendar, absence: Absence, work: Work, random: np.random.Generator):
        self.staff, self.calendar, self.random = staff, calendar, random
        self.absence, self.work = absence, work
        staff.posts.filled_from[staff.posts.holder < 0] += calendar.first
        staff.assignments.reason[: staff.assignments.count] = END_OF_TERM

    def month_begins(self, month: int) -> None:
        day, staff = int(self.calendar.starts[month]), self.staff
        sick = self.absence.sick_until >= day - 7
        long_share = self.absence.long_hours.sum(axis=0) / np.maximum(self.absence.all_hours.sum(axis=0), 1)
        in_post, free = staff.in_post(day), staff.present(day)
        contract = staff.assignments.contract[staff.posts.holder]
        movable = in_post & ~staff.teams.steady[staff.posts.team] & (staff.posts.pair < 0)
        self._go_away(month, free & movable & ~sick & (contract == PERMANENT))
        self._leave(month, staff.present(day) & in_post, contract, long_share)

    def _go_away(self, month: int, can: np.ndarray) -> None:
        """Maternity leave and career breaks, from the first of a month to the last of another."""
        chance = self.random.random(len(can))
        posts = self.staff.posts
        for post in np.flatnonzero(can & (chance < MATERNITIES + BREAKS)):
            back = month + int(self.random.integers(8, 13))
            starts = self.calendar.starts
            posts.away_until[post] = starts[back] - 1 if back < len(starts) else NEVER
            posts.away_as[post] = MATERNITY if chance[post] < MATERNITIES else CAREER_BREAK

    def _leave(self, month: int, can: np.ndarray, contract: np.ndarray, long_share: np.ndarray) -> None:
        staff, random = self.staff, self.random
        team = staff.posts.team
        hazard = HAZARD * PER_SUPPORT ** -staff.teams.support[team] * PER_LONG_SHIFTS ** ((long_share - 0.3) * 10)
        hazard = np.where(staff.teams.steady[team] | (contract != PERMANENT), 0, hazard)
        first, last = int(self.calendar.starts[month]), self.calendar.end(month)
        for post in np.flatnonzero(can & (random.random(len(can)) < hazard)):
            day = last if random.random() < 0.25 else int(random.integers(first, last + 1))
            reason = int(random.choice(len(SHARES), p=SHARES / SHARES.sum()))
            self.leave(post, day, reason)
            pair = staff.posts.pair[post]
            if pair >= 0 and random.random() < 0.5:  # the others give up one of their two posts
                self.leave(int(pair), day, reason)
        if self.calendar.months[month].month in ROTATION_MONTHS:
            wednesday = first + (3 - first) % 7
            for post in np.flatnonzero(can & (contract == ROTATIONAL)):
                self.leave(post, wednesday - 1, END_OF_ROTATION, days_to_fill=1)

    def leave(self, post: int, day: int, reason: int, days_to_fill: int | None = None) -> None:
        held, posts = self.staff.assignments, self.staff.posts
        holder = posts.holder[post]
        if held.ends[holder] != NEVER:
            return
        held.ends[holder], held.left[holder], held.reason[holder] = day, True, reason
        bank = held.on_bank[holder]
        if bank >= 0 and self.random.random() < 0.8:  # the others stay on the bank
            held.ends[bank], held.left[bank], held.reason[bank] = day, True, reason
        if days_to_fill is None:
            days_to_fill = 21 + int(self.random.exponential(DAYS_TO_FILL))
        posts.filled_from[post] = day + days_to_fill

    def week_begins(self, monday: int) -> None:
        """Posts fall vacant and are filled on Mondays; on the first of a month some people move to another post."""
        staff, posts, held = self.staff, self.staff.posts, self.staff.assignments
        gone = np.flatnonzero((posts.holder >= 0) & (held.ends[posts.holder] < monday))
        fixed = held.contract[posts.holder[gone]] == FIXED
        posts.filled_from[gone[fixed]] = held.ends[posts.holder[gone[fixed]]] + 45
        for post in gone:
            pair = int(posts.pair[post])
            if pair >= 0:
                posts.pair[post] = posts.pair[pair] = -1
        posts.holder[gone] = -1
        if monday >= self.calendar.first and monday - self.calendar.starts[self.calendar.month_of(monday)] < 7:
            self._move(monday)
        for post in np.flatnonzero((posts.holder < 0) & (posts.filled_from <= monday)):
            new = staff.hire(post, monday)
            held.reason[new] = END_OF_TERM
            self.absence.new_holder(post)
            self.work.last[post] = self.work.nights[post] = 0

    def _move(self, monday: int) -> None:
        staff, posts, held = self.staff, self.staff.posts, self.staff.assignments
        settled = held.begins[posts.holder] < monday - 180
        stays = held.ends[posts.holder] == NEVER
        steady = staff.teams.steady[posts.team]
        can = staff.present(monday) & settled & stays & ~steady & (posts.pair < 0) & (self.absence.sick_until < monday)
        can &= held.contract[posts.holder] == PERMANENT
        for post in np.flatnonzero(can & (self.random.random(posts.count) < MOVES)):
            vacant = (posts.holder < 0) & (posts.filled_from < HELD_OPEN) & ~steady
            vacant &= (posts.group == posts.group[post]) & (posts.team != posts.team[post])
            if not vacant.any() or posts.group[post] == DOCTOR:
                continue
            self.move(post, int(self.random.choice(np.flatnonzero(vacant))), monday)

    def move(self, post: int, to: int, monday: int) -> None:
        held, posts = self.staff.assignments, self.staff.posts
        before = int(posts.holder[post])
        row = held.row(before) | {"post": to, "begins": monday, "ends": NEVER, "left": False}
        held.ends[before] = monday - 1
        posts.holder[to], posts.holder[post] = held.add(**row), -1
        posts.filled_from[post] = monday + 21 + int(self.random.exponential(DAYS_TO_FILL))
        posts.away_until[to] = 0
        self.absence.new_holder(to, of=post)
        self.work.last[to], self.work.nights[to] = self.work.last[post], self.work.nights[post]
