"""XmR control charts in the Making Data Count style: shows leaders which figures are more than chance.

Many series are judged at once: tables have a row a series and a column a point, NaN where a value is missing.
`chart` keeps strictly to published rules (a Profile says whose); `for_dashboard` adds Kinship's policy on gaps,
short series and figures that hardly ever change.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from numbers import Number

import numpy as np
from numpy.typing import ArrayLike

from etl.spc import group_stats

REACH = 2.66  # limits lie this many average moving ranges from the mean: the published literal, not 3/1.128
NEAR = 2 * REACH / 3
TOGETHER = 7  # points that make a run or a trend
FEWEST_POINTS = 13  # under this, Making Data Count draws no limits and shows no icon
FEWEST_FIXED = 12
LARGEST = 1e300  # leaves room for limits beyond
HAIR = 1e-9  # on a dashboard, differences under this share of a series' size are the rounding of derived rates
BLOCK = 10_000  # series at a time, to bound memory

BETTER = {"higher": 1, "lower": -1, "neither": 0}
RULES = np.array(["none", "outside", "trend", "two_of_three", "run"], dtype=object)  # in order of priority
VERDICTS = np.array(["common_cause", "improvement", "concern", "change", "not_judged", "none"], dtype=object)
COMMON, IMPROVEMENT, CONCERN, CHANGE, NOT_JUDGED, NO_POINT = range(len(VERDICTS))
LIMITS = np.array(["given", "constant", "short", "rarely_changes"], dtype=object)
GIVEN, CONSTANT, SHORT, RARELY_CHANGES = range(len(LIMITS))


class UnreadableSeries(ValueError):
    """The figures cannot be charted; the message is one sentence for the person who will mend them."""


@dataclass(frozen=True)
class Profile:
    """Where published tools differ; the name belongs on the chart."""

    name: str
    screen_outliers: bool  # moving ranges that are far too wide do not widen the limits
    two_of_three_counts_outside: bool  # a point beyond the limits also counts as near them
    ties_pass: bool  # repeats and points on the mean are passed over: never flagged, they break nothing
    improvement_wins: bool  # when rules disagree about a point
    fewest_points: int  # a group with fewer has no limits and is not judged
    refuse_unclear_trends: bool  # `check` refuses a gap that may hide a trend, where the R package crashes


NHSR = Profile("NHSRplotthedots 0.2.2", True, False, False, False, 0, True)
MDC = Profile("NHS England Making Data Count", False, True, True, True, FEWEST_POINTS, False)
PROFILES = {"nhsr": NHSR, "mdc": MDC}


@dataclass(frozen=True)
class Chart:
    """Tables in the unit of the values, then two arrays with an entry a series; labels are text."""

    mean: np.ndarray  # NaN where there is no point
    lower: np.ndarray  # NaN where limits are undefined or refused
    upper: np.ndarray
    relative_to_mean: np.ndarray  # int8: 1 above, -1 below, 0 on it or missing
    outside: np.ndarray  # bool
    near: np.ndarray  # bool: over two thirds of the way to a limit, and not outside
    rule: np.ndarray  # of RULES
    moved: np.ndarray  # int8: 1 up, -1 down, 0 not flagged
    verdict: np.ndarray  # of VERDICTS; "none" right of a series' end
    variation: np.ndarray  # the last point's verdict, with _high or _low where flagged
    assurance: np.ndarray  # pass, fail, inconsistent ("hit or miss"), none


@dataclass(frozen=True)
class DashboardChart(Chart):
    """A Chart aligned with the months given; a missing month has NaN, False, "none", 0, and -1 for since."""

    since: np.ndarray  # int32: column where the stretch of like flags (in one group) began, -1 if not flagged
    months: np.ndarray  # int32: length of the stretch up to and with this month, bridged gaps included
    limits: np.ndarray  # per series, for its latest rebase group: of LIMITS


@dataclass(frozen=True)
class _Many:
    """The series of one block."""

    values: np.ndarray
    groups: np.ndarray  # no two series share a number
    lengths: np.ndarray
    better: np.ndarray
    target: np.ndarray


@dataclass(frozen=True)
class _Lines:
    """Tables, the same throughout a rebase group."""

    mean: np.ndarray
    spread: np.ndarray  # average moving range, NaN where undefined
    hair: np.ndarray  # differences too small to be real
    count: np.ndarray  # of values present


# The rules, one a function


def unbroken_ends(signs: np.ndarray, length: int) -> np.ndarray:
    """The sign wherever it ends `length` like signs in a row, else 0."""
    ends = signs
    for back in range(1, length):
        ends = ends * (signs == group_stats.shifted(signs, back))
    return ends


def spread_back(ends: np.ndarray, favoured: np.ndarray) -> np.ndarray:
    """Each end marks its seven points; a turning point goes to the later of two trends, or to one in favour (not 0)."""
    marked = ends
    for back in range(1, TOGETHER):
        later = group_stats.shifted(ends, -back)
        marked = np.where((later != 0) & (marked * favoured <= 0), later, marked)
    return marked


def two_of_three_windows(side: np.ndarray, near: np.ndarray, place: np.ndarray) -> np.ndarray:
    """All points of any three in a row on one side of the mean, with two or more near a limit."""
    one_side = (
        (side != 0) & (side == group_stats.shifted(side, 1)) & (side == group_stats.shifted(side, 2)) & (place >= 2)
    )
    fires = one_side & (sum(group_stats.shifted(near, back).astype(np.int8) for back in range(3)) >= 2)
    return fires | group_stats.shifted(fires, -1) | group_stats.shifted(fires, -2)


def first_rule(signals: Sequence[np.ndarray], favoured: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each point's one rule and direction, by priority; those in the favoured direction go first."""
    ranked = [*enumerate(signals, start=1)]
    ranked = [(rule, np.where(moves == favoured, moves, 0)) for rule, moves in ranked] + ranked
    rule, moved = np.zeros((2, *signals[0].shape), dtype=np.int8)
    for number, moves in reversed(ranked):
        rule = np.where(moves != 0, np.int8(number), rule)
        moved = np.where(moves != 0, moves, moved)
    return rule, moved


def assurance(lower: np.ndarray, upper: np.ndarray, target: np.ndarray, better: np.ndarray) -> np.ndarray:
    """Will chance alone meet the target? It is set against limits, not points; on one is hit or miss."""
    beyond = np.where(target > upper, 1, np.where(target < lower, -1, 0))
    label = np.select([beyond * better > 0, beyond * better < 0], ["fail", "pass"], "inconsistent")
    return np.where((better == 0) | np.isnan(target), "none", label).astype(object)


# Judging


def chart(
    values: ArrayLike,
    better: ArrayLike,
    target: ArrayLike = np.nan,
    groups: ArrayLike = 0,
    lengths: ArrayLike | None = None,
    fix_after_n: float | None = None,
    profile: Profile = NHSR,
) -> Chart:
    """Judges every point of many series; raises UnreadableSeries.

    better, target: one for all or one a series; 1 higher, -1 lower, 0 neither; NaN where there is no target.
    groups: one for all or a table; a change of number is a rebase, and nothing carries over it.
    lengths: points of each series, where rows are padded on the right.
    fix_after_n: the first n points of a group, at least 12, settle its lines.
    Rules: NHSRplotthedots 0.2.2 (R/ptd_spc_standard.R, R/ptd_calculate_point_type.R), written afresh.
    """
    many = _many(values, groups, lengths, better, target)
    return _by_blocks(lambda block: _chart(block, settled_by(fix_after_n), profile), many)


def _many(
    values: ArrayLike, groups: ArrayLike, lengths: ArrayLike | None, better: ArrayLike, target: ArrayLike
) -> _Many:
    values = np.asarray(values, dtype=float)
    if values.ndim != 2 or not values.shape[1] or np.isinf(values).any():
        raise UnreadableSeries("A chart needs a table of finite numbers: a row a series, a column a point.")
    if not np.isin(better, [*BETTER.values()]).all():
        raise UnreadableSeries("Better must be 1 for higher, -1 for lower or 0 for neither.")
    rows, points = values.shape
    lengths = np.broadcast_to(points if lengths is None else lengths, rows)
    values = np.where(np.arange(points) < lengths[:, None], values, np.nan)
    groups = np.broadcast_to(groups, values.shape)
    better = np.broadcast_to(better, rows).astype(np.int8)
    return _Many(values, groups, lengths, better, np.broadcast_to(np.asarray(target, dtype=float), rows))


def _by_blocks(judge: Callable[[_Many], Chart], many: _Many) -> Chart:
    charts = []
    for start in range(0, max(len(many.values), 1), BLOCK):
        block = _Many(*(table[start : start + BLOCK] for table in vars(many).values()))
        charts.append(judge(replace(block, groups=group_stats.numbered(block.groups))))
    names = [field.name for field in fields(charts[0])]
    return type(charts[0])(**{name: np.concatenate([getattr(one, name) for one in charts]) for name in names})


def _chart(many: _Many, fix_after_n: float | None, profile: Profile) -> Chart:
    lines = _lines(many, fix_after_n, profile, rounding=0)
    judged = lines.count >= profile.fewest_points
    return _judge(many, replace(lines, spread=np.where(judged, lines.spread, np.nan)), judged, profile)


def _lines(many: _Many, fix_after_n: float | None, profile: Profile, rounding: float) -> _Lines:
    values, groups = many.values, many.groups
    baseline = ~np.isnan(values)
    count = group_stats.count(baseline, groups)
    if fix_after_n is not None:
        baseline &= group_stats.place(groups) + 1 <= fix_after_n
    hair = rounding * group_stats.mean(np.abs(values), baseline, groups)
    ranges = np.where(baseline, np.abs(group_stats.changes(values, groups)), np.nan)
    ranges[ranges <= hair] = 0
    spread = group_stats.average_range(ranges, groups, profile.screen_outliers)
    return _Lines(group_stats.mean(values, baseline, groups), spread, hair, count)


def _judge(many: _Many, lines: _Lines, judged: np.ndarray, profile: Profile) -> Chart:
    values, better = many.values, many.better[:, None]
    inside = np.arange(values.shape[1]) < many.lengths[:, None]
    mean = np.where(inside, lines.mean, np.nan)
    lower, upper = mean - REACH * lines.spread, mean + REACH * lines.spread
    outside = _beyond(REACH, values, lines)
    near = _beyond(NEAR, values, lines) & ~outside
    side = group_stats.sign(values - mean, lines.hair)
    signals = [signal * judged for signal in _signals(many, lines, side, outside, near, profile)]
    rule, moved = first_rule(signals, _favoured(many, profile))

    verdict = np.where(better == 0, CHANGE, np.where(moved == better, IMPROVEMENT, CONCERN))
    verdict = np.select([~inside, ~judged, moved == 0], [NO_POINT, NOT_JUDGED, COMMON], verdict)
    last = np.arange(len(values)), np.maximum(many.lengths - 1, 0)
    target = np.where(verdict[last] < NOT_JUDGED, many.target, np.nan)
    return Chart(
        *(mean, lower, upper, side, outside, near, RULES[rule], moved, VERDICTS[verdict]),
        variation=VERDICTS[verdict[last]] + np.array(["", "_high", "_low"], dtype=object)[moved[last]],
        assurance=assurance(lower[last], upper[last], target, many.better),
    )


def _beyond(reach: float, values: np.ndarray, lines: _Lines) -> np.ndarray:
    width = reach * lines.spread
    return (values > lines.mean + width + lines.hair) | (values < lines.mean - width - lines.hair)


def _favoured(many: _Many, profile: Profile) -> np.ndarray:
    """The direction that wins where rules disagree, 0 for neither."""
    return many.better[:, None] * np.int8(profile.improvement_wins)


def _signals(
    many: _Many, lines: _Lines, side: np.ndarray, outside: np.ndarray, near: np.ndarray, profile: Profile
) -> list[np.ndarray]:
    """Per rule, in order of priority: 1 where it finds a point up, -1 down, else 0."""
    changes = group_stats.changes(many.values, many.groups)
    direction = group_stats.sign(changes, lines.hair)
    on_mean = profile.ties_pass & (side == 0) & ~np.isnan(many.values)
    repeats = profile.ties_pass & (direction == 0) & ~np.isnan(changes)
    near = near | (profile.two_of_three_counts_outside & outside)
    favoured = _favoured(many, profile)
    return [
        side * outside,
        _together(direction, TOGETHER - 1, many.groups, repeats, favoured),  # six changes join seven points
        side * (near & two_of_three_windows(side, near, group_stats.place(many.groups))),
        _together(side, TOGETHER, many.groups, on_mean, favoured),
    ]


def _together(
    signs: np.ndarray, length: int, groups: np.ndarray, passed_over: np.ndarray, favoured: np.ndarray
) -> np.ndarray:
    """The sign of points in a stretch of seven or more, as if those passed over were not there."""
    order = group_stats.kept_first(~passed_over)
    signs, groups = (np.take_along_axis(table, order, axis=1) for table in (signs, groups))
    ends = unbroken_ends(signs, length) * (group_stats.place(groups) >= TOGETHER - 1)
    return group_stats.put_back(spread_back(ends, favoured), order)


# Kinship's policy


def for_dashboard(
    values: ArrayLike,
    better: ArrayLike,
    target: ArrayLike = np.nan,
    groups: ArrayLike = 0,
    fix_after_n: float | None = None,
    profile: Profile = NHSR,
) -> DashboardChart:
    """Judges months (a column each, NaN where missing) as leaders see them; otherwise as `chart`.

    Published rules mislead on the figures of small teams. So, for each rebase group:
    - missing months are dropped first, and moving ranges bridge the gap;
    - "short": under 13 points, nothing is judged;
    - "constant": all is common cause and the limits lie on the mean, so a steady 100% passes a 95% target;
    - "rarely_changes": nothing is judged where values differ but every moving range kept is 0, because
      limits without width would flag every point.
    """
    many = _many(values, groups, None, better, target)
    return _by_blocks(lambda block: _dashboard(block, settled_by(fix_after_n), profile), many)


def _dashboard(months: _Many, fix_after_n: float | None, profile: Profile) -> DashboardChart:
    known = ~np.isnan(months.values)
    order = group_stats.kept_first(known)
    values, groups = (np.take_along_axis(table, order, axis=1) for table in (months.values, months.groups))
    many = replace(months, values=values, groups=groups, lengths=known.sum(axis=1))
    lines = _lines(many, fix_after_n, profile, rounding=HAIR)
    kind = _kind_of_limits(many, lines)
    lines = replace(lines, spread=np.select([kind == GIVEN, kind == CONSTANT], [lines.spread, 0], np.nan))
    judged = _judge(many, lines, (kind == GIVEN) | (kind == CONSTANT), profile)

    stretches = 3 * groups + judged.moved  # within a series, the direction settles the verdict
    since = np.take_along_axis(order, np.arange(order.shape[1]) - group_stats.place(stretches), axis=1)
    drawn = vars(judged) | {
        "since": np.where(judged.moved != 0, since, -1).astype(np.int32),
        "months": np.where(judged.moved != 0, order - since + 1, 0).astype(np.int32),
        "limits": LIMITS[kind],
    }
    return DashboardChart(
        **{name: group_stats.put_back(table, order) if table.ndim == 2 else table for name, table in drawn.items()}
    )


def _kind_of_limits(many: _Many, lines: _Lines) -> np.ndarray:
    differs = group_stats.count(group_stats.sign(many.values - lines.mean, lines.hair) != 0, many.groups) > 0
    cases = [lines.count < FEWEST_POINTS, ~differs, ~(lines.spread > 0)]
    return np.select(cases, [SHORT, CONSTANT, RARELY_CHANGES], GIVEN)


def profile_named(name: str, screen_outliers: bool) -> Profile:
    """One of PROFILES, that screens if it does and is asked to; raises UnreadableSeries."""
    if name not in PROFILES:
        raise UnreadableSeries(f"There is no profile {name!r}; there are {', '.join(PROFILES)}.")
    profile = PROFILES[name]
    return replace(profile, screen_outliers=profile.screen_outliers and screen_outliers)


def number(value: object) -> float:
    """NaN for None; raises UnreadableSeries."""
    if value is None:
        return np.nan
    if not isinstance(value, Number) or isinstance(value, bool | complex):
        raise UnreadableSeries(f"{value!r} is not a number.")
    if abs(value) > LARGEST:
        raise UnreadableSeries(f"A number is too large to chart: none may be over {LARGEST:g}.")
    return float(value)


def settled_by(fix_after_n: float | None) -> float | None:
    """How many points settle a group's lines, None for all; raises UnreadableSeries."""
    if fix_after_n is not None and not number(fix_after_n) >= FEWEST_FIXED:
        raise UnreadableSeries(f"Lines are settled by at least {FEWEST_FIXED} points, not {fix_after_n}.")
    return fix_after_n
