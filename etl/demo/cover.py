"""Who fills the duties that are open: colleagues' extra duties, bank workers, agency staff, or nobody."""

from dataclasses import dataclass

import numpy as np

from etl.demo.staff import REGISTERED, Staff
from etl.demo.work import ENDS, NIGHT, OFF, STARTS

OWN, BANK_WORKER, AGENCY, NOBODY = range(4)
AGENCY_OF_FILLED, OWN_OF_FILLED = 0.22, 0.42
EAGER_WITHOUT_BANK = 0.15  # of colleagues who are off and not on the bank, how many would do one more
LEAST_REST = 11 * 60  # the bank office minds rests; colleagues' extra duties may shorten them


@dataclass
class Gaps:
    """A row an open duty."""

    team: np.ndarray
    day: np.ndarray  # 0 Monday to 6
    code: np.ndarray
    group: np.ndarray
    by: np.ndarray  # OWN ... NOBODY
    who: np.ndarray  # the assignment that fills it, else -1
    post: np.ndarray  # of a colleague's extra duty, else -1


class Cover:
    def __init__(self, staff: Staff, random: np.random.Generator):
        self.staff, self.random = staff, random
        held = staff.assignments
        self.pools = [staff.bank[held.group[staff.bank] == group] for group in (0, 1)]  # nurses, support
        self.busy_until = np.zeros(held.count, np.int64)  # of each bank worker, in minutes

    def fill(self, monday: int, months: np.ndarray, gaps: Gaps, codes: np.ndarray, free: np.ndarray) -> None:
        """`months`: the month of each day; `codes`: what each post does this week; `free`: when its holder could do more."""
        random, teams = self.random, self.staff.teams
        count = len(gaps.team)
        chance = random.random(count)
        unfilled = teams.unfilled[months[gaps.day], gaps.team]
        filled = np.where(chance < OWN_OF_FILLED, OWN, np.where(chance < 1 - AGENCY_OF_FILLED, BANK_WORKER, AGENCY))
        steady = teams.steady[gaps.team]  # a small team asks nobody from outside
        gaps.by[:] = np.where(random.random(count) < unfilled, NOBODY, np.where(steady, OWN, filled))
        self._colleagues(gaps, codes, free)
        gaps.by[(gaps.by == OWN) & (gaps.who < 0)] = BANK_WORKER
        gaps.by[(gaps.by == BANK_WORKER) & steady] = NOBODY
        self._bank(monday, gaps)
        gaps.by[(gaps.by == BANK_WORKER) & (gaps.who < 0)] = NOBODY

    def _colleagues(self, gaps: Gaps, codes: np.ndarray, free: np.ndarray) -> None:
        """Matches open duties with members of the same team who are off, at most one extra duty each in a week."""
        staff, random = self.staff, self.random
        posts = staff.posts
        wanted = np.flatnonzero(gaps.by == OWN)
        if not len(wanted):
            return
        on_bank = staff.assignments.on_bank[posts.holder] >= 0
        willing = (on_bank | (random.random(posts.count) < EAGER_WITHOUT_BANK)) & (posts.pair < 0)
        who, day = np.nonzero((codes == OFF) & free & willing[:, None])
        key = (posts.team[who] * 2 + REGISTERED[posts.group[who]]) * 7 + day
        order = np.lexsort((random.random(len(key)), key))
        who, day, key = who[order], day[order], key[order]

        wanted = random.permutation(wanted)
        asked = (gaps.team[wanted] * 2 + REGISTERED[gaps.group[wanted]]) * 7 + gaps.day[wanted]
        by_key = np.argsort(asked, kind="stable")
        wanted, asked = wanted[by_key], asked[by_key]
        rank = np.arange(len(asked)) - np.searchsorted(asked, asked)
        place = np.searchsorted(key, asked) + rank
        found = place < np.searchsorted(key, asked, side="right")
        wanted, place = wanted[found], place[found]
        post, when = who[place], day[place]
        off_after = np.column_stack([codes[:, 1:] == OFF, np.ones(len(codes), bool)])  # next week minds it
        rested = (gaps.code[wanted] != NIGHT) | off_after[post, when]
        wanted, post = wanted[rested], post[rested]
        once = np.unique(post, return_index=True)[1]
        gaps.who[wanted[once]], gaps.post[wanted[once]] = posts.holder[post[once]], post[once]

    def _bank(self, monday: int, gaps: Gaps) -> None:
        random = self.random
        wanted = np.flatnonzero(gaps.by == BANK_WORKER)
        who = np.empty(len(wanted), np.int64)
        registered = REGISTERED[gaps.group[wanted]]
        for pool, which in ((self.pools[0], registered), (self.pools[1], ~registered)):
            who[which] = random.choice(pool, int(which.sum()))
        starts = (monday + gaps.day[wanted]) * 1440 + STARTS[0, gaps.code[wanted]]
        ends = (monday + gaps.day[wanted]) * 1440 + ENDS.max(axis=0)[gaps.code[wanted]]
        order = np.lexsort((starts, who))
        wanted, who, starts, ends = wanted[order], who[order], starts[order], ends[order]
        first = np.ones(len(who), bool)
        first[1:] = who[1:] != who[:-1]
        before = np.concatenate([[0], ends[:-1]])
        before = np.where(first, self.busy_until[who], before)
        can = starts - before >= LEAST_REST  # after a duty that another may have taken in the end: on the safe side
        gaps.who[wanted[can]] = who[can]
        np.maximum.at(self.busy_until, who, ends)
