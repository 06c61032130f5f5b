"""Judges change: process control limits and rules on every unit's settled months, for indicators of one month each.

Fills `signal`, a row an indicator, unit and month, as `mart.signal` will have it. Unsettled months are outside the rules;
a rolling window is never judged, for its points share most of their data.
"""

import duckdb
import numpy as np
import pyarrow as pa

from etl import spc
from etl.indicators import Indicator

NO_LIMITS = ("short", "rarely_changes")


def signal(con: duckdb.DuckDBPyConnection, indicators: dict[str, Indicator]) -> None:
    judged = [name for name, indicator in indicators.items() if indicator.window == 1]
    con.execute("""
        CREATE TABLE signal (indicator VARCHAR, unit VARCHAR, month DATE, mean DOUBLE, lower DOUBLE, upper DOUBLE, rule VARCHAR,
                             moved VARCHAR, verdict VARCHAR, since DATE, months INTEGER, one_side BOOLEAN,
                             assurance VARCHAR, limits VARCHAR)
    """)
    con.execute(
        """
        CREATE TEMP TABLE point AS
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
        return
    series, place = points["series"].astype(int), points["place"].astype(int)
    names = con.execute("SELECT DISTINCT series, indicator, unit FROM point ORDER BY series").fetchnumpy()
    values = np.full((series[-1] + 1, place.max() + 1), np.nan)
    values[series, place] = points["value"]
    better = np.array([spc.BETTER[indicators[name].better] for name in names["indicator"]])
    chart = spc.for_dashboard(values, better)

    months = np.full(values.shape[1], np.datetime64("NaT"), dtype="datetime64[D]")
    months[place] = points["month"].astype("datetime64[D]")
    limits = chart.limits[series]
    drawn = ~np.isin(limits, NO_LIMITS)
    flagged = chart.since[series, place] >= 0
    began = side_since(chart.relative_to_mean, ~np.isnan(values))
    rows = pa.table(
        {
            "indicator": names["indicator"][series],
            "unit": names["unit"][series],
            "month": points["month"].astype("datetime64[D]"),
            "mean": _where(drawn, chart.mean[series, place]),
            "lower": _where(drawn, chart.lower[series, place]),
            "upper": _where(drawn, chart.upper[series, place]),
            "rule": _where(flagged, chart.rule[series, place]),
            "moved": _where(flagged, np.where(chart.moved[series, place] > 0, "up", "down").astype(object)),
            "verdict": chart.verdict[series, place],
            "since": _where(flagged, months[np.maximum(chart.since[series, place], 0)]),
            "months": _where(flagged, chart.months[series, place]),
            "one_side": _where(flagged, (began <= chart.since)[series, place]),
            "limits": limits,
        }
    )
    con.register("judged", rows)
    con.execute("INSERT INTO signal BY NAME FROM judged")
    con.unregister("judged")
    con.execute("DROP TABLE point")


def side_since(side: np.ndarray, present: np.ndarray) -> np.ndarray:
    """The column in which the stretch of points on one side of the mean began that each point (series × months) belongs
    to. A missing month is bridged, as it is in the rules; a point on the mean ends the stretch."""
    began = np.zeros(side.shape, dtype=np.int32)
    start, before = np.zeros(len(side), dtype=np.int32), np.zeros(len(side), dtype=side.dtype)
    for column in range(side.shape[1]):
        here, there = side[:, column], present[:, column]
        start = np.where(there & (here != before), column, start)
        before = np.where(there, here, before)
        began[:, column] = start
    return began


def _where(present: np.ndarray, values: np.ndarray) -> pa.Array:
    """The values as Arrow, with nothing where they are not present or not a number."""
    absent = ~present
    if values.dtype.kind == "f":
        absent |= np.isnan(values)
    return pa.array(values, mask=absent)
