"""Plans each post's week: which days, which duty, with the rests and runs that come of it."""

import numpy as np

from etl.demo.staff import FULL_TIME_HOURS, Staff

OFF, EARLY, LATE, LONG, NIGHT, DAY = range(6)
# A set of hours, by duty: minutes from midnight to its start and end. The second set is the house of the clock changes.
STARTS = np.array([[0, 420, 810, 420, 1140, 540], [0, 480, 780, 480, 1200, 510]])
ENDS = np.array([[0, 900, 1290, 1170, 1890, 1020], [0, 960, 1260, 1230, 1950, 990]])
BREAKS = np.array([0, 30, 30, 60, 60, 30])
HOURS = (ENDS[0] - STARTS[0] - BREAKS) / 60
SHORT_WEEK, LONG_WEEK, NIGHT_WEEK, OFFICE_WEEK = range(4)
WEEK_CODE = np.array([EARLY, LONG, NIGHT, DAY])
MOST_DAYS = np.array([6, 4, 4, 5])
FIRST_HALF, SECOND_HALF = np.array([1, 1, 1, 0, 0, 0, 0], bool), np.array([0, 0, 0, 1, 1, 0, 0], bool)


class Work:
    """What every post is to do, week by week; it remembers the hours owed and the last duty of the week before."""

    def __init__(self, staff: Staff, random: np.random.Generator):
        self.staff, self.random = staff, random
        count = staff.posts.count
        self.owed = random.uniform(0, 8, count)  # hours
        self.last = np.zeros(count, np.int8)  # what Sunday's duty was
        self.nights = np.zeros(count, np.int8)  # how many nights in a row it ended

    def plan(self, month: int, on_leave: np.ndarray) -> np.ndarray:
        """The duty of each post on each of the week's seven days. People on leave are planned as in an office."""
        random, posts, teams = self.random, self.staff.posts, self.staff.teams
        count, team = posts.count, posts.team
        kind = np.full(count, OFFICE_WEEK)
        chance = random.random(count)
        shift = posts.on_shifts & ~on_leave & (posts.pair < 0)
        nights = teams.nights[team]
        kind[shift] = SHORT_WEEK
        kind[shift & (chance < nights + (1 - nights) * teams.long_days[month, team])] = LONG_WEEK
        kind[shift & (chance < nights)] = NIGHT_WEEK

        self.owed += posts.funded * FULL_TIME_HOURS
        hours = HOURS[WEEK_CODE[kind]]
        days = np.clip(np.floor(self.owed / hours + random.random(count) * 0.999), 0, MOST_DAYS[kind]).astype(int)
        days = np.where((kind == NIGHT_WEEK) & (days < 2), 2, days)  # nobody is rostered for one night alone
        keys = random.random((count, 7))
        keys[:, 5:] += np.where(kind == OFFICE_WEEK, 9, 0)[:, None]  # an office is closed at weekends
        starts = np.floor(random.random(count) * (8 - days)).astype(int)  # nights run together
        run = (np.arange(7)[None, :] - starts[:, None]) % 7
        keys = np.where((kind == NIGHT_WEEK)[:, None], run + 7 * (run + starts[:, None] > 6), keys)
        keys[(posts.pair >= 0) & (posts.pair > np.arange(count))] += np.where(FIRST_HALF, 0, 99)
        keys[(posts.pair >= 0) & (posts.pair < np.arange(count))] += np.where(SECOND_HALF, 0, 99)
        order = np.argsort(keys, axis=1)
        ranks = np.empty_like(order)
        np.put_along_axis(ranks, order, np.broadcast_to(np.arange(7), order.shape).copy(), axis=1)
        chosen = (ranks < days[:, None]) & (keys < 9)

        codes = np.where(chosen, WEEK_CODE[kind][:, None], OFF).astype(np.int8)
        lates = (random.random((count, 7)) < 0.45) & chosen & (kind == SHORT_WEEK)[:, None]
        codes[lates] = LATE
        self._rest(codes, teams.quick[month, team])
        self.owed -= HOURS[codes].sum(axis=1)
        self.owed = np.clip(self.owed, -20, 40)
        return codes

    def _rest(self, codes: np.ndarray, quick: np.ndarray) -> None:
        """Nobody works by day on coming off a night, or a fifth night; some rosters avoid an early after a late."""
        avoids = self.random.random(codes.shape) >= quick[:, None]
        before, nights = self.last, self.nights
        for day in range(7):
            today = codes[:, day]
            today[(before == NIGHT) & (today != NIGHT)] = OFF
            today[(nights >= 4) & (today == NIGHT)] = OFF
            today[(before == LATE) & (today == EARLY) & avoids[:, day]] = LATE
            nights = np.where(today == NIGHT, nights + 1, 0)
            before = today

    def week_ended(self, sunday: np.ndarray, nights: np.ndarray) -> None:
        """What was really done on Sunday, extra duties with it, and how many nights in a row that makes."""
        self.last, self.nights = sunday.copy(), nights.astype(np.int8)
