"""The reference's single steps, so that whoever holds Kinship against it can try one rule at a time; and its words."""

import numpy as np

from etl.spc import xmr
from etl.spc.series import check, moment
from etl.spc.xmr import UnreadableSeries

BETTER = {"increase": "higher", "decrease": "lower", "neutral": "neither"}
LABELS = {
    ("none", 0): "Common Cause",
    ("outside", 1): "Above UCL",
    ("outside", -1): "Below LCL",
    ("trend", 1): "7 Point Trend (Increasing)",
    ("trend", -1): "7 Point Trend (Decreasing)",
    ("two_of_three", 1): "2 in 3 Above CL",
    ("two_of_three", -1): "2 in 3 Below CL",
    ("run", 1): "7 Points Above CL",
    ("run", -1): "7 Points Below CL",
}


def follow(rule: str, given: dict) -> object:
    """What a step makes of its input, both as the reference's cases have them; raises UnreadableSeries."""
    if rule not in STEPS:
        raise UnreadableSeries(f"There is no rule {rule!r}; there are {', '.join(STEPS)}.")
    try:
        return STEPS[rule](**given)
    except (TypeError, ValueError, KeyError, OverflowError):
        raise UnreadableSeries(f"The input is not what {rule} takes.") from None


def _run_end(side: list) -> list:
    return np.abs(xmr.unbroken_ends(_row(side), xmr.TOGETHER))[0].tolist()


def _trend_end(y: list) -> list:
    changes = np.sign(np.diff(y, prepend=y[:1]))
    return xmr.unbroken_ends(_row(changes), xmr.TOGETHER - 1)[0].tolist()


def _spread_back_seven(end: list) -> list:
    return np.abs(xmr.spread_back(_row(end), 0))[0].tolist()


def _two_of_three_window(side: list, near: list) -> list:
    fires = xmr.two_of_three_windows(_row(side), _row(near) != 0, np.arange(len(side))[None])
    return fires[0].astype(int).tolist()


def _two_of_three_flag(side: list, near: list) -> list:
    return [int(fires and one) for fires, one in zip(_two_of_three_window(side, near), near, strict=True)]


def _assurance(lpl: float, upl: float, target: float | None, improvement_direction: str) -> str | None:
    lower, upper, target = (np.array([xmr.number(one)]) for one in (lpl, upl, target))
    found = xmr.assurance(lower, upper, target, np.array([xmr.BETTER[BETTER[improvement_direction]]]))[0]
    return {"none": None, "inconsistent": found}.get(found, f"consistent_{found}")


def _rebase_flags(dates: list, rebase: list) -> list:
    series = check([*map(moment, dates)], [*range(len(dates))], "higher", rebase=map(moment, rebase))
    return np.diff(series.groups, prepend=0).tolist()


def _short_group(n: int, threshold: int) -> bool:
    return n < threshold


def _priority(outside: list, trend: list, two_of_three: list, run: list, side: list, y: list) -> list:
    rising = [-1 if after < before else 1 for before, after in zip(y[:1] + y, y, strict=False)]
    ways = ((outside, side), (trend, rising), (two_of_three, side), (run, side))
    rule, moved = xmr.first_rule([np.abs(_row(found)) * _row(way) for found, way in ways], _row(side) * 0)
    return [LABELS[pair] for pair in zip(xmr.RULES[rule[0]], moved[0].tolist(), strict=True)]


def _row(numbers: list) -> np.ndarray:
    return np.array(numbers, dtype=np.int8).reshape(1, -1)


STEPS = {
    "run_end": _run_end,
    "trend_end": _trend_end,
    "spread_back_seven": _spread_back_seven,
    "two_of_three_window": _two_of_three_window,
    "two_of_three_flag": _two_of_three_flag,
    "assurance": _assurance,
    "rebase_flags": _rebase_flags,
    "short_group": _short_group,
    "priority": _priority,
}
