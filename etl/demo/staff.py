"""Makes up the posts of each team and the people who hold them; an assignment is one person's time in one post."""

import datetime as dt
from dataclasses import dataclass, fields

import numpy as np

from etl.demo.calendar import Calendar
from etl.demo.organisation import Teams

NEVER = 9_999_999  # a day that does not come
FULL_TIME_HOURS = 37.5
PERMANENT, FIXED, BANK, ROTATIONAL = range(4)
ACTIVE, MATERNITY, CAREER_BREAK = range(3)
GROUPS = (
    "Nursing and Midwifery Registered",
    "Additional Clinical Services",
    "Allied Health Professionals",
    "Administrative and Clerical",
    "Estates and Ancillary",
    "Medical and Dental",
)
NURSE, SUPPORT, THERAPIST, CLERICAL, ESTATES, DOCTOR = range(6)
REGISTERED = np.array([True, False, True, False, False, True])
ON_SHIFTS = np.array([True, True, False, False, False, False])
MIX = {
    "ward": (0.52, 0.34, 0.04, 0.05, 0.0, 0.05),
    "community": (0.44, 0.26, 0.18, 0.12, 0.0, 0.0),
    "mental health": (0.42, 0.37, 0.08, 0.08, 0.0, 0.05),
    "care home": (0.22, 0.66, 0.0, 0.04, 0.08, 0.0),
    "non-clinical": (0.0, 0.0, 0.0, 0.75, 0.25, 0.0),
}
VACANT, HELD_OPEN = 0.06, 0.04  # of posts on the first day
BANK_WORKERS = 0.11  # to each person in post
TWO_POSTS = 0.012
ON_THE_BANK = 0.3


@dataclass
class Assignments:
    """A row an assignment, in the order they began. Grows as people join."""

    number: np.ndarray  # the person's staff number
    suffix: np.ndarray  # 1 for their first post, 2 for "-2"
    post: np.ndarray  # -1: bank, without a post of their own
    group: np.ndarray
    fte: np.ndarray
    contract: np.ndarray
    joined: np.ndarray  # the organisation
    begins: np.ndarray  # in this post
    ends: np.ndarray  # last day in this post
    left: np.ndarray  # whether its end is the assignment's; else the person moved on to another post
    reason: np.ndarray  # why it ended, by its place in leaving.REASONS
    opted_out: np.ndarray
    year_begins: np.ndarray  # the month, 1 to 12, in which their leave year does
    entitlement: np.ndarray  # hours of leave a year
    taken: np.ndarray  # hours of leave since the leave year began
    on_bank: np.ndarray  # the person's bank assignment, else -1
    count: int = 0

    @classmethod
    def room_for(cls, rows: int) -> "Assignments":
        real = {"fte": float, "entitlement": float, "taken": float, "left": bool, "opted_out": bool}
        return cls(**{f.name: np.zeros(rows, real.get(f.name, np.int64)) for f in fields(cls) if f.name != "count"})

    def add(self, **values) -> int:
        place = self.count
        if place == len(self.number):
            for column in self.columns:
                setattr(self, column, np.concatenate([getattr(self, column), np.zeros_like(getattr(self, column))]))
        for column in self.columns:
            getattr(self, column)[place] = values[column]
        self.count += 1
        return place

    @property
    def columns(self) -> list[str]:
        return [f.name for f in fields(self) if f.name != "count"]

    def row(self, place: int) -> dict:
        return {column: getattr(self, column)[place] for column in self.columns}


@dataclass
class Posts:
    """A row a post, filled or not; people come and go, posts stay."""

    team: np.ndarray
    group: np.ndarray
    funded: np.ndarray  # FTE
    on_shifts: np.ndarray
    holder: np.ndarray  # the assignment, -1 while vacant
    filled_from: np.ndarray  # of a vacant post: the day somebody can start
    away_until: np.ndarray  # maternity or a career break, with its last day
    away_as: np.ndarray
    pair: np.ndarray  # the other post of somebody who holds two, else -1

    @property
    def count(self) -> int:
        return len(self.team)


class Staff:
    """Everybody who works here: posts, assignments and the bank."""

    def __init__(self, teams: Teams, calendar: Calendar, random: np.random.Generator):
        self.teams, self.random = teams, random
        self.people = 0
        self.posts = self._make_posts()
        self.assignments = Assignments.room_for(self.posts.count * 3)
        first = calendar.mondays[0]
        for post in range(self.posts.count):
            if self.posts.holder[post] == 0:
                self.hire(post, first, joined=first - int(random.integers(30, 7300)))
        self._share_people_out(first)
        self.bank = self._hire_bank(first)
        self._join_the_bank(first)

    def _make_posts(self) -> Posts:
        random, teams = self.random, self.teams
        extra = np.where(teams.steady, 0, np.round(teams.people * (VACANT + HELD_OPEN) / (1 - VACANT - HELD_OPEN)))
        team = np.repeat(np.arange(teams.count), (teams.people + extra).astype(int))
        count = len(team)
        group = np.empty(count, np.int64)
        for kind, mix in MIX.items():
            of_kind = teams.kinds[team] == kind
            group[of_kind] = random.choice(len(GROUPS), int(of_kind.sum()), p=mix)
        place = np.arange(count) - np.searchsorted(team, team)
        filled = place < teams.people[team]
        held = random.random(count) < HELD_OPEN / (VACANT + HELD_OPEN)
        soon = 1 + random.exponential(150, count).astype(np.int64)
        return Posts(
            team=team,
            group=group,
            funded=random.choice([1.0, 0.8, 0.6], count, p=[0.62, 0.2, 0.18]),
            on_shifts=ON_SHIFTS[group] & np.isin(teams.kinds[team], ("ward", "mental health", "care home")),
            holder=np.where(filled, 0, -1),
            filled_from=np.where(held, NEVER, soon),  # from the first day, which hire_due adds
            away_until=np.zeros(count, np.int64),
            away_as=np.zeros(count, np.int64),
            pair=np.full(count, -1),
        )

    def new_number(self) -> int:
        """Six or seven digits in no order, all different: ESR writes eight, with zeros before them."""
        self.people += 1
        return self.people * 7919 % 9_000_000 + 123_457

    def hire(self, post: int, day: int, joined: int | None = None) -> int:
        random, posts = self.random, self.posts
        group, fte = int(posts.group[post]), float(posts.funded[post])
        kind = random.random()
        steady = self.teams.steady[posts.team[post]]
        contract = ROTATIONAL if group == DOCTOR and kind < 0.6 else FIXED if kind < 0.04 and not steady else PERMANENT
        days = random.choice([35, 37, 41], p=[0.35, 0.3, 0.35])  # with bank holidays
        posts.holder[post] = self.assignments.add(
            number=self.new_number(),
            suffix=1,
            post=post,
            group=group,
            fte=fte,
            contract=contract,
            joined=day if joined is None else joined,
            begins=day,
            ends=NEVER if contract != FIXED else day + int(random.integers(200, 720)),
            left=contract == FIXED,
            reason=0,
            opted_out=random.random() < 0.06,
            year_begins=4 if random.random() < 0.85 else int(random.integers(1, 13)),
            entitlement=days * fte * FULL_TIME_HOURS / 5,
            taken=0.0,
            on_bank=-1,
        )
        held, new = self.assignments, int(posts.holder[post])
        # Somebody who joins in the middle of a leave year has no share in what is gone of it.
        gone = (dt.date.fromordinal(day).month - held.year_begins[new]) % 12 / 12
        held.taken[new] = np.round(held.entitlement[new] * gone, 1)
        return int(posts.holder[post])

    def _share_people_out(self, day: int) -> None:
        """A few hold two part posts in two teams: one the first half of the week, the other the second."""
        posts, held = self.posts, self.assignments
        free = np.flatnonzero(
            (posts.holder >= 0)
            & (posts.funded < 1)
            & ~self.teams.steady[posts.team]
            & (held.contract[posts.holder] == PERMANENT)
            & ~np.isin(posts.group, (DOCTOR,))
        )
        free = self.random.permutation(free)
        for first in free[: max(3, round(TWO_POSTS * posts.count))]:
            others = free[(posts.group[free] == posts.group[first]) & (posts.team[free] != posts.team[first])]
            others = others[posts.pair[others] < 0]
            if posts.pair[first] >= 0 or not len(others):
                continue
            second = int(others[-1])
            one, two = int(posts.holder[first]), int(posts.holder[second])
            for column in ("number", "joined", "opted_out", "year_begins"):
                getattr(held, column)[two] = getattr(held, column)[one]
            held.suffix[two] = 2
            for post in (first, second):
                held.fte[posts.holder[post]] = posts.funded[post] = 0.4
                held.entitlement[posts.holder[post]] = 37 * 0.4 * FULL_TIME_HOURS / 5
            posts.pair[first], posts.pair[second] = second, first

    def _hire_bank(self, day: int) -> np.ndarray:
        """People who work for the bank alone; they stand under the bank office."""
        count = round(BANK_WORKERS * int(self.teams.people.sum()))
        return np.array([self._join(self.new_number(), 1, int(self.random.random() < 0.5), day) for _ in range(count)])

    def _join_the_bank(self, day: int) -> None:
        """Some have a bank assignment beside their own."""
        held, posts = self.assignments, self.posts
        first_posts = [int(a) for a in posts.holder if a >= 0 and held.suffix[a] == 1]
        for own in first_posts:
            if self.random.random() < ON_THE_BANK and held.contract[own] == PERMANENT:
                two = posts.pair[held.post[own]] >= 0
                number, group = int(held.number[own]), int(held.group[own])
                held.on_bank[own] = self._join(number, 3 if two else 2, group, day)

    def _join(self, number: int, suffix: int, group: int, day: int) -> int:
        return self.assignments.add(
            number=number,
            suffix=suffix,
            post=-1,
            group=group,
            fte=0.1,
            contract=BANK,
            joined=day - int(self.random.integers(30, 2000)),
            begins=day,
            ends=NEVER,
            left=False,
            reason=0,
            opted_out=self.random.random() < 0.1,
            year_begins=4,
            entitlement=0.0,
            taken=0.0,
            on_bank=-1,
        )

    def present(self, day: int) -> np.ndarray:
        """Of each post, whether somebody is in it and not away on leave of many months."""
        return self.in_post(day) & (self.posts.away_until < day)

    def in_post(self, day: int) -> np.ndarray:
        holder = self.posts.holder
        return (holder >= 0) & (self.assignments.begins[holder] <= day) & (self.assignments.ends[holder] >= day)
