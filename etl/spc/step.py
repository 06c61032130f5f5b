"""Judges change: process control limits and rules on every unit's settled months, for indicators of one month each.

Fills `signal`, a row an indicator, unit and month, as `mart.signal` will have it. Unsettled months are outside the rules;
a rolling window is never judged, for its points share most of their data. Limits begin afresh only where an event says
so; the latest target decides assurance.
"""

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from etl.config.indicators import Indicator
from etl.spc import xmr

PROFILE = "nhsr"  # whose published rules: NHSRplotthedots, with the dashboard's policies on top (etl/spc/xmr.py)


@dataclass(frozen=True)
class Series:
    """Every series at once: tables have a row a series and a column a month, NaN where a month is missing."""

    values: np.ndarray
    months: np.ndarray  # the month of each column
    indicators: np.ndarray
    units: np.ndarray
    at: tuple[np.ndarray, np.ndarray]  # (series, column) of every point there is, in order


def signal(con: duckdb.DuckDBPyConnection, indicators: dict[str, Indicator]) -> None:
    """Fills `signal` from the tables `value`, `rebase` and `target`."""
    con.execute("""
        CREATE TABLE signal (indicator VARCHAR, unit VARCHAR, month DATE, mean DOUBLE, lower DOUBLE, upper DOUBLE,
                             segment INTEGER, fixed_after INTEGER, target DOUBLE, rule VARCHAR, moved VARCHAR, verdict VARCHAR, since DATE,
                             months INTEGER, one_side BOOLEAN, assurance VARCHAR, limits VARCHAR)
    """)
    series = settled_series(
        con, [name for name, each in indicators.items() if each.window == 1 and each.refresh != "wave"]
    )
    if series is None:
        return
    segments, fixed_after = rebases(con, series)
    targets = dated_targets(con, series)
    better = np.array([xmr.BETTER[indicators[name].better] for name in series.indicators])
    for fix_after in np.unique(fixed_after).tolist():
        some = fixed_after == fix_after
        chart = xmr.for_dashboard(
            series.values[some],
            better[some],
            target=targets[some, -1],
            groups=segments[some],
            fix_after_n=fix_after or None,
        )
        rows = _rows(series, some, chart, segments[some], targets[some])
        con.register("judged", rows.append_column("fixed_after", pa.array([fix_after or None] * len(rows), pa.int32())))
        con.execute("INSERT INTO signal BY NAME FROM judged")
        con.unregister("judged")


def settled_series(con: duckdb.DuckDBPyConnection, judged: list[str]) -> Series | None:
    """The figures that may be shown and are settled; None where there are none."""
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE point AS
        SELECT
            dense_rank() OVER (ORDER BY indicator, unit) - 1 AS series,
            date_diff('month', (SELECT min(month) FROM value WHERE shown = 'yes'), month) AS place,
            indicator,
            unit,
            month,
            value
        FROM value
        WHERE shown = 'yes' AND settled AND list_contains(?, indicator)
        """,
        [judged],
    )
    points = con.execute("SELECT series, place, value, month FROM point ORDER BY series, place").fetchnumpy()
    if not len(points["series"]):
        return None
    at = points["series"].astype(int), points["place"].astype(int)
    values = np.full((at[0][-1] + 1, at[1].max() + 1), np.nan)
    values[at] = points["value"]
    names = con.execute("SELECT DISTINCT series, indicator, unit FROM point ORDER BY series").fetchnumpy()
    first = points["month"].astype("datetime64[M]")[0] - at[1][0]
    months = first + np.arange(values.shape[1])
    return Series(values, months, names["indicator"], names["unit"], at)


def rebases(con: duckdb.DuckDBPyConnection, series: Series) -> tuple[np.ndarray, np.ndarray]:
    """The segment of each point (0, and one more from each re-base on), and for each series the number of months after
    which its limits stay fixed (0: never), which the latest re-base says."""
    segments = np.zeros(series.values.shape, dtype=np.int32)
    fixed_after = np.zeros(len(series.values), dtype=np.int32)
    for row, month, fix_after in _of_series(con, "rebase", "month, coalesce(fix_after, 0)", series):
        segments[row] += series.months >= np.datetime64(month, "M")
        fixed_after[row] = fix_after
    return segments, fixed_after


def dated_targets(con: duckdb.DuckDBPyConnection, series: Series) -> np.ndarray:
    """The target that applies to each point, NaN before the first: a later one takes its place from its own month."""
    targets = np.full(series.values.shape, np.nan)
    for row, month, target in _of_series(con, "target", "from_month, target", series):
        targets[row, series.months >= np.datetime64(month, "M")] = target
    return targets


def _of_series(con: duckdb.DuckDBPyConnection, table: str, columns: str, series: Series) -> list[tuple]:
    """The rows of a table of annotations with the number of the series they belong to, earliest month first."""
    return con.execute(f"""
        SELECT series, {columns}
        FROM {table}
        JOIN (SELECT DISTINCT series, indicator, unit FROM point) USING (indicator, unit)
        ORDER BY 1, 2
    """).fetchall()


def _rows(
    series: Series, some: np.ndarray, chart: xmr.DashboardChart, segments: np.ndarray, targets: np.ndarray
) -> pa.Table:
    """The judged points of some of the series, as `mart.signal` has them."""
    row, column = (place[some[series.at[0]]] for place in series.at)
    at = (np.cumsum(some) - 1)[row], column
    judged = chart.verdict[at] != "not_judged"
    flagged = chart.since[at] >= 0
    began = side_since(chart.relative_to_mean, ~np.isnan(series.values[some]), segments)
    return pa.table(
        {
            "indicator": _named(series.indicators, row),
            "unit": _named(series.units, row),
            "month": series.months[column].astype("datetime64[D]"),
            "mean": _where(judged, chart.mean[at]),
            "lower": _where(judged, chart.lower[at]),
            "upper": _where(judged, chart.upper[at]),
            "segment": segments[at],
            "target": _where(~np.isnan(targets[at]), targets[at]),
            "rule": _where(flagged, chart.rule[at]),
            "moved": _where(flagged, np.where(chart.moved[at] > 0, "up", "down").astype(object)),
            "verdict": chart.verdict[at],
            "since": _where(flagged, series.months[np.maximum(chart.since[at], 0)].astype("datetime64[D]")),
            "months": _where(flagged, chart.months[at]),
            "one_side": _where(flagged, (began <= chart.since)[at]),
            "assurance": _where(chart.assurance[at[0]] != "none", chart.assurance[at[0]]),
            "limits": chart.limits[at],
        }
    )


def side_since(side: np.ndarray, present: np.ndarray, segments: np.ndarray) -> np.ndarray:
    """The column in which the stretch of points on one side of the mean began that each point (series × months) belongs
    to. A missing month is bridged, as it is in the rules; a point on the mean or a re-base ends the stretch."""
    began = np.zeros(side.shape, dtype=np.int32)
    start, before = np.zeros(len(side), dtype=np.int32), np.zeros(len(side), dtype=np.int64)
    for column in range(side.shape[1]):
        here, there = side[:, column] * (1 + segments[:, column].astype(np.int64)), present[:, column]
        start = np.where(there & (here != before), column, start)
        before = np.where(there, here, before)
        began[:, column] = start
    return began


def _named(names: np.ndarray, number: np.ndarray) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(number), pa.array(names))


def _where(present: np.ndarray, values: np.ndarray) -> pa.Array:
    """The values as Arrow, with nothing where they are not present or not a number."""
    absent = ~present
    if values.dtype.kind == "f":
        absent |= np.isnan(values)
    return pa.array(values, mask=absent)
