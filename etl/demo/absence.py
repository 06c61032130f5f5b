"""Who falls sick on which day, for how long and why, and who is on leave.

The odds are those found in studies of rotas and sickness (E1-E8 of the project's evidence); what they start from is
scaled, once, to give the national rate of about 4.9 %.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from etl.demo.staff import FULL_TIME_HOURS, NURSE, REGISTERED, SUPPORT, Staff
from etl.demo.work import DAY, EARLY, HOURS, LATE, LONG, NIGHT, OFF

START_REGISTERED, START_SUPPORT = 0.014, 0.020  # a worked shift, from four English trusts
SCALED = 0.55  # by this, since part of it is in the odds already
CAP = np.log(2.5)  # effects overlap
LONG_SHARE, UNDERSTAFFED, PART_TIME, AFTER_NIGHT, AFTER_EVENING, QUICK_RETURN, TWO_NIGHTS, FOUR_NIGHTS, SKILL_MIX = (
    np.log([1.02, 1.02, 1.09, 1.22, 0.89, 1.059, 1.24, 1.54, 0.98])
)
SHORT, GEOMETRIC_MEAN, LONG_MEDIAN, LONG_SPREAD, LONGEST = 0.88, 3.5, 35, 0.8, 365
STRESS, UNKNOWN = "S10", "S99"
REASONS = {  # the weight of each among short absences, and among long ones
    "S10 Anxiety/stress/depression/other psychiatric illnesses": (0.12, 0.42),
    "S11 Back Problems": (0.06, 0.08),
    "S12 Other musculoskeletal problems": (0.07, 0.15),
    "S13 Cold Cough Flu - Influenza": (0.27, 0.03),
    "S15 Chest & respiratory problems": (0.05, 0.04),
    "S16 Headache / migraine": (0.07, 0.01),
    "S17 Benign and malignant tumours cancers": (0.005, 0.06),
    "S19 Heart cardiac & circulatory problems": (0.01, 0.04),
    "S21 Ear nose throat (ENT)": (0.03, 0.01),
    "S25 Gastrointestinal problems": (0.22, 0.05),
    "S26 Genitourinary & gynaecological disorders": (0.03, 0.05),
    "S28 Injury fracture": (0.03, 0.10),
    "S30 Pregnancy related disorders": (0.02, 0.03),
    "S98 Other known causes - not elsewhere classified": (0.035, 0.04),
    "S99 Unknown causes / Not specified": (0.0, 0.0),  # by team
}
CODES = [reason[:3] for reason in REASONS]
WINTER, WINTER_MORE = (12, 1, 2), 1.3  # of S13 and S15


@dataclass
class Spells:
    """Every spell of sickness, a row each."""

    assignment: np.ndarray
    team: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    reason: np.ndarray  # its place in REASONS


class Lengths:
    """Lengths of absence in days, dealt from a shuffled deck that holds the mixture: a few very long ones more or less would
    otherwise move the rate of a whole organisation."""

    CARDS = 1000

    def __init__(self, random: np.random.Generator):
        self.random = random
        short = round(SHORT * self.CARDS)
        shares = (np.arange(short) + 0.5) / short
        few = np.ceil(np.log(1 - shares) / np.log(1 - 1 / GEOMETRIC_MEAN))
        many = [NormalDist().inv_cdf((card + 0.5) / (self.CARDS - short)) for card in range(self.CARDS - short)]
        deck = np.concatenate([few, np.exp(np.log(LONG_MEDIAN) + LONG_SPREAD * np.array(many))])
        self.deck = np.clip(np.round(deck), 1, LONGEST).astype(np.int64)
        self.left = self.deck[:0]

    def deal(self, count: int) -> np.ndarray:
        while len(self.left) < count:
            self.left = np.concatenate([self.left, self.random.permutation(self.deck)])
        dealt, self.left = self.left[:count], self.left[count:]
        return dealt


class Absence:
    def __init__(self, staff: Staff, random: np.random.Generator):
        self.staff, self.random = staff, random
        self.lengths = Lengths(random)
        count = staff.posts.count
        self.sick_until = np.zeros(count, np.int64)
        self.long_hours, self.all_hours = np.zeros((7, count)), np.zeros((7, count))
        self.quick = np.zeros((30, count), np.int8)
        self.yesterday = np.zeros(count, np.int8)
        self.nights = np.zeros(count, np.int64)
        self.two_nights, self.four_nights = np.full(count, -99), np.full(count, -99)
        self.understaffed = np.full(staff.teams.count, 0.06)  # unfilled of required, the week before
        self.skill_mix = np.full(staff.teams.count, 0.55)
        self.found: list[tuple[np.ndarray, ...]] = []

    def day(self, day: int, month: int, calendar_month: int, duty: np.ndarray) -> np.ndarray:
        """Who falls sick today, of those who were to work; returns who is off. `duty` is what each post was to do."""
        winter = calendar_month in WINTER
        candidates = np.flatnonzero((duty > OFF) & (self.sick_until < day))
        starts = candidates[self.random.random(len(candidates)) < self._chance(candidates, day, month, winter)]
        if len(starts):
            self._fall_sick(starts, day, winter)
        return self.sick_until >= day

    def _chance(self, who: np.ndarray, day: int, month: int, winter: bool) -> np.ndarray:
        posts = self.staff.posts
        group, team = posts.group[who], posts.team[who]
        full_time = posts.funded[who] == 1
        hours = np.maximum(self.all_hours[:, who].sum(axis=0), 1)
        odds = LONG_SHARE * 10 * self.long_hours[:, who].sum(axis=0) / hours
        affected = (group == SUPPORT) | ((group == NURSE) & full_time)
        odds += np.where(affected, UNDERSTAFFED * 10 * self.understaffed[team], 0)
        odds += np.where((group == NURSE) & ~full_time, PART_TIME, 0)
        odds += np.where(group == NURSE, SKILL_MIX * 10 * (self.skill_mix[team] - 0.55), 0)
        odds += AFTER_NIGHT * (self.yesterday[who] == NIGHT) + AFTER_EVENING * (self.yesterday[who] == LATE)
        odds += QUICK_RETURN * self.quick[:, who].sum(axis=0)
        four = day - self.four_nights[who] <= 28
        odds += np.where(four, FOUR_NIGHTS, TWO_NIGHTS * (day - self.two_nights[who] <= 28))
        start = SCALED * np.where(REGISTERED[group], START_REGISTERED, START_SUPPORT)
        odds = np.minimum(odds, CAP) + np.log(start / (1 - start))
        more = 1 + winter * (WINTER_MORE - 1) * 0.32  # the share of colds and chests among reasons
        return more * self.staff.teams.sickness[month, team] / (1 + np.exp(-odds))

    def _fall_sick(self, who: np.ndarray, day: int, winter: bool) -> None:
        posts = self.staff.posts
        days = self.lengths.deal(len(who))
        reason = self._why(who, days > 14, winter)
        pairs = posts.pair[who]
        both = pairs >= 0  # somebody ill is ill in both of their posts
        who, days, reason = (np.concatenate([a, a[both]]) for a in (who, days, reason))
        who[len(who) - int(both.sum()) :] = pairs[both]
        well = self.sick_until[who] < day
        self.record(who[well], day, day + days[well] - 1, reason[well])

    def _why(self, who: np.ndarray, long: np.ndarray, winter: bool) -> np.ndarray:
        weights = np.array(list(REASONS.values())).T.copy()
        if winter:
            weights[0, [CODES.index("S13"), CODES.index("S15")]] *= WINTER_MORE
        sums = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
        chance = self.random.random(len(who))
        reason = (chance[:, None] > sums[long.astype(int)]).sum(axis=1)
        unknown = self.random.random(len(who)) < self.staff.teams.unknown_reasons[self.staff.posts.team[who]]
        return np.where(unknown, CODES.index(UNKNOWN), reason)

    def record(self, who: np.ndarray, day: int, until: np.ndarray, reason: np.ndarray) -> None:
        posts = self.staff.posts
        self.sick_until[who] = until
        self.found.append((posts.holder[who], posts.team[who], np.full(len(who), day), until, reason))

    def day_ended(self, day: int, worked: np.ndarray) -> None:
        """Takes in what each post really did, for the odds of the days to come."""
        week, days = day % 7, day % 30
        hours = HOURS[worked]
        self.all_hours[week], self.long_hours[week] = hours, hours * ((worked == LONG) | (worked == NIGHT))
        self.quick[days] = (self.yesterday == LATE) & np.isin(worked, (EARLY, LONG, DAY))
        self.nights = np.where(worked == NIGHT, self.nights + 1, 0)
        self.two_nights[self.nights >= 2], self.four_nights[self.nights >= 4] = day, day
        self.yesterday = worked

    def new_holder(self, post: int, of: int | None = None) -> None:
        """A post's memory is its holder's: it goes with them, and is empty for somebody new."""
        for memory in (self.long_hours, self.all_hours, self.quick):
            memory[:, post] = 0 if of is None else memory[:, of]
        for memory, empty in (
            (self.sick_until, 0),
            (self.two_nights, -99),
            (self.four_nights, -99),
            (self.yesterday, 0),
        ):
            memory[post] = empty if of is None else memory[of]

    def spells(self) -> Spells:
        assignment, team, starts, ends, reason = (np.concatenate(part) for part in zip(*self.found, strict=True))
        return Spells(assignment, team, starts, ends, reason)


class Leave:
    """Annual leave, taken in whole weeks: more in summer and at Christmas, and what is left towards the end of the year."""

    SEASON = (0.6, 0.9, 1.0, 1.2, 1.0, 1.0, 1.4, 1.7, 1.0, 0.9, 0.7, 1.2)

    def __init__(self, staff: Staff, random: np.random.Generator):
        self.staff, self.random = staff, random

    def week(self, monday: int, calendar_month: int) -> np.ndarray:
        posts, held = self.staff.posts, self.staff.assignments
        holder = posts.holder
        week = np.maximum(posts.funded * FULL_TIME_HOURS, 1)
        months_left = (held.year_begins[holder] - calendar_month - 1) % 12 + 0.5
        left = (held.entitlement[holder] - held.taken[holder]) / week
        eager = 0.9 - 0.03 * self.staff.teams.demand[0, posts.team]
        chance = self.SEASON[calendar_month - 1] * eager * left / (months_left * 4.35)
        return (holder >= 0) & (left >= 1) & (self.random.random(posts.count) < np.clip(chance, 0, 0.8))

    def month_begins(self, calendar_month: int) -> None:
        held = self.staff.assignments
        held.taken[held.year_begins == calendar_month] = 0
