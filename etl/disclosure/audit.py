"""R6: what a reader can work out of one month of one indicator, exactly, and whether that is too much.

Along a tree of sums the tightest bounds of every row are found by one pass up and one pass down: no row meets another
but through the sums they share. The reader is taken to know more than the release says: every shown row's count
without rounding, and every unit's people.
"""

import numpy as np

from etl.disclosure.rows import NOWHERE, Rows

SLACK = 1e-6
NOTHING = " Nothing was published; the last release stays."
SMALL = "R2: a figure of fewer than {} people would be shown." + NOTHING
FEW = "R4: a sensitive figure of fewer than {} people would be shown." + NOTHING
WORKED_OUT = "R5: a hidden figure could be worked out from those shown." + NOTHING
APART = "R8: a few people could be told apart by the difference of two releases." + NOTHING


class FailedAudit(Exception):
    """The release would tell something about a few people; the sentence names the rule, never a number or a team."""


def bounds(rows: Rows, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The tightest bounds (rows × months) that follow from given ones and from every row being the sum of those under
    it. Rows without a figure are 0 to 0."""
    low, high = low.copy(), high.copy()
    child, month = np.nonzero(rows.parent != NOWHERE)
    above = rows.parent[child, month]
    level = rows.height[above]
    steps = [(child[at], month[at], above[at]) for h in np.unique(level) for at in [np.flatnonzero(level == h)]]
    sums = []
    for child, month, above in steps:
        place = above.astype(np.int64) * rows.shape[1] + month
        number = rows.parent.size
        lows = np.bincount(place, low[child, month], minlength=number)
        highs = np.bincount(place, high[child, month], minlength=number)
        at = np.unique(place)
        low.flat[at] = np.maximum(low.flat[at], lows[at])
        high.flat[at] = np.minimum(high.flat[at], highs[at])
        sums.append((place, lows, highs))
    for (child, month, _), (place, lows, highs) in zip(reversed(steps), reversed(sums), strict=True):
        mine_low, mine_high = low[child, month], high[child, month]
        with np.errstate(invalid="ignore"):  # nothing follows for a row without bounds: fmax leaves it as it is
            low[child, month] = np.fmax(mine_low, low.flat[place] - (highs[place] - mine_high))
        high[child, month] = np.minimum(mine_high, high.flat[place] - (lows[place] - mine_low))
    return low, high


def given_away(
    rows: Rows, people: np.ndarray, whole: np.ndarray, part: np.ndarray, shown: np.ndarray, rules
) -> np.ndarray:
    """Which rows (rows × months) are not shown and yet known too well: their `part` of the `whole` to fewer than
    `min_num` (or than there are), in a unit under `k_people` or within a range that is not safe itself."""
    there = ~np.isnan(whole)
    most = np.where(there, whole, 0)
    highest = np.where(there | _nothing(rows, there), most, np.inf)
    low, high = bounds(rows, np.where(shown, part, 0), np.where(shown, part, highest))
    narrow = high - low < np.minimum(np.minimum(rules.min_num, most), np.where(there, people, 0)) - SLACK
    safe = (people >= rules.k_people) & (low >= rules.min_num - SLACK) & (most - high >= rules.min_num - SLACK)
    return there & ~shown & narrow & ~safe


def _nothing(rows: Rows, there: np.ndarray) -> np.ndarray:
    """Which rows count for nought in the sum above them: neither they nor any row below has a figure, and a sibling has.
    All others without a figure may have any: a unit of which no sum is told, and the teams of one whose sum is counted
    otherwise."""
    some = there.copy()
    for height in range(1, int(rows.height.max(initial=0)) + 1):
        at = rows.height == height
        some[at] |= (rows.count(some) > 0)[at]
    return ~some & rows.of_parent(rows.count(some) > 0, True)
