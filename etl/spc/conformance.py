"""Answers control-chart cases, one a line as JSON, for whoever holds Kinship against the reference's own figures.

A case has a `kind`, an `input` and `options`; its answer has the keys that the reference's files have under `expected`, and
the case's `id`. What must be refused, or is no case at all, is answered with `error` and a `reason`; it stops no other.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from itertools import islice

import numpy as np

from etl.spc import xmr
from etl.spc.laney import METHODS, SIGMAS, WARNING, Limits, individuals, limits, weighted_individuals
from etl.spc.rules import BETTER, LABELS, follow
from etl.spc.run_chart import crossings, run_chart
from etl.spc.series import Series, check, moment
from etl.spc.xmr import UnreadableSeries

TOGETHER = 1000  # lines
SHARES = {"p": "p", "pp": "p_prime", "u": "u", "up": "u_prime"}
POINT_TYPES = {
    ("improvement", 1): "special_cause_improvement",
    ("improvement", -1): "special_cause_improvement",
    ("concern", 1): "special_cause_concern",
    ("concern", -1): "special_cause_concern",
    ("change", 1): "special_cause_neutral_high",
    ("change", -1): "special_cause_neutral_low",
}  # any other is common_cause
NO_ICON = {"not_judged": None, "none": None}
NAMES = {dict: "an object", list: "a list", str: "text", bool: "true or false"}


@dataclass(frozen=True)
class _Asked:
    """A series fit to be drawn."""

    said: dict  # its id
    series: Series
    dates: dict[date, str]  # as the case has them
    fix_after_n: float | None
    profile: xmr.Profile

    @property
    def alike(self) -> tuple:
        """What series share that are drawn together; of much the same length, to waste no room."""
        return self.fix_after_n, self.profile, len(self.series.dates).bit_length()


def answers(lines: Iterable[bytes], profile: str) -> Iterator[dict]:
    """An answer a case, in order; profile, of spc.PROFILES, is for cases that name none."""
    lines = (line for line in lines if line.strip())
    while some := [*islice(lines, TOGETHER)]:
        yield from _answers(some, profile)


def _answers(lines: list[bytes], profile: str) -> list[dict]:
    answered = [_ask(line, profile) for line in lines]
    alike = defaultdict(list)
    for at, asked in enumerate(answered):
        if isinstance(asked, _Asked):
            alike[asked.alike].append(at)
    for places in alike.values():
        for at, answer in zip(places, _draw([answered[at] for at in places]), strict=True):
            answered[at] = answer
    return answered


def _ask(line: bytes, profile: str) -> dict | _Asked:
    """The answer, or a series to draw."""
    said = {}
    try:
        case = _case(line)
        said = {"id": case["id"]} if "id" in case else {}
        kind = _of(case, "kind", str, "series")
        if kind == "series":
            return _series(case, said, profile)
        if kind == "qic":
            return said | _limits(case)
        if kind == "rule":
            return said | {"expected": follow(_of(case, "rule", str), _of(case, "input", dict))}
        raise UnreadableSeries(f"A case is of kind series, rule or qic, not {kind!r}.")
    except UnreadableSeries as error:
        return said | {"error": True, "reason": str(error)}


def _case(line: bytes) -> dict:
    try:
        case = json.loads(line)
    except (ValueError, RecursionError):
        raise UnreadableSeries("The line is not JSON.") from None
    if not isinstance(case, dict):
        raise UnreadableSeries("The line is no JSON object.")
    return case


def _of(parent: dict, name: str, kind: type, otherwise: object = ...) -> object:
    """What an object has under a name; null is as good as missing."""
    value = parent.get(name)
    if value is None and otherwise is not ...:
        return otherwise
    if not isinstance(value, kind):
        raise UnreadableSeries(f"The case has no {name!r} that is {NAMES[kind]}.")
    return value


# Series


def _series(case: dict, said: dict, profile: str) -> _Asked:
    given, options = _of(case, "input", dict), _of(case, "options", dict, {})
    dates, values = _of(given, "dates", list), _of(given, "values", list)
    rebase = options.get("rebase")
    direction = _of(options, "improvement_direction", str, "increase")
    if direction not in BETTER:
        raise UnreadableSeries(f"improvement_direction must be increase, decrease or neutral, not {direction!r}.")
    rules = xmr.profile_named(_of(options, "profile", str, profile), _of(options, "screen_outliers", bool, True))
    days = [moment(text) for text in dates]
    series = check(
        days,
        values,
        BETTER[direction],
        target=options.get("target"),
        rebase=map(moment, [rebase] if isinstance(rebase, str) else _of(options, "rebase", list, [])),
        profile=rules,
    )
    fix_after_n = xmr.settled_by(options.get("fix_after_n_points"))
    return _Asked(said, series, dict(zip(days, dates, strict=True)), fix_after_n, rules)


def _draw(asked: list[_Asked]) -> Iterator[dict]:
    """Draws series that are alike at once."""
    fix_after_n, profile, _ = asked[0].alike
    lengths = [len(one.series.dates) for one in asked]
    values, groups = np.full((len(asked), max(lengths)), np.nan), np.zeros((len(asked), max(lengths)), dtype=int)
    for row, one in enumerate(asked):
        values[row, : lengths[row]], groups[row, : lengths[row]] = one.series.values, one.series.groups
    better, target = [one.series.better for one in asked], [one.series.target for one in asked]
    chart, chart_2023 = (
        xmr.chart(values, better, target, groups, lengths, fix_after_n, rules)
        for rules in (profile, replace(profile, two_of_three_counts_outside=True))
    )
    for row, one in enumerate(asked):
        answer = one.said | _answer(one, chart, row)
        labels = _labels(chart_2023, row, lengths[row])
        if labels != answer["special_cause_type"]:
            answer["special_cause_type_mdc2023"] = labels
        yield answer


def _answer(asked: _Asked, chart: xmr.Chart, row: int) -> dict:
    length, groups = len(asked.series.dates), asked.series.groups.tolist()
    mean, lower, upper = (_nulls(line[row, :length]) for line in (chart.mean, chart.lower, chart.upper))
    missing = np.isnan(asked.series.values)
    unknown = missing | np.isnan(chart.upper[row, :length])
    labels = _labels(chart, row, length)
    moved = chart.moved[row, :length].tolist()
    sizes = np.bincount(asked.series.groups).tolist()
    return {
        "dates": [asked.dates[day] for day in asked.series.dates],
        "rebase_group": groups,
        "mean": mean,
        "lpl": lower,
        "upl": upper,
        "relative_to_mean": _nulls(chart.relative_to_mean[row, :length], missing),
        "outside_limits": _nulls(chart.outside[row, :length], unknown),
        "near_limits": _nulls(chart.near[row, :length], unknown),
        "special_cause_type": labels,
        "special_cause": [way != 0 for way in moved],
        "point_type": [
            POINT_TYPES.get(pair, "common_cause") for pair in zip(chart.verdict[row, :length], moved, strict=True)
        ],
        "short_group": [sizes[group] < xmr.FEWEST_POINTS for group in groups],
        "groups": [
            {"rebase_group": group, "n": sizes[group], "mean": mean[at], "lpl": lower[at], "upl": upper[at]}
            for at, group in enumerate(groups)
            if not at or group != groups[at - 1]
        ],
        "variation_icon": NO_ICON.get(chart.variation[row], chart.variation[row].replace("change", "neutral")),
        "assurance_icon": NO_ICON.get(chart.assurance[row], chart.assurance[row]),
    }


def _labels(chart: xmr.Chart, row: int, length: int) -> list[str]:
    return [LABELS[pair] for pair in zip(chart.rule[row, :length], chart.moved[row, :length].tolist(), strict=True)]


def _nulls(numbers: np.ndarray, unknown: np.ndarray | None = None) -> list:
    """As JSON has them: null where unknown, or else where NaN."""
    unknown = np.isnan(numbers) if unknown is None else unknown
    return [None if gone else one for one, gone in zip(numbers.tolist(), unknown.tolist(), strict=True)]


# Shares, individuals and run charts, named as by qicharts2


def _limits(case: dict) -> dict:
    given, options = _of(case, "input", dict), _of(case, "options", dict, {})
    values = np.array([[*map(xmr.number, _of(given, "y", list))]])
    if not values.size:
        raise UnreadableSeries("There are no points to chart.")
    groups = np.zeros(values.shape, dtype=int)
    for row in {*map(_whole, _of(options, "part", list, []))}:
        groups[:, row:] += 1
    freeze = options.get("freeze")
    drawn = _lines(
        _of(options, "chart", str),
        values,
        given,
        {
            "groups": groups,
            "fix_after_n": np.inf if freeze is None else _whole(freeze),
            "screen_outliers": _of(options, "screened_mr", bool, False),
        },
    )
    lower, upper = drawn.at(SIGMAS)
    lower_warning, upper_warning = drawn.at(WARNING)
    return {
        "value": _nulls(drawn.value[0]),
        "cl": _nulls(drawn.centre[0]),
        "lcl": _nulls(lower[0]),
        "ucl": _nulls(upper[0]),
        "lcl95": _nulls(lower_warning[0]),
        "ucl95": _nulls(upper_warning[0]),
        "sigma_signal": drawn.outside[0].tolist(),
        "parts": [_part(drawn, groups == group, group + 1) for group in range(groups.max() + 1)],
    }


def _lines(chart: str, values: np.ndarray, given: dict, settings: dict) -> Limits:
    if chart == "run":
        return run_chart(values, settings["groups"], settings["fix_after_n"])
    if chart == "i":
        return individuals(values, **settings)
    out_of = np.array([[*map(xmr.number, _of(given, "n", list))]])
    if chart == "ip":
        return weighted_individuals(values, out_of, **settings)
    if chart not in SHARES:
        raise UnreadableSeries(f"There is no chart {chart!r}; there are {', '.join(SHARES)}, i, ip and run.")
    return limits(values, out_of, METHODS[SHARES[chart]], **settings)


def _whole(number: object) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise UnreadableSeries(f"A part or a freeze is a number of points, not {number!r}.")
    return number


def _part(drawn: Limits, here: np.ndarray, number: int) -> dict:
    found = crossings(drawn.value[here].tolist(), drawn.centre[here][0])
    return {"part": number, "n_obs": int(here.sum()), **asdict(found), "runs_signal": found.runs_signal}
