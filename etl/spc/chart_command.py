"""Judges one series of a CSV and says how in words, for the analyst who wants to see where a verdict comes from."""

import csv
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from itertools import pairwise
from math import floor, log10
from pathlib import Path

import numpy as np
from rich.table import Table

from etl.spc import xmr
from etl.spc.laney import METHODS, SIGMAS, limits
from etl.spc.rules import BETTER
from etl.spc.series import Series, check, moment, said
from etl.spc.xmr import UnreadableSeries

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
COLUMNS = {"date": "date", "value": "value", "numerator": "events", "events": "events", "denominator": "of", "n": "of"}
RULES = {
    ("outside", 1): "above the limits",
    ("outside", -1): "below the limits",
    ("trend", 1): "seven rising",
    ("trend", -1): "seven falling",
    ("two_of_three", 1): "two of three near upper",
    ("two_of_three", -1): "two of three near lower",
    ("run", 1): "seven above mean",
    ("run", -1): "seven below mean",
}  # seven or more
NONE = "–"
VERDICTS = {"common_cause": "common cause", "not_judged": "not judged"}
VARIATION = {
    "common_cause": "common cause; chance explains the latest point",
    "improvement_high": "improvement; the latest point is high, and higher is better",
    "improvement_low": "improvement; the latest point is low, and lower is better",
    "concern_high": "concern; the latest point is high, and lower is better",
    "concern_low": "concern; the latest point is low, and higher is better",
    "change_high": "change; the latest point is high, and neither is better",
    "change_low": "change; the latest point is low, and neither is better",
    "not_judged": f"not judged; there are fewer than {xmr.FEWEST_POINTS} points",
}
ASSURANCE = {
    "pass": "pass; unless something changes, the target will be met",
    "fail": "fail; unless something changes, the target will be missed",
    "inconsistent": "hit or miss; unless something changes, chance decides whether the target is met",
    "none": "none; it takes a target, a direction and a judgement",
}


@dataclass(frozen=True)
class Figures:
    """The columns of a file, a number a point, NaN where a cell is blank; a column that is not there is empty."""

    dates: list[datetime]
    values: list[float]
    events: list[float]
    out_of: list[float]


@dataclass(frozen=True)
class Question:
    """What the analyst asks of the figures."""

    better: str  # higher, lower or neither; or increase, decrease or neutral
    target: float | None
    rebase: list[datetime]
    fix_after_n: float | None
    profile: xmr.Profile
    method: str  # xmr, or of shares.METHODS


# Reading


def read_file(path: Path) -> Figures:
    """As `read`; "-" is standard input."""
    try:
        return read(sys.stdin.read() if path == Path("-") else path.read_text("utf-8"))
    except UnicodeDecodeError:
        raise UnreadableSeries(f"{path} is not UTF-8; save it as CSV UTF-8.") from None
    except csv.Error as error:
        raise UnreadableSeries(f"{path} is no CSV: {error}.") from None
    except OSError as error:
        raise UnreadableSeries(f"{path} cannot be read: {error.strerror}.") from None


def read(text: str) -> Figures:
    """The figures of a CSV with columns date, and value or numerator and denominator; raises UnreadableSeries."""
    lines = csv.reader(StringIO(text.removeprefix("\ufeff")))
    header = [COLUMNS.get(cell.strip().lower()) for cell in next(lines, [])]
    if "date" not in header or not ("value" in header or {"events", "of"} <= {*header}):
        raise UnreadableSeries("The first line must name the columns: date,value or date,numerator,denominator.")
    if any(header.count(name) > 1 for name in header if name):
        raise UnreadableSeries("The first line names a column twice.")
    columns: dict[str, list] = {name: [] for name in COLUMNS.values()}
    for cells in lines:
        if any(cell.strip() for cell in cells):
            _take(columns, header, cells, lines.line_num)
    values = columns["value"] if "value" in header else _shares(columns["events"], columns["of"])
    return Figures(columns["date"], values, columns["events"], columns["of"])


def _take(columns: dict[str, list], header: list[str | None], cells: list[str], line: int) -> None:
    """Adds one line's cells to their columns."""
    cells = [cell.strip() for cell in cells] + [""] * (len(header) - len(cells))
    for name, cell in zip(header, cells, strict=False):
        try:
            if name:
                columns[name].append(moment(cell) if name == "date" else _number(cell))
        except UnreadableSeries as error:
            raise UnreadableSeries(f"Line {line}: {error}") from None


def _number(cell: str) -> float:
    if not cell:
        return np.nan
    if not NUMBER.fullmatch(cell):
        raise UnreadableSeries(f"{cell!r} is not a number; write it as 1234.5, or leave it blank where there is none.")
    return xmr.number(float(cell))


def _shares(events: list[float], out_of: list[float]) -> list[float]:
    return [some / many if many else np.nan for some, many in zip(events, out_of, strict=True)]


# Judging


def judge(figures: Figures, question: Question) -> Iterator[str | Table]:
    """What to print: the chart as a table, the judgements, and what to mind; raises UnreadableSeries."""
    better = BETTER.get(question.better, question.better)
    series = check(
        figures.dates,
        figures.values,
        better,
        question.target,
        question.rebase,
        question.profile,
    )
    chart = xmr.chart(
        series.values[None],
        series.better,
        series.target,
        series.groups[None],
        fix_after_n=question.fix_after_n,
        profile=question.profile,
    )
    beside = None if question.method == "xmr" else _beside(figures, series, question)
    yield f"XmR chart by the rules of {question.profile.name}; {better} is better{_settings(question)}"
    yield _xmr(series, chart)
    yield f"Variation: {VARIATION[chart.variation[0]]}."
    yield f"Assurance: {ASSURANCE[chart.assurance[0]]}."
    yield from _to_mind(series, chart, question.profile)
    if beside:
        yield f"\n{METHODS[question.method].name}, beside it: limits that follow each point's denominator"
        yield beside


def _settings(question: Question) -> str:
    screened = "screened" if question.profile.screen_outliers else "not screened"
    target = "" if question.target is None else f", target {question.target:g}"
    fixed = "" if question.fix_after_n is None else f", lines settled by the first {question.fix_after_n:g} points"
    return f"{target}{fixed}; moving ranges {screened}"


def _xmr(series: Series, chart: xmr.Chart) -> Table:
    table = _table("value", "mean", "lower", "upper")
    table.add_column("rule")
    table.add_column("verdict")
    lines = (series.values, chart.mean[0], chart.lower[0], chart.upper[0])
    rows = zip(series.dates, _written(*lines), chart.rule[0], chart.moved[0].tolist(), chart.verdict[0], strict=True)
    for day, numbers, rule, moved, verdict in rows:
        verdict = VERDICTS.get(verdict, verdict) if numbers[0] != NONE else "no value"
        table.add_row(said(day), *numbers, RULES.get((rule, moved), ""), verdict)
    return table


def _beside(figures: Figures, series: Series, question: Question) -> Table:
    """The same shares with limits that follow their denominators."""
    if not figures.out_of or not figures.events:
        raise UnreadableSeries("This method needs the columns numerator and denominator.")
    by_date = dict(zip(figures.dates, zip(figures.events, figures.out_of, strict=True), strict=True))
    events, out_of = np.array([by_date[day] for day in series.dates]).T
    drawn = limits(
        events[None],
        out_of[None],
        METHODS[question.method],
        series.groups[None],
        np.inf if question.fix_after_n is None else question.fix_after_n,
        question.profile.screen_outliers,
    )
    table = _table("out of", "share", "centre", "lower", "upper")
    table.add_column("verdict")
    lower, upper = drawn.at(SIGMAS)
    rows = zip(
        series.dates,
        out_of,
        _written(drawn.value[0], drawn.centre[0], lower[0], upper[0]),
        drawn.outside[0],
        strict=True,
    )
    for day, many, numbers, outside in rows:
        table.add_row(said(day), _plain(many), *numbers, "beyond a limit" if outside else "")
    return table


def _to_mind(series: Series, chart: xmr.Chart, profile: xmr.Profile) -> Iterator[str]:
    for day in series.unused_rebases:
        yield f"No point is dated {said(day)}, so it rebases nothing."
    if np.isnan(series.values).any():
        yield "Values are missing; moving ranges, runs and trends stop at each gap."
    starts = [0, *(1 + np.flatnonzero(np.diff(series.groups))).tolist(), len(series.dates)]
    for start, end in pairwise(starts):
        since, points = said(series.dates[start]), end - start
        lower, upper = chart.lower[0, start], chart.upper[0, start]
        if points < xmr.FEWEST_POINTS and not profile.fewest_points:
            yield f"From {since} there are only {points} points: the limits are trial limits until there are {xmr.FEWEST_POINTS}."
        if lower == upper:
            yield f"From {since} values hardly ever change, so the limits have no width: points beyond them signal nothing."
        if np.isnan(upper) and not profile.fewest_points:
            yield f"From {since} no two neighbours differ, so there are no limits."


def _table(*numbers: str) -> Table:
    table = Table("date")
    for name in numbers:
        table.add_column(name, justify="right")
    return table


def _written(*lines: np.ndarray) -> list[list[str]]:
    """A row a point, all to as many places as tell a thousandth of what lies between the least and the most."""
    known = np.concatenate(lines)[~np.isnan(np.concatenate(lines))]
    between = np.ptp(known) if known.size else 0
    places = min(max(3 - floor(log10(between)), 0), 12) if between else 0
    return [[_plain(number, f",.{places}f") for number in point] for point in zip(*lines, strict=True)]


def _plain(number: float, how: str = ",g") -> str:
    return NONE if np.isnan(number) else format(number, how)
