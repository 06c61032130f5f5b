"""XmR charts worked out slowly, one point after another, from the published rules alone: a second opinion for the tests."""

from dataclasses import dataclass
from math import isnan, nan
from statistics import mean


@dataclass(frozen=True)
class Rules:
    """The switches of a profile."""

    screens: bool = True
    counts_outside: bool = False
    passes_over_ties: bool = False
    improvement_wins: bool = False
    fewest: int = 0


LABELS = {
    "outside": {1: "Above UCL", -1: "Below LCL"},
    "trend": {1: "7 Point Trend (Increasing)", -1: "7 Point Trend (Decreasing)"},
    "two_of_three": {1: "2 in 3 Above CL", -1: "2 in 3 Below CL"},
    "run": {1: "7 Points Above CL", -1: "7 Points Below CL"},
}


class Refused(Exception):
    """The R package stops here."""


def sign(number):
    return 0 if isnan(number) else (number > 0) - (number < 0)


def average(numbers):
    known = [number for number in numbers if not isnan(number)]
    return mean(known) if known else nan  # exact fractions, rounded once


def lines(values, rules, fix):
    base = [value for at, value in enumerate(values, 1) if fix is None or at <= fix]
    ranges = [abs(base[at] - base[at - 1]) for at in range(1, len(base))]
    width = average(ranges)
    if rules.screens:
        width = average([one for one in ranges if one < 3.267 * width])
    return average(base), width


def in_sevens(signs):
    """Each place in seven or more like signs in a row: the signs of all such stretches it is in."""
    found = [set() for _ in signs]
    for end in range(6, len(signs)):
        seven = signs[end - 6 : end + 1]
        if len(set(seven)) == 1 and seven[0]:
            for at in range(end - 6, end + 1):
                found[at].add(seven[0])
    return found


def in_trends(values):
    found = [[] for _ in values]
    for end in range(6, len(values)):
        changes = [sign(values[at] - values[at - 1]) for at in range(end - 5, end + 1)]
        if len(set(changes)) == 1 and changes[0]:
            for at in range(end - 6, end + 1):
                found[at].append(changes[0])
    return found


def spread_out(found, kept, length):
    """Back to all points, those passed over having none."""
    whole = [[] for _ in range(length)]
    for at, signs in zip(kept, found, strict=True):
        whole[at] = list(signs)
    return whole


def refuse_unclear_trends(values):
    for end in range(6, len(values)):
        changes = [values[at] - values[at - 1] for at in range(end - 5, end + 1)]
        known = {sign(change) for change in changes if not isnan(change)}
        if any(map(isnan, changes)) and known in (set(), {1}, {-1}):
            raise Refused


def judge_group(values, better, rules, fix):
    """A point each: mean, lower, upper, side, outside, near, rule, direction."""
    centre, width = lines(values, rules, fix)
    judged = sum(not isnan(value) for value in values) >= rules.fewest
    if not judged:
        width = nan
    lower, upper = centre - 2.66 * width, centre + 2.66 * width
    near_lower, near_upper = centre - (2 * 2.66 / 3) * width, centre + (2 * 2.66 / 3) * width
    sides = [sign(value - centre) for value in values]
    outside = [value > upper or value < lower for value in values]
    near = [(value > near_upper or value < near_lower) and not out for value, out in zip(values, outside, strict=True)]

    off_mean, moving = [*range(len(values))], [*range(len(values))]
    if rules.passes_over_ties:
        off_mean = [at for at in off_mean if sides[at] or isnan(values[at])]
        moving = [at for at in moving if not (at and values[at] == values[at - 1])]
    runs = spread_out(in_sevens([sides[at] for at in off_mean]), off_mean, len(values))
    trends = spread_out(in_trends([values[at] for at in moving]), moving, len(values))

    counted = [one or (rules.counts_outside and out) for one, out in zip(near, outside, strict=True)]
    pairs = [[] for _ in values]
    for start in range(len(values) - 2):
        three = range(start, start + 3)
        if {sides[at] for at in three} in ({1}, {-1}) and sum(counted[at] for at in three) >= 2:
            for at in three:
                pairs[at] = [sides[at]] * counted[at]

    points = []
    for at, value in enumerate(values):
        found = [("outside", way) for way in [sides[at]] * outside[at]]
        found += [("trend", way) for way in reversed(trends[at])]  # the later trend first
        found += [("two_of_three", way) for way in pairs[at]]
        found += [("run", way) for way in runs[at]]
        if isnan(value) or not judged:
            found = []
        if rules.improvement_wins and better:
            found.sort(key=lambda one: one[1] != better)  # stable
        rule, way = found[0] if found else (None, 0)
        points.append((centre, lower, upper, sides[at], outside[at], near[at], rule, way, judged))
    return points


def null(number):
    return None if isnan(number) else number


def case(days, values, better=1, target=nan, rebase=(), fix=None, rules=Rules()):
    """The answer to a case as the reference's own files have it; values: NaN where missing."""
    days, values = zip(*sorted(zip(days, values, strict=True)), strict=True)
    numbers, number = [], 0
    for day in days:
        number += day in rebase
        numbers.append(number)
    points, groups = [], []
    for number in sorted(set(numbers)):
        mine = [value for value, other in zip(values, numbers, strict=True) if other == number]
        if not rules.passes_over_ties:
            refuse_unclear_trends(mine)
        judged = judge_group(mine, better, rules, fix)
        points += judged
        centre, lower, upper = map(null, judged[0][:3])
        groups.append({"rebase_group": number, "n": len(mine), "mean": centre, "lpl": lower, "upl": upper})
    centre, lower, upper, side, outside, near, rule, way, judged = zip(*points, strict=True)
    labels = [LABELS[one][moved] if one else "Common Cause" for one, moved in zip(rule, way, strict=True)]
    unknown = [isnan(value) or isnan(top) for value, top in zip(values, upper, strict=True)]
    types = [point_type(moved, better) for moved in way]
    return {
        "dates": list(days),
        "rebase_group": numbers,
        "mean": [*map(null, centre)],
        "lpl": [*map(null, lower)],
        "upl": [*map(null, upper)],
        "relative_to_mean": [None if isnan(value) else one for value, one in zip(values, side, strict=True)],
        "outside_limits": [None if gone else one for gone, one in zip(unknown, outside, strict=True)],
        "near_limits": [None if gone else one for gone, one in zip(unknown, near, strict=True)],
        "special_cause_type": labels,
        "special_cause": [label != "Common Cause" for label in labels],
        "point_type": types,
        "short_group": [numbers.count(one) < 13 for one in numbers],
        "groups": groups,
        "variation_icon": icon(types[-1], way[-1]) if judged[-1] else None,
        "assurance_icon": assurance(lower[-1], upper[-1], target, better) if judged[-1] else None,
    }


def point_type(way, better):
    if not way:
        return "common_cause"
    if not better:
        return f"special_cause_neutral_{'high' if way > 0 else 'low'}"
    return "special_cause_improvement" if way == better else "special_cause_concern"


def icon(kind, way):
    if not way or "neutral" in kind:
        return kind.removeprefix("special_cause_")
    return kind.removeprefix("special_cause_") + ("_high" if way > 0 else "_low")


def assurance(lower, upper, target, better):
    if isnan(target) or not better:
        return None
    if target > upper:
        return "fail" if better > 0 else "pass"
    if target < lower:
        return "pass" if better > 0 else "fail"
    return "inconsistent"
